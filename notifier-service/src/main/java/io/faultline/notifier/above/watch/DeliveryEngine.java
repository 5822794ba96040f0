package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.runtime.KafkaConnection;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
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
  private final EventHub hub;
  private final WatcherStore store;
  private final Webhook webhook;
  private final NotifierProperties.Webhooks settings;
  private final DeliveryMeters meters;
  private final Clock clock;

  private final Map<String, WatcherRun> runs = new ConcurrentHashMap<>();
  private final Set<Integer> owned = new HashSet<>();
  private volatile @Nullable Consumer<String, byte[]> polling;
  private volatile boolean stopping;
  private @Nullable Thread thread;

  DeliveryEngine(
      KafkaConnection connection,
      EventHub hub,
      WatcherStore store,
      Webhook webhook,
      NotifierProperties.Webhooks settings,
      MeterRegistry registry,
      Clock clock) {
    this.connection = connection;
    this.hub = hub;
    this.store = store;
    this.webhook = webhook;
    this.settings = settings;
    this.meters = DeliveryMeters.of(registry);
    this.clock = clock;
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
    }
  }

  /** Makes what runs the same as what should. */
  private void reconcile() {
    Map<String, Watcher> wanted = new HashMap<>();
    try {
      store
          .known()
          .forEach(
              (name, entry) -> {
                if (owned.contains(entry.partition()) && !entry.value().paused()) {
                  wanted.put(name, entry.value());
                }
              });
    } catch (UnreachableException e) {
      // The store stops before this does only when all stop.
      log.debug("no watchers are known: {}", e.getMessage());
    }
    Set<String> stop = new HashSet<>();
    runs.forEach(
        (name, run) -> {
          if (!run.watcher().equals(wanted.get(name))) {
            stop.add(name);
          }
        });
    stopRuns(stop);
    wanted.keySet().removeAll(runs.keySet());
    if (!wanted.isEmpty()) {
      // What was saved last, here or by another owner, is where they begin.
      store.awaitProgress();
      wanted.forEach(
          (name, watcher) ->
              runs.put(
                  name, WatcherRun.start(watcher, hub, store, webhook, settings, meters, clock)));
    }
  }

  private void stopRuns(Set<String> names) {
    List<WatcherRun> stopped = names.stream().map(runs::remove).filter(Objects::nonNull).toList();
    stopped.forEach(WatcherRun::stop);
    try {
      for (WatcherRun run : stopped) {
        run.awaitStopped(STOP_TIMEOUT);
      }
      if (!stopped.isEmpty()) {
        store.flushProgress();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (UnreachableException | KafkaException e) {
      log.warn("progress may not be saved; its events are delivered again: {}", e.toString());
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
