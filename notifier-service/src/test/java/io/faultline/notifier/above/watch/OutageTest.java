package io.faultline.notifier.above.watch;

import static io.faultline.runtime.testing.Awaiting.await;
import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Receivers that are away, slow, confused or hostile, and very many of them. Every watcher gets
 * each event at least once, in order per host, under the same id: whoever drops repetitions by id
 * has exactly what was written.
 */
class OutageTest {

  private static final String KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  private static final Map<String, Object> SETTINGS =
      Map.of(
          "faultline.notifier.webhooks.allow-loopback", "true",
          "faultline.notifier.secrets.key", KEY,
          "logging.level.root", "WARN");

  private static final SimulatedClock CLOCK = new SimulatedClock();

  @TempDir private static Path folder;
  private static EmbeddedBroker broker;
  private static RunningNotifier notifier;
  private static EventWriter writer;

  /** Goes on when it is told to. */
  private static final class SimulatedClock extends Clock {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());

    void pass(Duration time) {
      now.updateAndGet(before -> before.plus(time));
    }

    @Override
    public Instant instant() {
      return now.get();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @BeforeAll
  static void begin() {
    broker = EmbeddedBroker.start();
    notifier =
        RunningNotifier.start(broker.bootstrapServers(), folder.resolve("state"), SETTINGS, CLOCK);
    writer = EventWriter.plain(notifier.connection());
  }

  @AfterAll
  static void end() {
    writer.close();
    notifier.close();
    broker.close();
  }

  @Test
  void oneThatIsDownForAnHourMissesNothing() {
    List<Told> hosts = List.of(new Told("hour-a"), new Told("hour-b"), new Told("hour-c"));
    try (Receiver receiver = new Receiver()) {
      create("hour", "hour-*", receiver.url("/"), "");
      receiver.answer(_ -> 503);
      Map<String, List<String>> wanted = new HashMap<>();
      int calls = 0;
      // The default schedule: at once, after 5 s, 5 min and 30 min more, each give or take a fifth.
      for (Duration time :
          List.of(
              Duration.ZERO,
              Duration.ofSeconds(7),
              Duration.ofMinutes(7),
              Duration.ofMinutes(37))) {
        CLOCK.pass(time);
        hosts.forEach(host -> write(host, 10, wanted));
        calls += hosts.size();
        int all = calls;
        awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(all));
      }
      CLOCK.pass(Duration.ofMinutes(16));
      assertThat(receiver.calls()).hasSize(calls);
      awaitAsserted(() -> assertThat(attempt("hour")).isEqualTo(4));
      receiver.answer(_ -> 200);
      CLOCK.pass(Duration.ofHours(3));
      hosts.forEach(
          host -> {
            awaitAsserted(() -> assertThat(distinct(receiver, host)).hasSize(40));
            assertThat(distinct(receiver, host)).isEqualTo(wanted.get(host.host));
          });
      // Not more than was tried while it was down, and each event once.
      awaitAsserted(() -> assertThat(receiver.calls()).hasSize(4 * hosts.size() + 3 * 40));
      awaitAsserted(
          () ->
              assertThat(notifier.get("/v1/watchers/hour").get("health").asString())
                  .isEqualTo("ok"));
    }
  }

  private static int attempt(String watcher) {
    JsonNode items = notifier.get("/v1/watchers/" + watcher + "/deliveries").get("items");
    return items.isEmpty() ? 0 : items.get(0).get("attempt").asInt();
  }

