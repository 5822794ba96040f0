package io.faultline.runtime;

import io.faultline.runtime.trace.Spans;
import io.micrometer.core.instrument.MeterRegistry;

/** Makes a {@link LayerHost} for each layer of a service. */
public final class LayerHosts {

  private final KafkaConnection connection;
  private final FaultlineProperties properties;
  private final MeterRegistry registry;
  private final Spans spans;

  public LayerHosts(
      KafkaConnection connection,
      FaultlineProperties properties,
      MeterRegistry registry,
      Spans spans) {
    this.connection = connection;
    this.properties = properties;
    this.registry = registry;
    this.spans = spans;
  }

  public <C> LayerHost<C> host(LayerDefinition<?, C, ?> definition) {
    return new LayerHost<>(definition, connection, properties, registry, spans);
  }
}
