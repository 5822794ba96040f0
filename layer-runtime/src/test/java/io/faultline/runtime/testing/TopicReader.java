package io.faultline.runtime.testing;

import io.faultline.events.Decoded;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads topics, committed records only, and fails when nothing comes for a minute. */
public final class TopicReader implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final KafkaConsumer<String, byte[]> consumer;
  private final Queue<ConsumerRecord<String, byte[]>> fetched = new ArrayDeque<>();

  private TopicReader(KafkaConsumer<String, byte[]> consumer) {
    this.consumer = consumer;
  }

  public static TopicReader fromBeginning(Map<String, Object> connection, String... topics) {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        List.of(topics).stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return new TopicReader(consumer);
  }

  /** The next record of any of the topics. */
  public ConsumerRecord<String, byte[]> next() {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (fetched.isEmpty()) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError("nothing came within " + PATIENCE);
      }
      consumer.poll(Duration.ofMillis(100)).forEach(fetched::add);
    }
    return fetched.remove();
  }

  public Event nextEvent() {
    ConsumerRecord<String, byte[]> record = next();
    return switch (EventCodec.decode(record.key(), record.headers(), record.value())) {
      case Decoded.Ok(Event event) -> event;
      case Decoded.Malformed(String reason) -> throw new AssertionError(reason);
    };
  }

  /** The next event of that host. */
  public Event nextEventOf(String host) {
    while (true) {
      ConsumerRecord<String, byte[]> record = next();
      if (host.equals(record.key())
          && EventCodec.decode(record.key(), record.headers(), record.value())
              instanceof Decoded.Ok(Event event)) {
        return event;
      }
    }
  }

  /** Why the next dead letter of that host, put aside by that layer, is dead. */
  public String nextReason(String host, String layer) {
    while (true) {
      ConsumerRecord<String, byte[]> record = next();
      if (host.equals(record.key())
          && layer.equals(EventCodec.header(record.headers(), "faultline_layer"))) {
        return String.valueOf(EventCodec.header(record.headers(), "faultline_reason"));
      }
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
