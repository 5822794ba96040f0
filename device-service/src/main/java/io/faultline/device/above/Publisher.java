package io.faultline.device.above;

import io.faultline.device.below.Backlog.Unpublished;
import io.faultline.device.below.Slice;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceViews;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Json;
import io.faultline.events.Topics;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Brings what the journal holds to Kafka, in the journal's order: one thread, one idempotent
 * producer. Many records are on their way at once; what is marked is a prefix.
 *
 * <p>Receivers drop a sequence that is not above the last one they saw, so a record must never
 * overtake one before it. Therefore a send never gives up by time (a batch that expires could be
 * overtaken by the next); it ends only when the producer is given up as a whole, and then all that
 * is not marked is sent again, under the same ids and sequences.
 *
 * <p>The newest state of the devices that changed goes along, into a compacted topic.
 */
public final class Publisher implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(Publisher.class);

  /** Entries on their way at once. */
  private static final int BATCH_ENTRIES = 2_000;

  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);
  private static final Duration SLOW = Duration.ofSeconds(10);

  private final Slice slice;
  private final KafkaConnection connection;
  private final TopicsAdmin topics;
  private final Supplier<String> ownerUrl;
  private final Predicate<String> isToldHere;
  private final MeterRegistry registry;
  private final Counter published;
  private final Counter failures;
  private volatile boolean running;
  private volatile boolean healthy;

  /** Whether the states of all devices are to be published anew. */
  private volatile boolean statesDue;

  /** When the batch that is on its way was sent, in {@link System#nanoTime}; 0 if none is. */
  private volatile long sentNanos;

  private volatile @Nullable Thread thread;

  /**
   * @param ownerUrl where this instance is reached, known once the port is bound
   * @param isToldHere whether the states of a host's devices are ours to tell: not those of a host
   *     that another slice has
   */
  public Publisher(
      Slice slice,
      KafkaConnection connection,
      TopicsAdmin topics,
      Supplier<String> ownerUrl,
      Predicate<String> isToldHere,
      MeterRegistry registry) {
    this.slice = slice;
    this.connection = connection;
    this.topics = topics;
    this.ownerUrl = ownerUrl;
    this.isToldHere = isToldHere;
    this.registry = registry;
    this.published = registry.counter("faultline.device.events.published");
    this.failures = registry.counter("faultline.device.publisher.failures");
  }

  /** Before the HTTP interface opens, and until after it has closed. */
  @Override
  public int getPhase() {
    return 0;
  }

  @Override
  public synchronized void start() {
    if (running) {
      return;
    }
    DeviceTopics.ensure(topics);
    running = true;
    healthy = true;
    thread = Thread.ofPlatform().name("faultline-device-publisher").start(this::run);
  }

  /** Gives what waits a little time to get out; the rest goes after the next start. */
  @Override
  public synchronized void stop() {
    Thread stopping = thread;
    if (stopping == null) {
      return;
    }
    try {
      if (!slice.backlog().awaitEmpty(STOP_PATIENCE)) {
        log.warn("{} events stay on the backlog until the next start", slice.backlog().size());
      }
      running = false;
      stopping.interrupt();
      stopping.join(STOP_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running = false;
    thread = null;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Publishes the state of every device again, with the address that is known by now. */
  public void publishAllStates() {
    statesDue = true;
  }

  /** Ends at once: what is on the backlog is another process's by now. */
  public void abandon() {
    running = false;
    Thread stopping = thread;
    if (stopping != null) {
      stopping.interrupt();
    }
  }

  /** Whether what happens gets out at present. */
  public boolean isHealthy() {
    long since = sentNanos;
    boolean hangs = since != 0 && System.nanoTime() - since > SLOW.toNanos();
    return running && healthy && !hangs;
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    while (running) {
      Producer<String, byte[]> producer = new KafkaProducer<>(settings());
      try {
        while (running) {
          if (statesDue) {
            statesDue = false;
            publishStates(producer, everyDevice());
          }
          List<Unpublished> batch = slice.backlog().next(BATCH_ENTRIES, PATIENCE);
          if (!batch.isEmpty()) {
            publish(producer, batch);
          }
          healthy = true;
          pause = FIRST_PAUSE;
        }
      } catch (InterruptedException | InterruptException e) {
        log.debug("the publisher ends");
      } catch (ExecutionException | RuntimeException e) {
        healthy = false;
        statesDue = true;
        failures.increment();
        log.warn(
            "publishing failed and goes on in {} from the first event that is not marked: {}",
            pause,
            String.valueOf(e.getCause() == null ? e : e.getCause()));
        sleep(pause);
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                ? LONGEST_PAUSE
                : pause.multipliedBy(2);
      } finally {
        producer.close(Duration.ZERO);
      }
    }
  }

  private void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      log.debug("the publisher ends");
    }
  }

  private void publish(Producer<String, byte[]> producer, List<Unpublished> batch)
      throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Set<DeviceName> changed = new LinkedHashSet<>();
    for (Unpublished entry : batch) {
      for (Event event : entry.events()) {
        send(
            producer,
            new ProducerRecord<>(
                Topics.DEVICE_EVENTS,
                null,
                event.time().toEpochMilli(),
                event.host(),
                EventCodec.data(event),
                EventCodec.headers(event)),
            sent);
      }
      if (isToldHere.test(entry.host())) {
        entry.devices().forEach(device -> changed.add(new DeviceName(entry.host(), device)));
      }
    }
    int events = sent.size();
    sentNanos = System.nanoTime();
    changed.forEach(device -> send(producer, state(device), sent));
    for (Future<RecordMetadata> each : sent) {
      each.get();
    }
    sentNanos = 0;
    slice.backlog().published(batch.getLast().number());
    published.increment(events);
    batch.forEach(entry -> entry.events().forEach(this::measure));
  }

  /** How long a removal took that was just told: once, because what is told is marked. */
  private void measure(Event event) {
    if (event.data() instanceof DeviceRemoved removed && removed.removalId() != null) {
      slice.read(
          event.host(),
          host -> {
            Device device = host.device(removed.device());
            Removal removal = device == null ? null : device.removal();
            if (removal != null && removal.removalId().equals(removed.removalId())) {
              DeviceMetrics.removal(registry, removal);
            }
            return removed;
          });
    }
  }

  /** Sends nothing more after the first that failed: it would overtake. */
  private static void send(
      Producer<String, byte[]> producer,
      ProducerRecord<String, byte[]> record,
      List<Future<RecordMetadata>> sent) {
    Future<RecordMetadata> last = sent.isEmpty() ? null : sent.getLast();
    if (last != null && last.state() == Future.State.FAILED) {
      throw new IllegalStateException(last.exceptionNow());
    }
    sent.add(producer.send(record));
  }

  private record DeviceName(String host, String device) {}

  private Set<DeviceName> everyDevice() {
    Set<DeviceName> all = new LinkedHashSet<>();
    for (String host : slice.hosts()) {
      if (!isToldHere.test(host)) {
        continue;
      }
      List<String> names =
          slice.read(host, state -> state.devices().stream().map(Device::name).toList());
      names.forEach(name -> all.add(new DeviceName(host, name)));
      slice.damaged(host).keySet().forEach(name -> all.add(new DeviceName(host, name)));
    }
    return all;
  }

  private void publishStates(Producer<String, byte[]> producer, Set<DeviceName> devices)
      throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    devices.forEach(device -> send(producer, state(device), sent));
    for (Future<RecordMetadata> each : sent) {
      each.get();
    }
  }

  /** The newest state; no value for a device that is no more. */
  private ProducerRecord<String, byte[]> state(DeviceName name) {
    Map<String, @Nullable Object> state = new LinkedHashMap<>();
    slice.read(
        name.host(),
        host -> {
          Device device = host.device(name.device());
          if (device != null) {
            state.put("host", name.host());
            state.putAll(DeviceViews.device(device));
          }
          return name;
        });
    if (state.isEmpty()) {
      Map<String, @Nullable Object> damaged = slice.damagedView(name.host(), name.device());
      if (!damaged.isEmpty()) {
        state.put("host", name.host());
        state.putAll(damaged);
      }
    }
    if (state.isEmpty()) {
      return new ProducerRecord<>(Topics.DEVICE_STATE, name.host() + "/" + name.device(), null);
    }
    state.put("sliceId", slice.sliceId());
    state.put("owner", ownerUrl.get());
    return new ProducerRecord<>(
        Topics.DEVICE_STATE,
        name.host() + "/" + name.device(),
        Json.LENIENT.writeValueAsBytes(state));
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = connection.properties();
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-device-publisher");
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicsAdmin.MAX_RECORD_BYTES);
    return settings;
  }
}
