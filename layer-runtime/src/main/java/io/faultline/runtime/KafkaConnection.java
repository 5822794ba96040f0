package io.faultline.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * How to reach Kafka: the addresses, and whatever else a client must be told (security).
 *
 * @param bootstrapServers {@code host:port} each
 * @param clientProperties given to every client as they are
 */
public record KafkaConnection(List<String> bootstrapServers, Map<String, ?> clientProperties) {

  /** The addresses only: what is given to clients may be a secret. */
  @Override
  public String toString() {
    return "Kafka at " + bootstrapServers;
  }

  /** What every client starts from. */
  public Map<String, Object> properties() {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, String.join(",", bootstrapServers));
    return properties;
  }
}