  @Test
  void garbageAndBrokenConnectionsAreFailuresAndNoMore() throws IOException {
    Told host = new Told("garbage");
    try (Receiver good = new Receiver();
        ServerSocket bad = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      List<String> answers =
          List.of(
              "",
              "\0\1\2\3 what?\r\n\r\n",
              "HTTP/1.1 999999 Strange\r\n\r\n",
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
              "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
              "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
      Thread.ofVirtual().start(() -> garble(bad, answers, good));
      create(
          "garbage",
          "garbage",
          "http://127.0.0.1:" + bad.getLocalPort() + "/",
          "\"tries\":[" + String.join(",", Collections.nCopies(19, "\"PT1S\"")) + "],");
      Map<String, List<String>> wanted = new HashMap<>();
      write(host, 5, wanted);
      // At least one try for each; one more where a connection seemed to be open still.
      await(
          "the good ones get theirs",
          () -> {
            CLOCK.pass(Duration.ofSeconds(2));
            return distinct(good, host).size() == 5;
          });
      assertThat(distinct(good, host)).isEqualTo(wanted.get(host.host));
      String shown = notifier.get("/v1/watchers/garbage/deliveries").toString();
      assertThat(shown).contains("redirects are not followed").contains("\"attempt\":7");
    }
  }

  /** Answers so, connection by connection, and then passes on to one who answers well. */
  private static void garble(ServerSocket bad, List<String> answers, Receiver good) {
    try {
      for (String answer : answers) {
        try (Socket client = bad.accept()) {
          client.getInputStream().read(new byte[64 * 1024]);
          client.getOutputStream().write(answer.getBytes(UTF_8));
        }
      }
      // Through the same socket: while another took its place, a try would be refused.
      int port = URI.create(good.url("/")).getPort();
      while (true) {
        Socket client = bad.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        Thread.ofVirtual().start(() -> pump(client, server));
        Thread.ofVirtual().start(() -> pump(server, client));
      }
    } catch (IOException e) {
      // The test is at its end and has closed it.
    }
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // The other direction closed both.
    }
  }

