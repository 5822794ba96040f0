package io.faultline.device.above;

import io.faultline.device.below.Slice;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Lets the slice know that time passes: planned removals end at their deadline, transient faults
 * heal, scrubs go on.
 */
public final class Deadlines implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Deadlines.class);

  private final Slice slice;
  private final Duration interval;
  private @Nullable ScheduledExecutorService scheduler;

  /** Said once, not at every tick. */
  private String lastFailure = "";

  public Deadlines(Slice slice, Duration interval) {
    this.slice = slice;
    this.interval = interval;
  }

  @Override
  public int getPhase() {
    return 0;
  }

  @Override
  public synchronized void start() {
    if (scheduler == null) {
      scheduler =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().daemon().name("faultline-device-deadlines").factory());
      scheduler.scheduleWithFixedDelay(this::tick, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    try {
      slice.tick();
      lastFailure = "";
    } catch (RuntimeException e) {
      // A task that throws would never run again; the next tick tries the same.
      if (!lastFailure.equals(e.toString())) {
        lastFailure = e.toString();
        log.warn("what is due cannot be carried out now: {}", lastFailure);
      }
    }
  }

  @Override
  public synchronized void stop() {
    if (scheduler != null) {
      scheduler.close();
      scheduler = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return scheduler != null;
  }
}
