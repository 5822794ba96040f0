package io.faultline.runtime.access;

import io.faultline.events.Json;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
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
import org.springframework.context.SmartLifecycle;
import tools.jackson.core.JacksonException;

/**
 * Follows the tokens from their topic into the {@link TokenDirectory} while access control is on,
 * and writes tokens, uses and the audit log. A request waits for none of it but the one that makes
 * or revokes a token.
 */
final class AccessFeed implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(AccessFeed.class);
  private static final TopicPartition TOKENS = new TopicPartition(AccessTopics.TOKENS, 0);
  private static final TopicPartition USES = new TopicPartition(AccessTopics.USES, 0);
  private static final Duration POLL = Duration.ofSeconds(5);
  private static final Duration TRY_AGAIN = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String READER = "faultline-access-read";
  private static final int WAITING = 2_000;

  private final boolean isOn;
  private final Supplier<KafkaConnection> connection;
  private final Supplier<TopicsAdmin> topics;
  private final Duration auditRetention;
  private final String service;
  private final TokenDirectory tokens;
  private final Counter lost;
  private final Map<String, Instant> uses = new ConcurrentHashMap<>();
  private final BlockingQueue<ProducerRecord<String, byte[]>> waiting =
      new ArrayBlockingQueue<>(WAITING);
  private final Object progress = new Object();
  private long readTo;
  private volatile boolean running;
  private volatile @Nullable Consumer<String, byte[]> polling;
  private volatile @Nullable Producer<String, byte[]> producer;
  private List<Thread> threads = List.of();

  AccessFeed(
      AccessProperties settings,
      Supplier<KafkaConnection> connection,
      Supplier<TopicsAdmin> topics,
      String service,
      TokenDirectory tokens,
      MeterRegistry registry) {
    this.isOn = settings.isOn();
    this.connection = connection;
    this.topics = topics;
    this.auditRetention = settings.auditRetention();
    this.service = service;
    this.tokens = tokens;
    this.lost = registry.counter("faultline.audit.lost");
  }

  /** When each token was used last, by whatever service it was shown to. */
  Map<String, Instant> uses() {
    return uses;
  }

  /** Puts an entry of the audit log on its way to the topic; waits for nothing. */
  void tell(AuditEntry entry) {
    if (isOn) {
      offer(
          new ProducerRecord<>(
              AccessTopics.AUDIT, 0, service, Json.LENIENT.writeValueAsBytes(entry)));
    }
  }

  void tellUse(String id, Instant when) {
    if (isOn) {
      byte[] value = when.toString().getBytes(StandardCharsets.US_ASCII);
      offer(new ProducerRecord<>(AccessTopics.USES, 0, id, value));
    }
  }

  /** A token is gone, and when it was used with it. */
  void forgetUse(String id) {
    offer(new ProducerRecord<>(AccessTopics.USES, 0, id, null));
  }

  private void offer(ProducerRecord<String, byte[]> record) {
    if (!waiting.offer(record)) {
      lost.increment();
    }
  }

  /**
   * Writes a token, or takes it away, and returns when this instance has read it back.
   *
   * @param token null: there is no such token any more
   * @throws KafkaException if Kafka does not answer; then it may have been done or not
   */
  void write(String id, @Nullable StoredToken token) {
    Producer<String, byte[]> writer = producer;
    if (writer == null) {
      throw new KafkaException("the topic of tokens cannot be written yet");
    }
    byte[] value = token == null ? null : Json.LENIENT.writeValueAsBytes(token);
    try {
      long offset =
          writer
              .send(new ProducerRecord<>(AccessTopics.TOKENS, 0, id, value))
              .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .offset();
      awaitRead(offset + 1);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("the topic of tokens cannot be written just now", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    }
  }

  private void awaitRead(long offset) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (progress) {
      while (readTo < offset) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new TimeoutException("what was written is not read back");
        }
        progress.wait(left);
      }
    }
  }

  @Override
  public synchronized void start() {
    if (running || !isOn) {
      return;
    }
    TopicsAdmin admin = topics.get();
    admin.ensure(
        List.of(
            admin.compactedInOrder(AccessTopics.TOKENS),
            admin.compactedInOrder(AccessTopics.USES),
            admin.eventsInOrder(AccessTopics.AUDIT, auditRetention)));
    running = true;
    producer =
        new KafkaProducer<>(producerSettings(), new StringSerializer(), new ByteArraySerializer());
    threads =
        List.of(
            Thread.ofPlatform().name(READER).daemon().start(this::read),
            Thread.ofPlatform().name("faultline-access-tell").daemon().start(this::tellAll));
  }

  @Override
  public synchronized void stop() {
    running = false;
    Consumer<String, byte[]> reading = polling;
    if (reading != null) {
      reading.wakeup();
    }
    threads.stream()
        // A consumer that is interrupted cannot take its leave.
        .filter(thread -> reading == null || !thread.getName().equals(READER))
        .forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads = List.of();
    Producer<String, byte[]> writing = producer;
    producer = null;
    if (writing != null) {
      // What happened while everything stopped is told as well.
      waiting.forEach(writing::send);
      writing.close(Duration.ofSeconds(2));
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Before the HTTP interface opens, and until after it has closed. */
  @Override
  public int getPhase() {
    return 0;
  }

  private void tellAll() {
    while (running) {
      try {
        ProducerRecord<String, byte[]> record = waiting.take();
        Producer<String, byte[]> writer = producer;
        if (writer != null) {
          writer.send(record, (_, failure) -> countLost(failure));
        }
      } catch (InterruptedException | InterruptException e) {
        log.debug("telling ends");
      } catch (KafkaException e) {
        countLost(e);
      }
    }
  }

  private void countLost(@Nullable Exception failure) {
    if (failure != null) {
      lost.increment();
      log.warn("an entry is in the log only, not in its topic: {}", failure.toString());
    }
  }

  private void read() {
    while (running) {
      try (Consumer<String, byte[]> consumer =
          new KafkaConsumer<>(
              consumerSettings(), new StringDeserializer(), new ByteArrayDeserializer())) {
        polling = consumer;
        follow(consumer);
      } catch (WakeupException | InterruptException e) {
        log.debug("following the tokens ends");
      } catch (KafkaException e) {
        log.warn("the tokens cannot be followed just now: {}", e.toString());
        pause();
      } finally {
        polling = null;
      }
    }
  }

  private void follow(Consumer<String, byte[]> consumer) {
    List<TopicPartition> both = List.of(TOKENS, USES);
    consumer.assign(both);
    consumer.seekToBeginning(both);
    long end = consumer.endOffsets(List.of(TOKENS)).getOrDefault(TOKENS, 0L);
    while (running) {
      consumer.poll(POLL).forEach(this::apply);
      long position = consumer.position(TOKENS);
      if (position >= end) {
        tokens.settle();
      }
      synchronized (progress) {
        readTo = position;
        progress.notifyAll();
      }
    }
  }

  private void apply(ConsumerRecord<String, byte[]> record) {
    if (record.key() == null) {
      return;
    }
    byte[] value = record.value();
    try {
      if (record.topic().equals(AccessTopics.TOKENS)) {
        tokens.apply(
            record.key(), value == null ? null : Json.LENIENT.readValue(value, StoredToken.class));
      } else if (value == null) {
        uses.remove(record.key());
      } else {
        uses.put(record.key(), Instant.parse(new String(value, StandardCharsets.US_ASCII)));
      }
    } catch (JacksonException | DateTimeException e) {
      log.warn("{}@{} cannot be read and is left out", record.topic(), record.offset());
    }
  }

  private static void pause() {
    try {
      Thread.sleep(TRY_AGAIN);
    } catch (InterruptedException e) {
      log.debug("following the tokens ends");
    }
  }

  private Map<String, Object> consumerSettings() {
    Map<String, Object> settings = connection.get().properties();
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "faultline-access");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis());
    return settings;
  }

  private Map<String, Object> producerSettings() {
    Map<String, Object> settings = connection.get().properties();
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-access");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    return settings;
  }
}