  @Test
  void oneThatAnswersSlowlyDelaysNobodyElse() {
    Told host = new Told("slow");
    try (Receiver slow = new Receiver();
        Receiver quick = new Receiver()) {
      slow.answer(
          _ -> {
            sleep(Duration.ofMillis(300));
            return 200;
          });
      create("slow", "slow", slow.url("/"), "");
      create("quick", "slow", quick.url("/"), "");
      Map<String, List<String>> wanted = new HashMap<>();
      write(host, 30, wanted);

      awaitAsserted(() -> assertThat(quick.calls()).hasSize(30));
      assertThat(slow.calls().size()).isLessThan(30);
      assertThat(quick.eventIds()).isEqualTo(wanted.get(host.host));
      awaitAsserted(() -> assertThat(distinct(slow, host)).hasSize(30));
      assertThat(distinct(slow, host)).isEqualTo(wanted.get(host.host));
    }
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whoMissesWhatRetentionTookIsToldSoAndGoesOn() throws Exception {
    Told host = new Told("gone");
    try (Receiver receiver = new Receiver()) {
      create("gone", "gone", receiver.url("/"), "");
      receiver.answer(_ -> 503);
      Map<String, List<String>> lost = new HashMap<>();
      write(host, 3, lost);
      awaitAsserted(() -> assertThat(attempt("gone")).isEqualTo(1));
      Event next = host.corrupted("pmem0", null, 9, 1);
      removeAll(EventWriter.topic(next));
      receiver.answer(_ -> 200);
      CLOCK.pass(Duration.ofMinutes(1));

      awaitAsserted(
          () -> assertThat(receiver.calls().getLast().body()).contains("io.faultline.resync"));
      assertThat(receiver.calls().getLast().body()).contains("events of gone were removed");
      writer.write(next);
      awaitAsserted(() -> assertThat(receiver.eventIds().getLast()).isEqualTo(next.id()));
      assertThat(receiver.eventIds()).doesNotContainAnyElementsOf(lost.get("gone").subList(1, 3));
      assertThat(notifier.get("/v1/watchers/gone").get("resyncs").asInt()).isEqualTo(1);
    }
  }

  /** As retention does. */
  private static void removeAll(String topic) throws Exception {
    try (Admin admin = Admin.create(notifier.connection().properties())) {
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      admin
          .describeTopics(List.of(topic))
          .allTopicNames()
          .get()
          .get(topic)
          .partitions()
          .forEach(
              each -> ends.put(new TopicPartition(topic, each.partition()), OffsetSpec.latest()));
      Map<TopicPartition, RecordsToDelete> removed = new HashMap<>();
      admin
          .listOffsets(ends)
          .all()
          .get()
          .forEach(
              (partition, end) ->
                  removed.put(partition, RecordsToDelete.beforeOffset(end.offset())));
      admin.deleteRecords(removed).all().get();
    }
  }

  @Test
  void aThousandWatchersAtOnceEachHaveAll() throws Exception {
    int watchers = 1_000;
    Told host = new Told("many");
    try (Receiver receiver = new Receiver()) {
      makeMany(watchers, host.host, receiver);
      awaitAsserted(
          () ->
              assertThat(notifier.count("faultline.notifier.watchers.run"))
                  .isGreaterThanOrEqualTo(watchers));
      Map<String, List<String>> wanted = new HashMap<>();
      write(host, 5, wanted);

      // A call may fail where so many come at once; then it is made again when time has passed.
      await(
          "all get theirs",
          () -> {
            CLOCK.pass(Duration.ofSeconds(1));
            return receiver.distinct() == 5 * watchers;
          });
      assertThat(byWatcher(receiver)).hasSize(watchers);
      assertThat(byWatcher(receiver).values())
          .allSatisfy(ids -> assertThat(List.copyOf(ids)).isEqualTo(wanted.get(host.host)));
    }
  }

  /** What each has that drops what it has had. */
  private static Map<String, LinkedHashSet<String>> byWatcher(Receiver receiver) {
    Map<String, LinkedHashSet<String>> byWatcher = new HashMap<>();
    receiver
        .calls()
        .forEach(
            call ->
                byWatcher
                    .computeIfAbsent(call.path(), _ -> new LinkedHashSet<>())
                    .add(call.eventId()));
    return byWatcher;
  }

  /** As so many requests would, in one go. */
  private static void makeMany(int watchers, String host, Receiver receiver) throws Exception {
    SecretBox box = SecretBox.open(new NotifierProperties.Secrets(KEY, null), folder);
    String secret = WebhookSecret.generate(new SecureRandom());
    create("first", host, receiver.url("/first"), "");
    String start = notifier.get("/v1/watchers/first").get("cursor").asString();
    assertThat(notifier.send("DELETE", "/v1/watchers/first", "").statusCode()).isEqualTo(204);
    List<Future<?>> sent = new ArrayList<>();
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            notifier.connection().properties(),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < watchers; i++) {
        String id = "many-" + i;
        Watcher watcher =
            new Watcher(
                id,
                id,
                1,
                CLOCK.instant(),
                new Watcher.Definition(
                    Map.of("host", List.of(host)),
                    Watcher.SinkType.WEBHOOK,
                    receiver.url("/" + id),
                    null,
                    Granularity.EVENT,
                    Collections.nCopies(7, Duration.ofSeconds(5)),
                    Duration.ZERO,
                    Duration.ofSeconds(1),
                    Duration.ofHours(1),
                    Duration.ofSeconds(20),
                    8,
                    1_000),
                List.of(new Watcher.Secret(box.seal(secret, id), null)),
                start,
                null,
                false,
                List.of());
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    WatcherTopics.WATCHERS, id, Json.LENIENT.writeValueAsBytes(watcher))));
      }
      for (Future<?> each : sent) {
        each.get();
      }
    }
  }

  private static void create(String watcher, String host, String url, String more) {
    RunningNotifier.body(
        notifier.send(
            "PUT",
            "/v1/watchers/" + watcher,
            "{"
                + more
                + "\"filter\":{\"host\":\""
                + host
                + "\"},\"sink\":{\"type\":\"webhook\",\"url\":\""
                + url
                + "\"}}"),
        201);
  }

  private static void write(Told host, int count, Map<String, List<String>> wanted) {
    for (int i = 0; i < count; i++) {
      Event event = host.corrupted("pmem0", null, i, 1);
      writer.write(event);
      wanted.computeIfAbsent(host.host, _ -> new ArrayList<>()).add(event.id());
    }
  }

  /** What a receiver has that drops what it has had. */
  private static List<String> distinct(Receiver receiver, Told host) {
    return List.copyOf(
        new LinkedHashSet<>(
            receiver.eventIds().stream().filter(id -> id.startsWith(host.host + ":")).toList()));
  }
}
