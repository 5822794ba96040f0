package io.faultline.notifier.above.watch;

import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.runtime.KafkaConnection;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the watchers that this instance owns. Instances form a consumer group over the watchers'
 * topic; whoever is assigned a partition owns the watchers in it. The group serves for nothing
 * else: the watchers themselves are read by every instance (see {@link WatcherStore}).
 */
public final class DeliveryEngine implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(DeliveryEngine.class);
  private static final String GROUP = "faultline-notifier-delivery";

  /** Also how soon a change of a watcher is carried out at the latest. */
  private static final Duration POLL = Duration.ofSeconds(1);

  private static final Duration TRY_AGAIN = Duration.ofMillis(500);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

  private final KafkaConnection connection;
  private final WatcherStore store;
  private final WatcherRun.Shared shared;

  private final Map<String, WatcherRun> runs = new ConcurrentHashMap<>();
  private final Set<Integer> owned = new HashSet<>();
  private final Map<Integer, Journal> journals = new HashMap<>();
  private volatile @Nullable Consumer<String, byte[]> polling;
  private volatile boolean stopping;
  private @Nullable Thread thread;

  DeliveryEngine(
      KafkaConnection connection,
      EventHub hub,
      WatcherStore store,
      Sinks sinks,
      MeterRegistry registry,
      Clock clock) {
    this.connection = connection;
    this.store = store;
    this.shared = new WatcherRun.Shared(hub, store, sinks, DeliveryMeters.of(registry), clock);
    registry.gaugeMapSize("faultline.notifier.watchers.run", Tags.empty(), runs);
    Gauge.builder("faultline.notifier.watchers.behind", this, DeliveryEngine::behind)
        .description("Records that the watcher which is furthest behind has not read yet")
        .register(registry);
    Gauge.builder("faultline.notifier.watchers.held", this, DeliveryEngine::held)
        .description("Hosts of watchers that wait for a try or are behind")
        .register(registry);
  }

  private double behind() {
    return runs.values().stream().mapToLong(WatcherRun::behind).max().orElse(0);
  }

  private double held() {
    return runs.values().stream().mapToLong(WatcherRun::heldHosts).sum();
  }

  /** The run of that watcher if this instance owns it and it is not paused. */
  @Nullable WatcherRun run(String name) {
    return runs.get(name);
  }

  @Override
  public synchronized void start() {
    if (thread == null) {
      stopping = false;
      store.onChange(this::wake);
      thread = Thread.ofPlatform().name("faultline-notifier-delivery").daemon().start(this::own);
    }
  }

  @Override
  public synchronized void stop() {
    stopping = true;
    store.onChange(() -> {});
    if (thread != null) {
      if (polling == null) {
        thread.interrupt();
      }
      wake();
      try {
        thread.join(STOP_TIMEOUT);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      thread = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return thread != null;
  }

  /** With the hub: the last to start and the first to stop. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  private void wake() {
    Consumer<String, byte[]> running = polling;
    if (running != null) {
      running.wakeup();
    }
  }

  private void own() {
    while (!stopping) {
      try (Consumer<String, byte[]> consumer = consumer()) {
        consumer.subscribe(List.of(WatcherTopics.WATCHERS), new Ownership(consumer));
        polling = consumer;
        while (!stopping) {
          poll(consumer);
          reconcile();
        }
      } catch (InterruptException e) {
        log.debug("the deliveries stop");
      } catch (RuntimeException e) {
        log.warn("watchers cannot be owned just now: {}", e.toString());
        pause();
      } finally {
        polling = null;
        owned.clear();
        stopRuns(Set.copyOf(runs.keySet()));
        closeJournals(Set.copyOf(journals.keySet()));
      }
    }
  }

  private static void poll(Consumer<String, byte[]> consumer) {
    try {
      consumer.poll(POLL);
    } catch (WakeupException e) {
      log.debug("watchers changed");
    }
  }

  private final class Ownership implements ConsumerRebalanceListener {
    private final Consumer<String, byte[]> consumer;

    Ownership(Consumer<String, byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      // Nothing is read here: the group only tells who owns what.
      consumer.pause(partitions);
      partitions.forEach(partition -> owned.add(partition.partition()));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      Set<Integer> gone = new HashSet<>();
      partitions.forEach(partition -> gone.add(partition.partition()));
      owned.removeAll(gone);
      Set<String> names = new HashSet<>();
      store
          .known()
          .forEach(
              (name, entry) -> {
                if (gone.contains(entry.partition())) {
                  names.add(name);
                }
              });
      stopRuns(names);
      closeJournals(gone);
    }
  }

  private void closeJournals(Set<Integer> partitions) {
    partitions.forEach(
        partition -> {
          Journal journal = journals.remove(partition);
          if (journal != null) {
            journal.close();
          }
        });
  }

  /** The journal of an owned partition; to open it shuts out whoever had it before. */
  private Journal journal(int partition) {
    return journals.computeIfAbsent(
        partition, missing -> new Journal(connection, missing, this::wake));
  }

  /** Makes what runs the same as what should. */
  private void reconcile() {
    stopFailed();
    Map<String, CompactedView.Entry<Watcher>> wanted = new HashMap<>();
    try {
      store
          .known()
          .forEach(
              (name, entry) -> {
                if (owned.contains(entry.partition()) && !entry.value().paused()) {
                  wanted.put(name, entry);
                }
              });
      Set<String> stop = new HashSet<>();
      runs.forEach(
          (name, run) -> {
            CompactedView.Entry<Watcher> now = wanted.get(name);
            if (now == null || !run.watcher().equals(now.value())) {
              stop.add(name);
            }
          });
      stopRuns(stop);
      wanted.keySet().removeAll(runs.keySet());
      if (!wanted.isEmpty()) {
        // First whoever had them is shut out, then all that was written is read.
        wanted.values().forEach(entry -> journal(entry.partition()));
        store.deliveries().awaitCurrent();
        wanted.forEach(
            (name, entry) ->
                runs.put(
                    name, WatcherRun.start(entry.value(), shared, journal(entry.partition()))));
      }
      forgetDeleted();
    } catch (UnreachableException e) {
      // The store stops before this does only when all stop.
      log.debug("the watchers are not known: {}", e.getMessage());
    }
  }

  /** Of a partition that somebody else has, or that could not be written: all is begun anew. */
  private void stopFailed() {
    Set<Integer> failed = new HashSet<>();
    journals.forEach(
        (partition, journal) -> {
          if (journal.hasFailed()) {
            failed.add(partition);
          }
        });
    if (!failed.isEmpty()) {
      Set<String> names = new HashSet<>();
      store
          .known()
          .forEach(
              (name, entry) -> {
                if (failed.contains(entry.partition())) {
                  names.add(name);
                }
              });
      stopRuns(names);
      closeJournals(failed);
    }
  }

  /** What is kept of deliveries to watchers that are no more goes too. */
  private void forgetDeleted() {
    NavigableMap<String, CompactedView.Entry<byte[]>> kept = store.deliveries().entries();
    String key = kept.isEmpty() ? null : kept.firstKey();
    while (key != null) {
      String name = key.substring(0, key.indexOf('/'));
      CompactedView.Entry<byte[]> entry = kept.get(key);
      if (entry != null
          && owned.contains(entry.partition())
          && !store.known().containsKey(name)
          && !store.current().containsKey(name)) {
        Map<String, byte @Nullable []> gone = new HashMap<>();
        store
            .deliveries()
            .under(WatcherTopics.key(name, ""))
            .keySet()
            .forEach(each -> gone.put(each, null));
        journal(entry.partition()).append(gone, List.of());
      }
      // The character after a slash: behind all keys of that watcher.
      key = kept.ceilingKey(name + "0");
    }
  }

  private void stopRuns(Set<String> names) {
    List<WatcherRun> stopped = names.stream().map(runs::remove).filter(Objects::nonNull).toList();
    stopped.forEach(WatcherRun::stop);
    try {
      for (WatcherRun run : stopped) {
        run.awaitStopped(STOP_TIMEOUT);
      }
      journals.values().forEach(Journal::flush);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pause() {
    try {
      Thread.sleep(TRY_AGAIN);
    } catch (InterruptedException e) {
      log.debug("the deliveries stop");
    }
  }

  private Consumer<String, byte[]> consumer() {
    Map<String, Object> settings = connection.properties();
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, GROUP);
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, GROUP);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // As the layers' own: an owner that died is replaced after that.
    settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 2500);
    settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }
}
