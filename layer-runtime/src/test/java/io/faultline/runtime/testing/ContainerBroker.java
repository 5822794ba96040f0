package io.faultline.runtime.testing;

import java.util.Locale;
import java.util.Map;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Kafka's own image in a container, where there is a Docker engine. The image is {@code
 * faultline.kafka.image}; without a registry {@code deploy/local/images} makes one, and the
 * environment needs {@code TESTCONTAINERS_RYUK_DISABLED=true} and {@code
 * TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1}.
 */
final class ContainerBroker implements AutoCloseable {

  private static final String IMAGE = "apache/kafka";

  private final KafkaContainer container;

  private ContainerBroker(KafkaContainer container) {
    this.container = container;
  }

  /**
   * @param settings of the broker, by Kafka's names
   */
  static ContainerBroker start(Map<String, String> settings) {
    KafkaContainer container =
        new KafkaContainer(
            DockerImageName.parse(System.getProperty("faultline.kafka.image", IMAGE + ":4.2.1"))
                .asCompatibleSubstituteFor(IMAGE));
    settings.forEach((name, value) -> container.addEnv(variable(name), value));
    container.start();
    return new ContainerBroker(container);
  }

  String bootstrapServers() {
    return container.getBootstrapServers();
  }

  @Override
  public void close() {
    container.stop();
  }

  private static String variable(String setting) {
    return "KAFKA_" + setting.toUpperCase(Locale.ROOT).replace('.', '_');
  }
}
