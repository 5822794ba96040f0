package io.faultline.device.above;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** Waits for a condition, up to a deadline that fails the test. */
final class Awaiting {

  private static final Duration PAUSE = Duration.ofMillis(20);

  private Awaiting() {}

  static void until(BooleanSupplier condition, Duration patience) {
    Instant deadline = Instant.now().plus(patience);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError("it did not become so within " + patience);
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }
}
