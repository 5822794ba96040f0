package io.faultline.device.above;

import io.faultline.events.Json;
import io.faultline.events.Topics;
import io.faultline.runtime.KafkaConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import tools.jackson.core.JacksonException;

/**
 * Takes the devices of a slice that is lost out of {@code faultline.device.state}: nobody else
 * would, because only their owner writes there.
 */
final class ForgottenStates {

  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final KafkaConnection connection;

  ForgottenStates(KafkaConnection connection) {
    this.connection = connection;
  }

  /**
   * Reads the whole topic, which is rare enough.
   *
   * @param slices whose devices of the host are gone
   * @throws KafkaException if that is not possible now; the same again goes on
   */
  void forget(String host, List<String> slices) {
    Set<String> keys = keys(host, slices);
    if (keys.isEmpty()) {
      return;
    }
    Map<String, Object> settings = new HashMap<>(connection.properties());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      keys.forEach(
          key -> sent.add(producer.send(new ProducerRecord<>(Topics.DEVICE_STATE, key, null))));
      for (Future<RecordMetadata> each : sent) {
        each.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException(Topics.DEVICE_STATE + " cannot be written just now", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    }
  }

  private Set<String> keys(String host, List<String> slices) {
    Map<String, Object> settings = new HashMap<>(connection.properties());
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    Set<String> keys = new TreeSet<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (KafkaConsumer<String, byte[]> reader =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          reader.partitionsFor(Topics.DEVICE_STATE).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      reader.assign(partitions);
      reader.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> reader.position(end.getKey()) < end.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new KafkaException(Topics.DEVICE_STATE + " cannot be read within " + PATIENCE);
        }
        for (ConsumerRecord<String, byte[]> record : reader.poll(POLL)) {
          if (record.key() != null && record.key().startsWith(host + "/")) {
            if (record.value() != null && isOf(record.value(), slices)) {
              keys.add(record.key());
            } else {
              keys.remove(record.key());
            }
          }
        }
      }
    }
    return keys;
  }

  private static boolean isOf(byte[] state, List<String> slices) {
    try {
      return slices.contains(Json.LENIENT.readTree(state).path("sliceId").asString(""));
    } catch (JacksonException e) {
      return false;
    }
  }
}
