package io.faultline.notifier.above.watch;

import io.faultline.notifier.below.UnreachableException;
import io.faultline.runtime.KafkaConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The newest value of each key of a compacted topic, held in memory and kept up to date: every
 * instance has all of it.
 *
 * @param <V> what the values are
 */
final class CompactedView<V> implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CompactedView.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration TRY_AGAIN = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final KafkaConnection connection;
  private final List<TopicPartition> partitions;
  private final Function<byte[], V> read;
  private final Runnable changed;
  private final NavigableMap<String, Entry<V>> entries = new ConcurrentSkipListMap<>();
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Admin admin;
  private final Thread thread;
  private volatile @Nullable Consumer<String, byte[]> polling;
  private volatile boolean closed;

  /** A value and the partition that it is in. */
  record Entry<V>(V value, int partition) {}

  /**
   * @param read throws an {@link IllegalArgumentException} or a {@link JacksonException} for what
   *     it cannot read
   * @param changed called after something changed, often together; must not take long
   */
  CompactedView(
      KafkaConnection connection,
      String topic,
      int partitions,
      Function<byte[], V> read,
      Runnable changed) {
    this.connection = connection;
    this.partitions =
        IntStream.range(0, partitions)
            .mapToObj(partition -> new TopicPartition(topic, partition))
            .toList();
    this.read = read;
    this.changed = changed;
    this.admin = Admin.create(connection.properties());
    this.thread = Thread.ofPlatform().name("faultline-view-" + topic).daemon().start(this::run);
  }

  NavigableMap<String, Entry<V>> entries() {
    return entries;
  }

  /** Those whose keys begin so. */
  NavigableMap<String, Entry<V>> under(String prefix) {
    return entries.subMap(prefix, true, prefix + Character.MAX_VALUE, true);
  }

  @Nullable V get(String key) {
    Entry<V> entry = entries.get(key);
    return entry == null ? null : entry.value();
  }

  /**
   * Returns when everything is read that was written, by whomever, before this was called.
   *
   * @throws UnreachableException if that takes too long
   */
  void awaitCurrent() {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, OffsetSpec.latest()));
    try {
      Map<TopicPartition, ListOffsetsResultInfo> ends =
          admin
              .listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
              .all()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      awaitRead(ends);
    } catch (ExecutionException | TimeoutException e) {
      throw new UnreachableException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException(e);
    }
  }

  private void awaitRead(Map<TopicPartition, ListOffsetsResultInfo> ends)
      throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (positions) {
      while (!ends.entrySet().stream()
          .allMatch(end -> positions.getOrDefault(end.getKey(), -1L) >= end.getValue().offset())) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new TimeoutException("a compacted topic is not read to its end");
        }
        positions.wait(left);
      }
    }
  }

  private void run() {
    while (!closed) {
      try (Consumer<String, byte[]> consumer = consumer()) {
        polling = consumer;
        follow(consumer);
      } catch (WakeupException | InterruptException e) {
        log.debug("the view is woken up");
      } catch (RuntimeException e) {
        log.warn("{} cannot be read just now: {}", partitions.getFirst().topic(), e.toString());
        pause();
      } finally {
        polling = null;
      }
    }
  }

  private void follow(Consumer<String, byte[]> consumer) {
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    while (!closed) {
      boolean any = false;
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        apply(record);
        any = true;
      }
      synchronized (positions) {
        for (TopicPartition partition : partitions) {
          positions.put(partition, consumer.position(partition));
        }
        positions.notifyAll();
      }
      if (any) {
        changed.run();
      }
    }
  }

  private void apply(ConsumerRecord<String, byte[]> record) {
    if (record.key() == null) {
      return;
    }
    if (record.value() == null) {
      entries.remove(record.key());
      return;
    }
    try {
      V value = read.apply(record.value());
      entries.put(record.key(), new Entry<>(value, record.partition()));
    } catch (JacksonException | IllegalArgumentException e) {
      // Never the value: it may hold a secret.
      log.warn(
          "{}-{}@{} cannot be read and is left out",
          record.topic(),
          record.partition(),
          record.offset());
    }
  }

  private void pause() {
    try {
      Thread.sleep(TRY_AGAIN);
    } catch (InterruptedException e) {
      log.debug("the view stops");
    }
  }

  private Consumer<String, byte[]> consumer() {
    Map<String, Object> settings = new TreeMap<>(connection.properties());
    settings.put(
        ConsumerConfig.CLIENT_ID_CONFIG, "faultline-view-" + partitions.getFirst().topic());
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    closed = true;
    Consumer<String, byte[]> running = polling;
    if (running != null) {
      running.wakeup();
    } else {
      thread.interrupt();
    }
    try {
      thread.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    admin.close(Duration.ZERO);
  }
}
