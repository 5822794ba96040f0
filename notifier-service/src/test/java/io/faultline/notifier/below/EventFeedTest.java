package io.faultline.notifier.below;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.events.Event;
import io.faultline.events.Topics;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.Told;
import io.faultline.notifier.below.EventFeed.Step;
import io.faultline.notifier.below.EventFeed.WhenSlow;
import io.faultline.notifier.core.EventFilter;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Following the events through a real broker: every event once, in the order of its topic. */
class EventFeedTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AtomicInteger HOSTS = new AtomicInteger();

  private static EmbeddedBroker broker;
  private static KafkaConnection connection;
  private static EventWriter writer;
  private static EventHub hub;
  private static final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  /** Each test looks at hosts of its own. */
  private final Told told = new Told("h" + HOSTS.incrementAndGet());

  @BeforeAll
  static void start() throws Exception {
    broker = EmbeddedBroker.start();
    connection = new KafkaConnection(List.of(broker.bootstrapServers()), Map.of());
    hub = new EventHub(connection, meters);
    hub.start();
    assertThatThrownBy(() -> hub.now()).isInstanceOf(UnreachableException.class);
    EventWriter.makeTopics(connection);
    writer = EventWriter.plain(connection);
    awaitReady(hub);
  }

  @AfterAll
  static void stop() {
    hub.stop();
    writer.close();
    broker.close();
  }

  @Test
  void whoBeginsAtTheBeginningGetsThePastAndThenWhatIsLive() throws Exception {
    Event past = told.corrupted("pmem0", null, 0, 8);
    writer.write(past);
    try (EventFeed feed = feed(new From.Beginning())) {
      assertThat(ids(feed, 1)).containsExactly(past.id());
      Event live = told.fileLost("data", null, 1, "/a", 0);
      writer.write(live);

      assertThat(ids(feed, 1)).containsExactly(live.id());
    }
  }

  @Test
  void whoBeginsNowGetsOnlyWhatComes() throws Exception {
    writer.write(told.corrupted("pmem0", null, 0, 8));
    awaitHub();
    try (EventFeed feed = feed(new From.Now())) {
      Event live = told.corrupted("pmem0", null, 8, 8);
      writer.write(live);

      assertThat(ids(feed, 1)).containsExactly(live.id());
    }
  }

  @Test
  void aFollowerGoesOnExactlyAfterAnyEvent() throws Exception {
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Event event =
          switch (i % 3) {
            case 0 -> told.corrupted("pmem0", null, i, 1);
            case 1 -> told.volumeCorrupted("vol0", null, "pmem0", i, 1);
            default -> told.fileLost("data", null, i, "/f", 0);
          };
      writer.write(event);
      written.add(event.id());
    }
    List<Step.Heard> all;
    try (EventFeed feed = feed(new From.Beginning())) {
      all = heard(feed, 60);
    }
    assertThat(all.stream().map(step -> step.event().event().id()))
        .containsExactlyInAnyOrderElementsOf(written);
    for (int i = 0; i < 60; i += 7) {
      String cursor = all.get(i).cursor().toString();
      try (EventFeed feed = feed(From.parse(cursor))) {
        assertThat(ids(feed, 59 - i))
            .isEqualTo(
                all.subList(i + 1, 60).stream().map(step -> step.event().event().id()).toList());
        assertThat(feed.next(Duration.ofMillis(50))).isEqualTo(new Step.Idle());
      }
    }
  }

  @Test
  void underConcurrentTransactionsNothingIsMissedAndNothingComesTwice() throws Exception {
    int hosts = 5;
    List<Told> tellers = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      tellers.add(new Told("h" + HOSTS.incrementAndGet()));
    }
    Map<String, List<String>> committed = new ConcurrentHashMap<>();
    CountDownLatch written = new CountDownLatch(3);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int layer = 0; layer < 3; layer++) {
        int of = layer;
        writers.add(
            threads.submit(
                () -> {
                  writeInTransactions(of, tellers, committed);
                  written.countDown();
                }));
      }
      List<Future<Map<String, List<String>>>> followers = new ArrayList<>();
      Cursor from = hub.now();
      for (int i = 0; i < 4; i++) {
        long seed = i;
        followers.add(threads.submit(() -> followWithBreaks(from, tellers, written, seed)));
      }
      for (Future<?> done : writers) {
        done.get();
      }
      assertThat(committed.values().stream().mapToInt(List::size).sum()).isGreaterThan(500);
      for (Future<Map<String, List<String>>> follower : followers) {
        assertThat(follower.get()).isEqualTo(committed);
      }
    }
  }

  private static void writeInTransactions(
      int layer, List<Told> tellers, Map<String, List<String>> committed) {
    Random random = new Random(layer);
    try (EventWriter transactional =
        EventWriter.transactional(connection, "test-" + layer + "-" + tellers.get(0).host)) {
      for (int i = 0; i < 150; i++) {
        Told teller = tellers.get(random.nextInt(tellers.size()));
        Event[] events = new Event[1 + random.nextInt(5)];
        for (int j = 0; j < events.length; j++) {
          events[j] =
              switch (layer) {
                case 0 -> teller.corrupted("pmem0", null, i, 1);
                case 1 -> teller.volumeCorrupted("vol0", null, "pmem0", i, 1);
                default -> teller.fileLost("data", null, i, "/f", 0);
              };
        }
        boolean commit = random.nextInt(4) > 0;
        transactional.transaction(commit, events);
        if (commit) {
          for (Event event : events) {
            committed
                .computeIfAbsent(teller.host + "/" + layer, _ -> new ArrayList<>())
                .add(event.id());
          }
        }
      }
    }
  }

  /** Follows, breaks off after a few events, goes on at the last cursor; until all is read. */
  private static Map<String, List<String>> followWithBreaks(
      Cursor from, List<Told> tellers, CountDownLatch written, long seed) throws Exception {
    EventFilter filter = hosts(tellers.stream().map(teller -> teller.host).toList());
    Random random = new Random(seed);
    Map<String, List<String>> got = new HashMap<>();
    String cursor = from.toString();
    Instant deadline = Instant.now().plus(PATIENCE);
    boolean quiet = false;
    while (!quiet) {
      assertThat(Instant.now()).isBefore(deadline);
      boolean allWritten = written.getCount() == 0;
      Cursor end = hub.now();
      try (EventFeed feed = hub.open(From.parse(cursor), filter, WhenSlow.READ_AGAIN, 20)) {
        int most = 1 + random.nextInt(200);
        for (int i = 0; i < most && !quiet; i++) {
          switch (feed.next(Duration.ofMillis(20))) {
            case Step.Heard heard -> {
              Event event = heard.event().event();
              got.computeIfAbsent(
                      event.host() + "/" + heard.event().layer().ordinal(), _ -> new ArrayList<>())
                  .add(event.id());
              cursor = heard.cursor().toString();
            }
            case Step.Idle _ ->
                quiet = allWritten && feed.position().reaches(end) && end.reaches(endOfLogs());
            case Step.Resync _, Step.Overflowed _, Step.Ended _ ->
                throw new AssertionError("the feed ended");
          }
        }
      }
    }
    return got;
  }

  @Test
  void aSlowFollowerIsDroppedAndTheOthersGoOn() throws Exception {
    try (EventFeed slow = hub.open(new From.Now(), own(), WhenSlow.DROP, 10);
        EventFeed patient = hub.open(new From.Now(), own(), WhenSlow.READ_AGAIN, 10);
        EventFeed quick = hub.open(new From.Now(), own(), WhenSlow.DROP, 10)) {
      List<String> written = new ArrayList<>();
      List<String> got = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Event event = told.corrupted("pmem0", null, i, 1);
        writer.write(event);
        written.add(event.id());
        got.addAll(ids(quick, 1));
      }

      assertThat(got).isEqualTo(written);
      assertThat(slow.next(PATIENCE)).isEqualTo(new Step.Overflowed());
      assertThat(ids(patient, 50)).isEqualTo(written);
    }
  }

  @Test
  void whatOthersGetDoesNotFillTheQueueOfANarrowFilter() throws Exception {
    try (EventFeed narrow = hub.open(new From.Now(), hosts(List.of("other")), WhenSlow.DROP, 10)) {
      for (int i = 0; i < 50; i++) {
        writer.write(told.corrupted("pmem0", null, i, 1));
      }
      awaitHub();

      assertThat(narrow.next(Duration.ofMillis(1))).isEqualTo(new Step.Idle());
      assertThat(narrow.position()).as("it moves on all the same").isEqualTo(hub.now());
    }
  }

  @Test
  void aPointThatRetentionTookAwayIsToldAndItGoesOnFromTheEarliest() throws Exception {
    Cursor before = hub.now();
    Event lost = told.corrupted("pmem0", null, 0, 1);
    Event kept = told.corrupted("pmem0", null, 1, 1);
    writer.write(lost);
    awaitHub();
    Cursor between = hub.now();
    writer.write(kept);
    removeBefore(between);

    try (EventFeed feed = feed(new From.After(before))) {
      Step first = feed.next(PATIENCE);
      while (first instanceof Step.Idle) {
        first = feed.next(PATIENCE);
      }
      assertThat(first).isInstanceOf(Step.Resync.class);
      assertThat(ids(feed, 1)).containsExactly(kept.id());
    }
    EventPage page = hub.page(new From.After(before), own(), 10);
    assertThat(page.resync()).isTrue();
    assertThat(page.items()).extracting(item -> item.event().id()).containsExactly(kept.id());
  }

  @Test
  void aCursorOfOtherTopicsOrFromBeyondTheEndIsToldToBeGone() throws Exception {
    Cursor now = hub.now();
    Cursor foreign = new Cursor(now.fingerprint() + 1, now.toArray());
    long[] far = now.toArray();
    far[0] += 1_000_000;

    for (Cursor gone : List.of(foreign, new Cursor(now.fingerprint(), far))) {
      try (EventFeed feed = feed(new From.After(gone))) {
        assertThat(feed.next(PATIENCE)).isInstanceOf(Step.Resync.class);
      }
    }
    Cursor tooShort = new Cursor(now.fingerprint(), new long[] {1});
    assertThatThrownBy(() -> feed(new From.After(tooShort)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTimeIsAPointToBeginAt() throws Exception {
    writer.write(told.corrupted("pmem0", null, 0, 1));
    Instant later = Instant.now().plusMillis(5);
    while (Instant.now().isBefore(later)) {
      Thread.onSpinWait();
    }
    Event after = told.corrupted("pmem0", null, 1, 1);
    writer.write(after);
    awaitHub();

    try (EventFeed feed = feed(new From.At(later))) {
      assertThat(ids(feed, 1)).containsExactly(after.id());
    }
    assertThat(hub.page(new From.At(Instant.now().plusSeconds(60)), own(), 10).items()).isEmpty();
  }

  @Test
  void pagesVisitEveryEventOnceInTheOrderOfTheStream() throws Exception {
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Event event =
          i % 2 == 0
              ? told.corrupted("pmem0", null, i, 1)
              : told.fileLost("data", null, i, "/f" + i, 0);
      writer.write(event);
      written.add(event.id());
      if (i % 10 == 0) {
        writer.writeGarbage(Topics.FS_EVENTS, told.host);
      }
    }
    awaitHub();
    double malformedBefore = meters.counter("faultline.notifier.records.malformed").count();

    List<String> paged = new ArrayList<>();
    From from = new From.Beginning();
    boolean more = true;
    while (more) {
      EventPage page = hub.page(from, own(), 7);
      assertThat(page.items()).hasSizeLessThanOrEqualTo(7);
      page.items().forEach(item -> paged.add(item.event().id()));
      from = From.parse(page.cursor().toString());
      more = page.more();
    }

    // All of one host, so the time of writing is the order.
    assertThat(paged).isEqualTo(written);
    assertThat(meters.counter("faultline.notifier.records.malformed").count())
        .isGreaterThan(malformedBefore);
    assertThat(hub.page(from, own(), 7).items()).isEmpty();
    EventFilter files = parse(Map.of("host", Set.of(told.host), "type", Set.of("file_range_lost")));
    assertThat(hub.page(new From.Beginning(), files, 1000).items()).hasSize(50);
  }

  @Test
  void aHubThatStopsEndsItsFeeds() throws Exception {
    EventHub other = new EventHub(connection, new SimpleMeterRegistry());
    other.start();
    awaitReady(other);
    EventFeed feed = other.open(new From.Now(), EventFilter.ALL, WhenSlow.DROP, 10);

    other.stop();

    assertThat(feed.next(PATIENCE)).isEqualTo(new Step.Ended());
    assertThat(other.isReady()).isFalse();
  }

  private EventFeed feed(From from) {
    return hub.open(from, own(), WhenSlow.READ_AGAIN, 1_000);
  }

  private EventFilter own() {
    return hosts(List.of(told.host));
  }

  private static EventFilter hosts(List<String> hosts) {
    return parse(Map.of("host", Set.copyOf(hosts)));
  }

  private static EventFilter parse(Map<String, Set<String>> fields) {
    return ((EventFilter.Parsed.Ok) EventFilter.parse(fields)).filter();
  }

  private static List<String> ids(EventFeed feed, int count) throws InterruptedException {
    return heard(feed, count).stream().map(step -> step.event().event().id()).toList();
  }

  private static List<Step.Heard> heard(EventFeed feed, int count) throws InterruptedException {
    Instant deadline = Instant.now().plus(PATIENCE);
    List<Step.Heard> heard = new ArrayList<>();
    while (heard.size() < count) {
      assertThat(Instant.now()).as("%s of %s came", heard.size(), count).isBefore(deadline);
      if (feed.next(Duration.ofMillis(100)) instanceof Step.Heard step) {
        heard.add(step);
      }
    }
    return heard;
  }

  private static void awaitReady(EventHub starting) {
    await("the hub is ready", starting::isReady);
  }

  /** Until the hub has read all that was written. */
  private static void awaitHub() {
    Cursor end = endOfLogs();
    await("the hub is at " + end, hub::now, now -> now.reaches(end));
  }

  /** After the last record that is committed, or taken back. */
  private static Cursor endOfLogs() {
    try (Admin admin = Admin.create(connection.properties())) {
      Cursor now = hub.now();
      long[] ends = new long[now.slots()];
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      List<TopicPartition> partitions = partitions();
      partitions.forEach(partition -> asked.put(partition, OffsetSpec.latest()));
      var found =
          admin
              .listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
              .all()
              .get();
      for (int slot = 0; slot < ends.length; slot++) {
        ends[slot] = found.get(partitions.get(slot)).offset();
      }
      return new Cursor(now.fingerprint(), ends);
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** In the order of a cursor. */
  private static List<TopicPartition> partitions() {
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : Topics.FOLLOWED_EVENTS) {
      for (int partition = 0; partition < 4; partition++) {
        partitions.add(new TopicPartition(topic, partition));
      }
    }
    return partitions;
  }

  private static void removeBefore(Cursor cursor) throws Exception {
    Map<TopicPartition, RecordsToDelete> removed = new HashMap<>();
    List<TopicPartition> partitions = partitions();
    for (int slot = 0; slot < partitions.size(); slot++) {
      removed.put(partitions.get(slot), RecordsToDelete.beforeOffset(cursor.next(slot)));
    }
    try (Admin admin = Admin.create(connection.properties())) {
      admin.deleteRecords(removed).all().get();
    }
  }
}
