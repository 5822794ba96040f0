package io.faultline.notifier.below;

import io.faultline.events.Decoded;
import io.faultline.events.EventCodec;
import io.faultline.events.Topics;
import io.faultline.notifier.below.Subscription.Live;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import io.faultline.runtime.KafkaConnection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Follows the events of all layers and fans them out in memory: one consumer for all who follow,
 * without a group, reading committed records of every partition from the moment it starts.
 *
 * <p>Whoever begins earlier reads the past itself, up to the position where it subscribed: see
 * {@link EventFeed}.
 */
public final class EventHub implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(EventHub.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration TRY_AGAIN = Duration.ofMillis(500);

  /**
   * What lies in the past is there. A consumer that asks for more than that would keep the next one
   * who uses it waiting until that question is answered.
   */
  private static final int PAST_WAIT_MILLIS = 5;

  private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(10);

  /** Records that one page looks at, and what its events may take together. */
  private static final int PAGE_RECORDS = 50_000;

  /** Records that are looked at to read something again. */
  private static final int PIECE_RECORDS = 10_000;

  private static final long PAGE_BYTES = 16L * 1024 * 1024;

  private final KafkaConnection connection;
  private final Counter malformed;
  private final Counter dropped;

  /** Guards {@link #position} and {@link #subscriptions}: both change together. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Set<Subscription> subscriptions = new HashSet<>();
  private long[] position = new long[0];

  /** The position as it is shown to others; null since it changed. */
  private @Nullable Cursor shown;

  private volatile @Nullable Ready ready;
  private volatile boolean stopping;
  private volatile @Nullable Consumer<String, byte[]> polling;
  private @Nullable Thread thread;

  private record Ready(TopicLayout layout, PastReader past) {}

  public EventHub(KafkaConnection connection, MeterRegistry registry) {
    this.connection = connection;
    this.malformed = registry.counter("faultline.notifier.records.malformed");
    this.dropped = registry.counter("faultline.notifier.clients.dropped");
  }

  /** Whether the live events are being followed. */
  public boolean isReady() {
    return ready != null;
  }

  /**
   * A way along the events.
   *
   * @param whenSlow what becomes of a follower that does not keep up with the live events
   * @param queue events that may wait for it
   * @throws UnreachableException if Kafka does not answer
   * @throws IllegalArgumentException if a cursor was never one of these topics
   */
  public EventFeed open(From from, EventFilter filter, EventFeed.WhenSlow whenSlow, int queue) {
    return open(from, event -> event.matches(filter), whenSlow, queue);
  }

  /**
   * The same for whoever knows better than a filter what it wants.
   *
   * @param wanted must be quick; it is asked by the thread that reads for all
   */
  public EventFeed open(
      From from, Predicate<HeardEvent> wanted, EventFeed.WhenSlow whenSlow, int queue) {
    Ready now = whenReady();
    return new EventFeed(this, now.layout(), now.past(), from, wanted, whenSlow, queue);
  }

  /** Partitions of each topic that is followed. */
  public int partitions() {
    return whenReady().layout().slots() / Topics.FOLLOWED_EVENTS.size();
  }

  /** The position that a text of {@link From} means now. */
  public Cursor resolve(From from) {
    Ready now = whenReady();
    return start(now.layout(), now.past(), from).cursor();
  }

  /** What reading again came to. */
  public sealed interface Reread {

    /**
     * @param reached the position up to which it was read
     */
    record Done(Cursor reached) implements Reread {}

    /**
     * Something of it is gone.
     *
     * @param earliest what is left
     */
    record Gone(Cursor earliest) implements Reread {}
  }

  /**
   * Reads what lies between two positions, but not more than a piece of it.
   *
   * @param take what is wanted; answers whether it wants more
   * @throws UnreachableException if Kafka does not answer
   */
  public Reread readAgain(Cursor from, Cursor to, Predicate<EventFeed.Step.Heard> take) {
    Ready now = whenReady();
    long[] at = from.toArray();
    int[] looked = {0};
    try {
      Cursor reached =
          now.past()
              .read(
                  from,
                  to,
                  read -> {
                    at[read.slot()] = read.next();
                    HeardEvent event = read.event();
                    boolean more =
                        event == null
                            || take.test(
                                new EventFeed.Step.Heard(
                                    event,
                                    new Cursor(from.fingerprint(), at),
                                    read.slot(),
                                    read.next() - 1));
                    return more && ++looked[0] < PIECE_RECORDS;
                  });
      return new Reread.Done(reached);
    } catch (PastReader.GoneException e) {
      return new Reread.Gone(now.past().earliest());
    }
  }

  /**
   * Events of the past, in the order in which a stream brings them.
   *
   * @param limit events at most
   * @throws UnreachableException if Kafka does not answer
   * @throws IllegalArgumentException if a cursor was never one of these topics
   */
  public EventPage page(From from, EventFilter filter, int limit) {
    Ready now = whenReady();
    Start start = start(now.layout(), now.past(), from);
    Cursor to = now();
    List<HeardEvent> items = new ArrayList<>();
    int[] looked = {0};
    long[] bytes = {0};
    PastReader.Sink sink =
        read -> {
          HeardEvent event = read.event();
          if (event != null && event.matches(filter)) {
            items.add(event);
            bytes[0] += event.sizeBytes();
          }
          return items.size() < limit && ++looked[0] < PAGE_RECORDS && bytes[0] < PAGE_BYTES;
        };
    boolean resync = start.resync();
    Cursor cursor = start.cursor();
    try {
      cursor = now.past().read(cursor, to, sink);
    } catch (PastReader.GoneException e) {
      resync = true;
      items.clear();
      cursor = now.past().read(cursor.notBefore(now.past().earliest()), to, sink);
    }
    return new EventPage(items, cursor, !cursor.reaches(to), resync);
  }

  /**
   * @param resync whether that is not what was asked for, because that is gone
   */
  record Start(Cursor cursor, boolean resync) {}

  Start start(TopicLayout layout, PastReader past, From from) {
    return switch (from) {
      case From.Beginning _ -> new Start(past.earliest(), false);
      case From.Now _ -> new Start(now(), false);
      case From.At at -> new Start(past.at(at.time(), now()), false);
      case From.After after -> start(layout, past, after.cursor());
    };
  }

  private Start start(TopicLayout layout, PastReader past, Cursor cursor) {
    if (cursor.fingerprint() != layout.fingerprint()) {
      return new Start(past.earliest(), true);
    }
    if (cursor.slots() != layout.slots()) {
      throw new IllegalArgumentException(
          "it has " + cursor.slots() + " positions, and there are " + layout.slots());
    }
    // Another instance may have been a little ahead of this one. Beyond the end nobody was.
    boolean behindTheEnd = now().reaches(cursor) || past.latest().reaches(cursor);
    return behindTheEnd ? new Start(cursor, false) : new Start(past.earliest(), true);
  }

  /** The position that everything before now lies behind. */
  public Cursor now() {
    Ready now = whenReady();
    lock.lock();
    try {
      return shown(now.layout());
    } finally {
      lock.unlock();
    }
  }

  private Cursor shown(TopicLayout layout) {
    Cursor made = shown;
    if (made == null || made.fingerprint() != layout.fingerprint()) {
      made = new Cursor(layout.fingerprint(), position);
      shown = made;
    }
    return made;
  }

  /** A subscription, and the position from which on it gets what comes. */
  record Subscribed(Subscription subscription, Cursor from) {}

  void countDropped() {
    dropped.increment();
  }

  Subscribed subscribe(Predicate<HeardEvent> wanted, Subscription.Room room) {
    Subscription subscription = new Subscription(wanted, room);
    lock.lock();
    try {
      Cursor from = now();
      if (stopping) {
        subscription.end(Subscription.State.ENDED);
      } else {
        subscriptions.add(subscription);
      }
      return new Subscribed(subscription, from);
    } finally {
      lock.unlock();
    }
  }

  void unsubscribe(Subscription subscription) {
    subscription.end(Subscription.State.ENDED);
    lock.lock();
    try {
      subscriptions.remove(subscription);
    } finally {
      lock.unlock();
    }
  }

  /** The position of the hub if nothing waits in the subscription; else null. */
  @Nullable Cursor positionIfEmpty(Subscription subscription) {
    lock.lock();
    try {
      return subscription.isEmpty() && subscription.state() == Subscription.State.OPEN
          ? now()
          : null;
    } finally {
      lock.unlock();
    }
  }

  private Ready whenReady() {
    Ready now = ready;
    if (now == null) {
      throw new UnreachableException("the event topics are not being followed yet");
    }
    return now;
  }

  @Override
  public synchronized void start() {
    if (thread == null) {
      stopping = false;
      thread = Thread.ofPlatform().name("faultline-notifier-hub").daemon().start(this::run);
    }
  }

  /** Ends all subscriptions first, so that nobody waits for them while the web server stops. */
  @Override
  public synchronized void stop() {
    stopping = true;
    endAll();
    if (thread != null) {
      Consumer<String, byte[]> running = polling;
      if (running != null) {
        running.wakeup();
      } else {
        thread.interrupt();
      }
      try {
        thread.join(ADMIN_TIMEOUT);
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

  /** The last to start and the first to stop: open streams would keep the web server waiting. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  private void run() {
    while (!stopping) {
      try {
        follow();
      } catch (WakeupException | org.apache.kafka.common.errors.InterruptException e) {
        log.debug("the hub is woken up");
      } catch (TopicsMissingException e) {
        // Nothing is wrong yet: services start in any order.
        log.info("{}", e.getMessage());
        pause();
      } catch (RuntimeException e) {
        log.warn("the events cannot be followed just now: {}", e.toString());
        pause();
      }
    }
    Ready last = ready;
    ready = null;
    if (last != null) {
      last.past().close();
    }
  }

  private void pause() {
    try {
      Thread.sleep(TRY_AGAIN);
    } catch (InterruptedException e) {
      log.debug("the hub stops");
    }
  }

  private void follow() {
    TopicLayout layout = layout();
    try (Consumer<String, byte[]> consumer = consumer("faultline-notifier-hub", 500)) {
      polling = consumer;
      consumer.assign(layout.partitions());
      begin(layout, consumer);
      while (!stopping) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        consumer.poll(POLL).forEach(records::add);
        publish(layout, records);
        moveOn(layout, consumer);
      }
    } catch (OffsetOutOfRangeException e) {
      // What comes next was removed before it was read: everybody has to begin anew, from a
      // position of their own.
      log.warn("events were removed before the hub read them: {}", e.getMessage());
      forgetPosition();
    } finally {
      polling = null;
    }
  }

  /** From where the hub was, if it was anywhere; else from the end. */
  private void begin(TopicLayout layout, Consumer<String, byte[]> consumer) {
    Ready before = ready;
    boolean sameTopics = before != null && before.layout().fingerprint() == layout.fingerprint();
    if (!sameTopics) {
      forgetPosition();
      Map<TopicPartition, Long> ends = consumer.endOffsets(layout.partitions(), ADMIN_TIMEOUT);
      lock.lock();
      try {
        position = new long[layout.slots()];
        ends.forEach((partition, end) -> position[layout.slot(partition)] = end);
        shown = null;
      } finally {
        lock.unlock();
      }
    }
    for (int slot = 0; slot < layout.slots(); slot++) {
      consumer.seek(layout.partition(slot), position[slot]);
    }
    if (!sameTopics) {
      ready =
          new Ready(
              layout,
              new PastReader(
                  layout,
                  () -> consumer("faultline-notifier-past", PAST_WAIT_MILLIS),
                  malformed::increment));
      log.info("following {} partitions of the layers' events", layout.slots());
    }
  }

  private void forgetPosition() {
    Ready before = ready;
    ready = null;
    endAll();
    if (before != null) {
      before.past().close();
    }
  }

  private void endAll() {
    lock.lock();
    try {
      subscriptions.forEach(subscription -> subscription.end(Subscription.State.ENDED));
      subscriptions.clear();
    } finally {
      lock.unlock();
    }
  }

  private void publish(TopicLayout layout, List<ConsumerRecord<String, byte[]>> records) {
    for (ConsumerRecord<String, byte[]> record : records) {
      int slot = layout.slot(new TopicPartition(record.topic(), record.partition()));
      HeardEvent event = decode(record, layout.layer(slot));
      lock.lock();
      try {
        position[slot] = record.offset() + 1;
        shown = null;
        if (event != null) {
          fanOut(layout, slot, event);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Past what is no event: records that were taken back, and the marks of transactions. */
  private void moveOn(TopicLayout layout, Consumer<String, byte[]> consumer) {
    lock.lock();
    try {
      for (int slot = 0; slot < layout.slots(); slot++) {
        long now = consumer.position(layout.partition(slot));
        if (now > position[slot]) {
          position[slot] = now;
          shown = null;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void fanOut(TopicLayout layout, int slot, HeardEvent event) {
    @Nullable Live live = null;
    List<Subscription> gone = List.of();
    for (Subscription subscription : subscriptions) {
      if (subscription.wants(event)) {
        if (live == null) {
          live = new Live(event, slot, shown(layout));
        }
        if (!subscription.offer(live)) {
          gone = gone.isEmpty() ? new ArrayList<>() : gone;
          gone.add(subscription);
        }
      }
    }
    gone.forEach(subscriptions::remove);
  }

  private @Nullable HeardEvent decode(ConsumerRecord<String, byte[]> record, Layer layer) {
    return switch (EventCodec.decode(record.key(), record.headers(), record.value())) {
      case Decoded.Ok ok -> new HeardEvent(ok.event(), layer, record.serializedValueSize() + 1024);
      case Decoded.Malformed bad -> {
        malformed.increment();
        log.debug("{}-{}@{}: {}", record.topic(), record.partition(), record.offset(), bad);
        yield null;
      }
    };
  }

  private static final class TopicsMissingException extends KafkaException {
    TopicsMissingException(Throwable cause) {
      super("the topics of the layers are not there yet", cause);
    }
  }

  /** Whichever service comes first makes the topics; until then there is nothing to follow. */
  private TopicLayout layout() {
    try (Admin admin = Admin.create(connection.properties())) {
      Map<String, TopicDescription> found =
          admin
              .describeTopics(Topics.FOLLOWED_EVENTS)
              .allTopicNames()
              .get(ADMIN_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      SortedMap<Layer, TopicLayout.Topic> topics = new TreeMap<>();
      for (String name : Topics.FOLLOWED_EVENTS) {
        TopicDescription topic = Objects.requireNonNull(found.get(name));
        topics.put(
            Objects.requireNonNull(Layer.byText(Topics.layerOf(name))),
            new TopicLayout.Topic(name, topic.topicId(), topic.partitions().size()));
      }
      return new TopicLayout(topics);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UnknownTopicOrPartitionException
          ? new TopicsMissingException(e)
          : new KafkaException("the topics of the layers cannot be described", e);
    } catch (TimeoutException e) {
      throw new KafkaException("the topics of the layers cannot be described", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    }
  }

  private Consumer<String, byte[]> consumer(String clientId, int maxWaitMillis) {
    Map<String, Object> settings = connection.properties();
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
    // What a transaction took back was never told.
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, maxWaitMillis);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 * 1024 * 1024);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1024 * 1024);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }
}
