package io.faultline.runtime;

import io.micrometer.core.instrument.MeterRegistry;

/** Makes a {@link LayerHost} for each layer of a service. */
public final class LayerHosts {

  private final KafkaConnection connection;
  private final FaultlineProperties properties;
  private final MeterRegistry registry;

  public LayerHosts(
      KafkaConnection connection, FaultlineProperties properties, MeterRegistry registry) {
    this.connection = connection;
    this.properties = properties;
    this.registry = registry;
  }

  public <C> LayerHost<C> host(LayerDefinition<?, C, ?> definition) {
    return new LayerHost<>(definition, connection, properties, registry);
  }
}
