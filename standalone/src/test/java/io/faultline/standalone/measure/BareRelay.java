package io.faultline.standalone.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The bare limit: what somebody would write by hand with Kafka's plain clients. Three topics, two
 * relays that copy each record in a transaction of their own poll, exactly once; no state, no
 * translation, no HTTP. The hops and the guarantee are the same as Faultline's, the work is not.
 */
final class BareRelay implements AutoCloseable {

  static final List<String> TOPICS = List.of("bare.device", "bare.dm", "bare.fs");
  private static final Duration POLL = Duration.ofMillis(100);

  private final Map<String, Object> connection;
  private final List<Hop> hops = new ArrayList<>();
  final KafkaProducer<String, byte[]> source;
  final KafkaConsumer<String, byte[]> sink;

  private BareRelay(Map<String, Object> connection) {
    this.connection = connection;
    Map<String, Object> producing = producing();
    this.source = new KafkaProducer<>(producing, new StringSerializer(), new ByteArraySerializer());
    this.sink = consumer("bare-sink");
  }

  static BareRelay start(String bootstrapServers, int partitions)
      throws InterruptedException, ExecutionException {
    Map<String, Object> connection = Map.of("bootstrap.servers", bootstrapServers);
    try (Admin admin = Admin.create(connection)) {
      admin
          .createTopics(
              TOPICS.stream()
                  .map(
                      topic -> new NewTopic(topic, Optional.of(partitions), Optional.of((short) 1)))
                  .toList())
          .all()
          .get();
    }
    BareRelay relay = new BareRelay(connection);
    for (int i = 0; i + 1 < TOPICS.size(); i++) {
      Hop hop = relay.new Hop(TOPICS.get(i), TOPICS.get(i + 1));
      relay.hops.add(hop);
      hop.thread.start();
    }
    List<TopicPartition> last =
        relay.sink.partitionsFor(TOPICS.getLast()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    relay.sink.assign(last);
    relay.sink.seekToEnd(last);
    last.forEach(relay.sink::position);
    return relay;
  }

  private Map<String, Object> producing() {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    return settings;
  }

  private KafkaConsumer<String, byte[]> consumer(String group) {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public void close() throws InterruptedException {
    for (Hop hop : hops) {
      hop.consumer.wakeup();
      hop.thread.join();
    }
    source.close();
    sink.close();
  }

  private final class Hop {
    private final String to;
    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final Thread thread;

    Hop(String from, String to) {
      this.to = to;
      this.consumer = consumer("bare-" + from);
      Map<String, Object> settings = producing();
      settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "bare-" + from);
      this.producer =
          new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
      this.thread = new Thread(this::relay, "bare-" + from);
      consumer.subscribe(List.of(from));
      producer.initTransactions();
    }

    private void relay() {
      try (consumer;
          producer) {
        while (true) {
          ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
          if (!records.isEmpty()) {
            copy(records);
          }
        }
      } catch (WakeupException e) {
        // Asked to stop.
      }
    }

    private void copy(ConsumerRecords<String, byte[]> records) {
      producer.beginTransaction();
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (ConsumerRecord<String, byte[]> record : records) {
        producer.send(
            new ProducerRecord<>(to, null, record.key(), record.value(), record.headers()));
        offsets.put(
            new TopicPartition(record.topic(), record.partition()),
            new OffsetAndMetadata(record.offset() + 1));
      }
      producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
      producer.commitTransaction();
    }
  }
}
