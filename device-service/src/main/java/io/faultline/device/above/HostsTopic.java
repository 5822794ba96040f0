package io.faultline.device.above;

import io.faultline.device.above.HostDirectory.Running;
import io.faultline.device.above.HostDirectory.Wanted;
import io.faultline.events.Json;
import io.faultline.events.Topics;
import io.faultline.runtime.KafkaConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * Follows {@code faultline.device.hosts} into a {@link HostDirectory} and writes to it. At rest it
 * waits for the broker, which answers every ten seconds.
 */
final class HostsTopic implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HostsTopic.class);
  private static final TopicPartition PARTITION = new TopicPartition(Topics.DEVICE_HOSTS, 0);
  private static final Duration WRITE_PATIENCE = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int FETCH_WAIT_MILLIS = 10_000;

  private final KafkaConnection connection;
  private final HostDirectory directory;
  private final Runnable changed;
  private final CompletableFuture<Long> endAtStart = new CompletableFuture<>();
  private final CompletableFuture<KafkaProducer<String, byte[]>> producer;
  private volatile @Nullable KafkaConsumer<String, byte[]> consumer;
  private @Nullable Admin admin;
  private volatile boolean running = true;

  /**
   * Begins to read; the producer is made meanwhile.
   *
   * @param changed called after every batch of records
   */
  HostsTopic(KafkaConnection connection, HostDirectory directory, Runnable changed) {
    this.connection = connection;
    this.directory = directory;
    this.changed = changed;
    this.producer = CompletableFuture.supplyAsync(this::newProducer, Thread::startVirtualThread);
    Thread.ofPlatform().daemon().name("faultline-device-hosts").start(this::follow);
  }

  private KafkaProducer<String, byte[]> newProducer() {
    KafkaProducer<String, byte[]> made = new KafkaProducer<>(producerSettings());
    // Finds the broker now, not when the first host is wanted.
    made.partitionsFor(Topics.DEVICE_HOSTS);
    return made;
  }

  private void follow() {
    while (running) {
      try (KafkaConsumer<String, byte[]> reader = new KafkaConsumer<>(consumerSettings())) {
        consumer = reader;
        reader.assign(List.of(PARTITION));
        if (directory.nextOffset() == 0) {
          reader.seekToBeginning(List.of(PARTITION));
        } else {
          reader.seek(PARTITION, directory.nextOffset());
        }
        if (!endAtStart.isDone()) {
          endAtStart.complete(reader.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, 0L));
        }
        while (running) {
          reader.poll(POLL).forEach(this::read);
          directory.readTo(reader.position(PARTITION));
          changed.run();
        }
      } catch (WakeupException | InterruptException e) {
        log.debug("following the hosts ends");
      } catch (KafkaException e) {
        log.warn("the owners of hosts cannot be followed just now: {}", e.toString());
        pause();
      }
    }
  }

  private void read(ConsumerRecord<String, byte[]> record) {
    String key = record.key() == null ? "" : record.key();
    int slash = key.indexOf('/');
    byte[] value = record.value();
    try {
      if (slash < 0) {
        directory.running(
            record.offset(),
            key,
            value == null ? null : Json.LENIENT.readValue(value, Running.class));
      } else {
        directory.wanted(
            record.offset(),
            key.substring(0, slash),
            key.substring(slash + 1),
            value == null ? null : Json.LENIENT.readValue(value, Wanted.class));
      }
    } catch (JacksonException e) {
      log.warn("{}@{} is no record of a host: {}", Topics.DEVICE_HOSTS, record.offset(), key);
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      log.debug("following the hosts ends");
    }
  }

  /**
   * @return whether everything was read that was there when reading began
   */
  boolean awaitCaughtUp(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      long end = endAtStart.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return directory.awaitRead(end, deadline);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  /**
   * Reads on to where the topic ends now.
   *
   * @return whether that was possible in time
   */
  boolean catchUp(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      long end =
          admin()
              .listOffsets(Map.of(PARTITION, OffsetSpec.latest()))
              .partitionResult(PARTITION)
              .get(patience.toNanos(), TimeUnit.NANOSECONDS)
              .offset();
      return directory.awaitRead(end, deadline);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized Admin admin() {
    Admin made = admin == null ? Admin.create(connection.properties()) : admin;
    admin = made;
    return made;
  }

  /**
   * Writes records, and reads until all of them are seen.
   *
   * @param records value null: the record is gone
   * @throws KafkaException if that is not possible now; some may have been written
   */
  void write(Map<String, byte @Nullable []> records) {
    try {
      long deadline = System.nanoTime() + WRITE_PATIENCE.toNanos();
      KafkaProducer<String, byte[]> writer =
          producer.get(WRITE_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
      long last = -1;
      var sent =
          records.entrySet().stream()
              .map(
                  record ->
                      writer.send(
                          new ProducerRecord<>(
                              Topics.DEVICE_HOSTS, 0, record.getKey(), record.getValue())))
              .toList();
      for (var each : sent) {
        long left = Math.max(1, deadline - System.nanoTime());
        last = Math.max(last, each.get(left, TimeUnit.NANOSECONDS).offset());
      }
      if (!directory.awaitRead(last + 1, deadline)) {
        throw new KafkaException(Topics.DEVICE_HOSTS + " cannot be read just now");
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException(Topics.DEVICE_HOSTS + " cannot be written just now", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    }
  }

  static String key(String host, String sliceId) {
    return host + "/" + sliceId;
  }

  static byte[] value(Wanted wanted) {
    return Json.LENIENT.writeValueAsBytes(wanted);
  }

  static byte[] value(Running running) {
    return Json.LENIENT.writeValueAsBytes(running);
  }

  private Map<String, Object> consumerSettings() {
    Map<String, Object> settings = new HashMap<>(connection.properties());
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "faultline-device-hosts");
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
    return settings;
  }

  private Map<String, Object> producerSettings() {
    Map<String, Object> settings = new HashMap<>(connection.properties());
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-device-hosts");
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 4_000);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 4_000);
    return settings;
  }

  @Override
  public synchronized void close() {
    running = false;
    if (admin != null) {
      admin.close(Duration.ZERO);
    }
    KafkaConsumer<String, byte[]> reader = consumer;
    if (reader != null) {
      reader.wakeup();
    }
    producer.thenAccept(writer -> writer.close(Duration.ZERO));
  }
}
