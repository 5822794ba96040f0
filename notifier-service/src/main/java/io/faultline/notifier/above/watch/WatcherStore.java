package io.faultline.notifier.above.watch;

import io.faultline.events.Json;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.notifier.core.delivery.DeliveryFact;
import io.faultline.notifier.core.delivery.DeliveryState;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.core.Fact;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * The watchers, and what is kept of the deliveries to them.
 *
 * <p>A change is decided on what is there now, though any instance may make it: who writes begins
 * with Kafka's own fence (one transactional id for all), then reads to the end, decides, and writes
 * in a transaction. Whoever fences later makes this one's transaction fail, and it begins anew; so
 * between the reading and the writing of the one who succeeds nobody wrote. Two who begin anew at
 * once would go on shutting each other out, so each waits for a while that is drawn by lot and
 * grows. A broker may also answer one who is being shut out that it does not know what went wrong
 * (KafkaApis, END_TXN while the epoch is fenced); what became of that write is read afterwards,
 * when it has been ended by the next fence.
 */
public final class WatcherStore implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(WatcherStore.class);
  private static final String FENCE = "faultline-notifier-watchers";
  private static final int MAX_TRIES = 10;
  private static final int FIRST_PAUSE_MILLIS = 20;
  private static final int LONGEST_PAUSE_MILLIS = 2_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final KafkaConnection connection;
  private final TopicsAdmin topics;
  private final FaultlineProperties properties;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile Runnable changed = () -> {};
  private volatile @Nullable Running running;

  private record Running(
      CompactedView<Watcher> watchers,
      CompactedView<byte[]> deliveries,
      Producer<String, byte[]> producer) {}

  public WatcherStore(
      KafkaConnection connection, TopicsAdmin topics, FaultlineProperties properties) {
    this.connection = connection;
    this.topics = topics;
    this.properties = properties;
  }

  /** Told after watchers changed. */
  void onChange(Runnable told) {
    changed = told;
  }

  @Override
  public synchronized void start() {
    if (running != null) {
      return;
    }
    topics.ensure(
        List.of(
            topics.compacted(WatcherTopics.WATCHERS),
            topics.compacted(WatcherTopics.DELIVERIES),
            topics.events(WatcherTopics.DEAD)));
    int partitions = properties.topics().partitions();
    running =
        new Running(
            new CompactedView<>(
                connection,
                WatcherTopics.WATCHERS,
                partitions,
                bytes -> Json.LENIENT.readValue(bytes, Watcher.class),
                () -> changed.run()),
            new CompactedView<>(
                connection, WatcherTopics.DELIVERIES, partitions, bytes -> bytes, () -> {}),
            producer(null));
  }

  @Override
  public synchronized void stop() {
    Running last = running;
    running = null;
    if (last != null) {
      last.producer().close(Duration.ofSeconds(2));
      last.watchers().close();
      last.deliveries().close();
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return running != null;
  }

  /** Before the deliveries, which use it; after them when it stops. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE - 1;
  }

  private Running whenRunning() {
    Running now = running;
    if (now == null) {
      throw new UnreachableException("the watchers are not read yet");
    }
    return now;
  }

  /** The watchers as far as they are read, with the partition that each is in. */
  NavigableMap<String, CompactedView.Entry<Watcher>> known() {
    return whenRunning().watchers().entries();
  }

  /**
   * The watchers, everything included that was acknowledged to anybody before.
   *
   * @throws UnreachableException if Kafka does not answer
   */
  NavigableMap<String, CompactedView.Entry<Watcher>> current() {
    Running now = whenRunning();
    now.watchers().awaitCurrent();
    return now.watchers().entries();
  }

  /** What becomes of a watcher. */
  sealed interface Change<R> {

    /** What is answered. */
    R answer();

    record Keep<R>(Watcher watcher, R answer) implements Change<R> {}

    record Remove<R>(R answer) implements Change<R> {}

    record Nothing<R>(R answer) implements Change<R> {}
  }

  /**
   * Decides on the watcher that is there (null: none), and returns when the change is acknowledged
   * and can be read here.
   *
   * @param decide may be called again if another instance was quicker; has no effects
   * @throws UnreachableException if Kafka does not answer; then it may have been done or not
   */
  <R> R change(String name, Function<@Nullable Watcher, Change<R>> decide) {
    Running now = whenRunning();
    writing.lock();
    Change<R> unsure = null;
    try {
      for (int i = 0; i < MAX_TRIES; i++) {
        try (Producer<String, byte[]> fenced = producer(FENCE)) {
          fenced.initTransactions();
          now.watchers().awaitCurrent();
          Watcher known = now.watchers().get(name);
          if (unsure != null && isDone(unsure, known)) {
            return unsure.answer();
          }
          unsure = decide.apply(known);
          if (!write(fenced, name, unsure)) {
            pause(i);
            continue;
          }
          now.watchers().awaitCurrent();
          return unsure.answer();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
          log.debug("another instance changed watchers at the same time, once more");
          pause(i);
        }
      }
      throw new UnreachableException("others change watchers without end");
    } catch (KafkaException e) {
      throw new UnreachableException(e);
    } finally {
      writing.unlock();
    }
  }

  private static void pause(int tries) {
    int longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << tries);
    try {
      Thread.sleep(ThreadLocalRandom.current().nextInt(longest));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException(e);
    }
  }

  private static boolean isDone(Change<?> change, @Nullable Watcher known) {
    return switch (change) {
      case Change.Keep<?> keep -> keep.watcher().equals(known);
      case Change.Remove<?> _ -> known == null;
      case Change.Nothing<?> _ -> true;
    };
  }

  /**
   * Whether it is written; false: that is not known.
   *
   * @throws KafkaException if it is not written, or Kafka does not answer
   */
  private static boolean write(Producer<String, byte[]> fenced, String name, Change<?> change) {
    List<ProducerRecord<String, byte[]>> records =
        switch (change) {
          case Change.Keep<?> keep ->
              List.of(
                  new ProducerRecord<>(
                      WatcherTopics.WATCHERS,
                      name,
                      Json.LENIENT.writeValueAsBytes(keep.watcher())));
          case Change.Remove<?> _ ->
              // Whoever owns it takes its deliveries away.
              List.of(new ProducerRecord<>(WatcherTopics.WATCHERS, name, null));
          case Change.Nothing<?> _ -> List.of();
        };
    if (records.isEmpty()) {
      return true;
    }
    fenced.beginTransaction();
    records.forEach(fenced::send);
    try {
      fenced.commitTransaction();
      return true;
    } catch (ApiException e) {
      // Fenced, or out of time: Kafka says what it is.
      throw e;
    } catch (KafkaException e) {
      log.debug("what became of a change is not known, so it is looked at: {}", e.toString());
      return false;
    }
  }

  /** What is kept of deliveries, as bytes: facts, and what was asked for. */
  CompactedView<byte[]> deliveries() {
    return whenRunning().deliveries();
  }

  /** The fold of what is kept of the deliveries to a watcher, as far as it was read. */
  DeliveryState state(Watcher of) {
    DeliveryState state = new DeliveryState();
    String prefix = WatcherTopics.key(of.name(), "");
    Map<String, CompactedView.Entry<byte[]>> kept = deliveries().under(prefix);
    CompactedView.Entry<byte[]> head = kept.get(prefix + "head");
    boolean its =
        head != null
            && Journal.CODEC.decode(head.value()) instanceof DeliveryFact.Head known
            && known.watcherId().equals(of.id());
    if (its) {
      kept.forEach(
          (key, entry) -> {
            String fact = key.substring(prefix.length());
            if (!fact.startsWith(WatcherTopics.ASKED)) {
              state.evolve(new Fact<>(fact, Journal.CODEC.decode(entry.value())));
            }
          });
    }
    return state;
  }

  /**
   * Asks the owner of a watcher for something.
   *
   * @throws UnreachableException if Kafka does not answer
   */
  void ask(String watcher, int partition, String what) {
    try {
      whenRunning()
          .producer()
          .send(
              new ProducerRecord<>(
                  WatcherTopics.DELIVERIES,
                  partition,
                  WatcherTopics.key(watcher, what),
                  new byte[] {1}))
          .get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new UnreachableException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException(e);
    }
  }

  private Producer<String, byte[]> producer(@Nullable String transactionalId) {
    Map<String, Object> settings = connection.properties();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT.toMillis());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    if (transactionalId == null) {
      settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-notifier-asking");
    } else {
      settings.put(ProducerConfig.CLIENT_ID_CONFIG, transactionalId);
      settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
      settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) TIMEOUT.toMillis());
    }
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }
}
