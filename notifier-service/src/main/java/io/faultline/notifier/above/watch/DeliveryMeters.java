package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;

/**
 * @param tries calls to watchers
 * @param failures those that were not taken
 * @param retries those that were made because one before failed
 * @param time how long calls took
 * @param counts what is counted of each watcher, of all together, since this instance began
 */
record DeliveryMeters(
    Counter tries, Counter failures, Counter retries, Timer time, Map<Count, Counter> counts) {

  static DeliveryMeters of(MeterRegistry registry) {
    Map<Count, Counter> counts = new EnumMap<>(Count.class);
    counts.put(Count.DELIVERED, registry.counter("faultline.notifier.deliveries.delivered"));
    counts.put(Count.DEAD, registry.counter("faultline.notifier.deliveries.dead"));
    counts.put(Count.MUTED, registry.counter("faultline.notifier.deliveries.muted"));
    counts.put(Count.INHIBITED, registry.counter("faultline.notifier.deliveries.inhibited"));
    counts.put(Count.RESYNCS, registry.counter("faultline.notifier.watcher.resyncs"));
    counts.put(Count.FORGOTTEN, registry.counter("faultline.notifier.watcher.faults.forgotten"));
    return new DeliveryMeters(
        registry.counter("faultline.notifier.webhook.tries"),
        registry.counter("faultline.notifier.webhook.failures"),
        registry.counter("faultline.notifier.deliveries.retries"),
        registry.timer("faultline.notifier.deliveries.time"),
        counts);
  }

  /** What a watcher counts has risen. */
  void risen(Count of, long by) {
    Counter counter = counts.get(of);
    if (counter != null && by > 0) {
      counter.increment(by);
    }
  }
}
