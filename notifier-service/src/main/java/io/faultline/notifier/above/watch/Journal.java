package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.delivery.DeliveryFact;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.core.Fact;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the facts of the watchers of one partition, together in one transaction what came
 * together. Whoever opens it shuts out the one who had it before: an owner that was only thought
 * dead cannot write over what its successor knows.
 */
final class Journal implements AutoCloseable {

  static final SealedCodec<DeliveryFact> CODEC = new SealedCodec<>(DeliveryFact.class);

  private static final Logger log = LoggerFactory.getLogger(Journal.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Records that wait to be written; whoever has more waits. */
  private static final int ROOM = 20_000;

  private final int partition;
  private final Producer<String, byte[]> producer;
  private final Runnable lost;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Map<String, byte @Nullable []> facts = new LinkedHashMap<>();
  private List<ProducerRecord<String, byte[]>> others = new ArrayList<>();
  private boolean writing;
  private boolean closed;
  private volatile boolean failed;

  /**
   * @param lost called once when nothing can be written any more
   */
  Journal(KafkaConnection connection, int partition, Runnable lost) {
    this.partition = partition;
    this.lost = lost;
    Map<String, Object> settings = connection.properties();
    String id = "faultline-notifier-deliveries-" + partition;
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, id);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT.toMillis());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) TIMEOUT.toMillis());
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicsAdmin.MAX_RECORD_BYTES);
    this.producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    try {
      producer.initTransactions();
    } catch (KafkaException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
    this.thread = Thread.ofVirtual().name("faultline-journal-" + partition).start(this::run);
  }

  boolean hasFailed() {
    return failed;
  }

  /** Facts of one step of one watcher, and what goes with them; written together or not at all. */
  void append(
      String watcher, List<Fact<DeliveryFact>> step, List<ProducerRecord<String, byte[]>> with) {
    Map<String, byte @Nullable []> encoded = new LinkedHashMap<>();
    for (Fact<DeliveryFact> fact : step) {
      DeliveryFact value = fact.value();
      encoded.put(
          WatcherTopics.key(watcher, fact.key()), value == null ? null : CODEC.encode(value));
    }
    append(encoded, with);
  }

  /** The same with keys as they stand in the topic. */
  void append(Map<String, byte @Nullable []> encoded, List<ProducerRecord<String, byte[]>> with) {
    if (encoded.isEmpty() && with.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      while (facts.size() + others.size() > ROOM && !closed && !failed) {
        changed.awaitUninterruptibly();
      }
      // The newest of a key is what counts: one that was not written yet need not be.
      facts.putAll(encoded);
      others.addAll(with);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns when everything is written that was appended before, or never will be. */
  void flush() {
    lock.lock();
    try {
      while ((writing || !facts.isEmpty() || !others.isEmpty()) && !failed) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        Map<String, byte @Nullable []> now;
        List<ProducerRecord<String, byte[]>> with;
        lock.lock();
        try {
          writing = false;
          changed.signalAll();
          while (facts.isEmpty() && others.isEmpty() && !closed) {
            changed.awaitUninterruptibly();
          }
          if (facts.isEmpty() && others.isEmpty()) {
            return;
          }
          now = facts;
          with = others;
          facts = new LinkedHashMap<>();
          others = new ArrayList<>();
          writing = true;
          changed.signalAll();
        } finally {
          lock.unlock();
        }
        write(now, with);
      }
    } catch (KafkaException e) {
      log.warn("the deliveries of partition {} are not ours any more: {}", partition, e.toString());
      fail();
      lost.run();
    } finally {
      producer.close(Duration.ofSeconds(1));
    }
  }

  private void write(
      Map<String, byte @Nullable []> now, List<ProducerRecord<String, byte[]>> with) {
    producer.beginTransaction();
    now.forEach(
        (key, value) ->
            producer.send(new ProducerRecord<>(WatcherTopics.DELIVERIES, partition, key, value)));
    with.forEach(producer::send);
    producer.commitTransaction();
  }

  private void fail() {
    lock.lock();
    try {
      failed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Writes what waits, and ends. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
