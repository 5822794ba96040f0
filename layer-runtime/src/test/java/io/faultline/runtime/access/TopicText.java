package io.faultline.runtime.access;

import io.faultline.runtime.KafkaConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** All that a topic of one partition holds, keys and values, as text. */
record TopicText(String text) {

  static TopicText of(KafkaConnection connection, String topic) {
    Map<String, Object> settings = connection.properties();
    TopicPartition partition = new TopicPartition(topic, 0);
    StringBuilder all = new StringBuilder();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(
                record -> {
                  append(all, record.key());
                  append(all, record.value());
                });
      }
    }
    return new TopicText(all.toString());
  }

  private static void append(StringBuilder all, byte[] bytes) {
    all.append(bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8)).append('\n');
  }
}
