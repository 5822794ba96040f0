package io.faultline.notifier.above.watch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * @param tries calls to webhooks
 * @param failures those that were not answered with 2xx
 * @param resyncs times that events were gone before a watcher had them
 */
record DeliveryMeters(Counter tries, Counter failures, Counter resyncs) {

  static DeliveryMeters of(MeterRegistry registry) {
    return new DeliveryMeters(
        registry.counter("faultline.notifier.webhook.tries"),
        registry.counter("faultline.notifier.webhook.failures"),
        registry.counter("faultline.notifier.watcher.resyncs"));
  }
}
