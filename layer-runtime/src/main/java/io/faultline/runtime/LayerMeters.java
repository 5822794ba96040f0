package io.faultline.runtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** What a layer counts; every name is in docs/METRICS.md. */
final class LayerMeters {

  /** Between what a good path takes and what somebody would notice. */
  private static final Duration[] AGES = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(5)
  };

  final Counter commands;
  final Counter events;
  final Counter published;
  final Counter repeats;
  final Counter deadLetters;
  private final Timer age;

  LayerMeters(String layer, MeterRegistry registry) {
    commands = registry.counter("faultline.layer.commands", "layer", layer);
    events = registry.counter("faultline.layer.events.heard", "layer", layer);
    published = registry.counter("faultline.layer.events.published", "layer", layer);
    repeats = registry.counter("faultline.layer.repeats", "layer", layer);
    deadLetters = registry.counter("faultline.layer.dead.letters", "layer", layer);
    age =
        Timer.builder("faultline.layer.event.age")
            .tag("layer", layer)
            .serviceLevelObjectives(AGES)
            .register(registry);
  }

  /**
   * An event has been heard.
   *
   * @param timeMillis of its record: when the hardware told it, however many layers ago
   */
  void heard(long timeMillis, long nowMillis) {
    events.increment();
    age.record(Duration.ofMillis(Math.max(0, nowMillis - timeMillis)));
  }
}
