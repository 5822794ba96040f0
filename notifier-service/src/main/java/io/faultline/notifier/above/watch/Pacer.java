package io.faultline.notifier.above.watch;

import java.time.Duration;

/** Lets calls begin at a rate; what was not used for a short while may be made up for. */
final class Pacer {

  private static final long BURST_NANOS = Duration.ofMillis(100).toNanos();

  private final long intervalNanos;
  private long next = System.nanoTime();

  Pacer(int perSecond) {
    this.intervalNanos = Duration.ofSeconds(1).toNanos() / perSecond;
  }

  /** Returns when one more call may begin. */
  void await() throws InterruptedException {
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      next = Math.max(next, now - BURST_NANOS);
      wait = next - now;
      next += intervalNanos;
    }
    if (wait > 0) {
      Thread.sleep(Duration.ofNanos(wait));
    }
  }
}
