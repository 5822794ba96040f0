package io.faultline.standalone;

import io.faultline.standalone.kafka.StartingKafka;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.EnumerablePropertySource;

/**
 * The broker's address as a property of Spring's. Reading it waits for the broker; that is how the
 * context comes up beside the broker and yet nothing of Kafka's starts before it.
 */
final class KafkaAddress extends EnumerablePropertySource<StartingKafka> {

  static final String PROPERTY = "spring.kafka.bootstrap-servers";

  KafkaAddress(StartingKafka kafka) {
    super("embedded Kafka", kafka);
  }

  @Override
  public String[] getPropertyNames() {
    return new String[] {PROPERTY};
  }

  @Override
  public @Nullable Object getProperty(String name) {
    return name.equals(PROPERTY) ? getSource().bootstrapServers() : null;
  }
}
