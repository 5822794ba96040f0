package io.faultline.runtime;

import static io.faultline.runtime.testing.Awaiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Json;
import io.faultline.events.Topics;
import io.faultline.runtime.Tally.Command;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import io.faultline.runtime.trace.Spans;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The shell on a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LayerHostTest {

  private static final String LAYER = "tally";

  @TempDir private static Path stateDir;

  private final KafkaConnection connection =
      new KafkaConnection(List.of(EmbeddedBroker.shared().bootstrapServers()), Map.of());
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private LayerHost<Command> host;

  /** Hosts of its own for each test; the layer is the same for all. */
  private String h1;

  private String h2;
  private String h3;

  @BeforeAll
  void start() {
    host = start(LAYER, "state");
  }

  @BeforeEach
  void names(TestInfo test) {
    String name = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    String start = name.substring(0, Math.min(40, name.length()));
    h1 = start + "-1";
    h2 = start + "-2";
    h3 = start + "-3";
  }

  @AfterAll
  void stop() {
    host.stop();
  }

  @Test
  void aCommandIsAnsweredByTheOwnerOfItsHost() {
    assertThat(body(host.gateway().send(h1, new Command.Add(3), null))).isEqualTo("{\"sum\":3}");
    assertThat(body(host.gateway().send(h1, new Command.Add(4), null))).isEqualTo("{\"sum\":7}");
    assertThat(body(host.gateway().send(h2, new Command.Sum(), null)))
        .isEqualTo("{\"host\":\"" + h2 + "\",\"sum\":0}");
  }

  @Test
  void aRefusalIsAProblemAndChangesNothing() {
    Reply refused = host.gateway().send(h1, new Command.Add(-1), null);

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.contentType()).isEqualTo("application/problem+json");
    assertThat(body(refused)).contains("/problems/negative").contains("-1 is negative");
    assertThat(sum(h1)).isZero();
  }

  @Test
  void theSameCommandIdIsCarriedOutOnceAndAnsweredTheSame() {
    Reply first = host.gateway().send(h1, new Command.Add(5), "key-1");
    Reply again = host.gateway().send(h1, new Command.Add(5), "key-1");
    Reply other = host.gateway().send(h1, new Command.Add(6), "key-1");

    assertThat(body(again)).isEqualTo(body(first)).isEqualTo("{\"sum\":5}");
    assertThat(other.status()).isEqualTo(422);
    assertThat(body(other)).contains("/problems/idempotency-key-reused");
    assertThat(sum(h1)).isEqualTo(5);
  }

  @Test
  void aKeptAnswerSurvivesARestartFromTheChangelogAlone() {
    LayerHost<Command> before = start("tally-restarted", "folder");
    before.gateway().send(h1, new Command.Add(5), "key-1");
    before.stop();

    LayerHost<Command> after = start("tally-restarted", "another-empty-folder");
    assertThat(body(after.gateway().send(h1, new Command.Add(5), "key-1")))
        .isEqualTo("{\"sum\":5}");
    assertThat(body(after.gateway().send(h1, new Command.Add(1), null))).isEqualTo("{\"sum\":6}");
    after.stop();
  }

  @Test
  void onlyTheNewestKeptAnswersAreRemembered() {
    for (int i = 0; i <= LayerProcessor.MAX_KEPT_ANSWERS; i++) {
      host.gateway().send(h1, new Command.Add(1), "key-" + i);
    }
    long before = sum(h1);

    host.gateway().send(h1, new Command.Add(1), "key-" + LayerProcessor.MAX_KEPT_ANSWERS);
    assertThat(sum(h1)).as("the newest is remembered").isEqualTo(before);
    host.gateway().send(h1, new Command.Add(1), "key-0");
    assertThat(sum(h1)).as("the oldest is not").isEqualTo(before + 1);
  }

  @Test
  void everyHostIsAskedInOneQuery() {
    host.gateway().send(h1, new Command.Add(1), null);
    host.gateway().send(h2, new Command.Add(2), null);
    host.gateway().send(h3, new Command.Add(3), null);

    List<Reply> replies = host.gateway().scatter(new Command.Sum());

    assertThat(replies).hasSize(12).allMatch(Reply::isSuccess);
    String all = String.join("", replies.stream().map(LayerHostTest::body).toList());
    assertThat(all)
        .contains("{\"host\":\"" + h1 + "\",\"sum\":1}")
        .contains("{\"host\":\"" + h2 + "\",\"sum\":2}")
        .contains("{\"host\":\"" + h3 + "\",\"sum\":3}");
  }

  @Test
  void aBugInTheCoreIsAnsweredPutAsideAndThePartitionGoesOn() {
    host.gateway().send(h1, new Command.Add(2), null);

    Reply bug = host.gateway().send(h1, new Command.Explode(), null);

    assertThat(bug.status()).isEqualTo(500);
    assertThat(body(bug)).contains("/problems/internal-error").doesNotContain("on purpose");
    assertThat(sum(h1)).isEqualTo(2);
    try (TopicReader dead =
        TopicReader.fromBeginning(
            connection.properties(), Topics.deadLetters(Topics.commands(LAYER)))) {
      assertThat(dead.nextReason(h1, LAYER)).contains("on purpose");
    }
  }

  @Test
  void whatKafkaWouldRefuseAsTooLargeIsRefusedBeforeAnythingChanges() {
    int tooLarge = TopicsAdmin.MAX_RECORD_BYTES;
    host.gateway().send(h1, new Command.Add(2), null);

    Reply fact = host.gateway().send(h1, new Command.Note(tooLarge, 1), null);
    Reply answer = host.gateway().send(h1, new Command.Note(1, tooLarge), null);

    assertThat(fact.status()).isEqualTo(500);
    assertThat(answer.status()).isEqualTo(422);
    assertThat(body(answer)).contains("/problems/answer-too-large");
    assertThat(sum(h1)).isEqualTo(2);
  }

  @Test
  void eventsAreHeardOnceAndWhatTheyCauseIsNumbered() {
    String slice = UUID.randomUUID().toString();
    String hostName = h1;
    double repeats = repeats();
    try (KafkaProducer<String, byte[]> producer = producer()) {
      for (long sequence : new long[] {1, 2, 2, 1, 3}) {
        producer.send(record(hostName, slice, sequence));
      }
      producer.flush();
    }

    try (TopicReader events =
        TopicReader.fromBeginning(connection.properties(), Topics.events(LAYER))) {
      for (long sequence = 1; sequence <= 3; sequence++) {
        Event event = events.nextEventOf(hostName);
        assertThat(event.sequence()).isEqualTo(sequence);
        assertThat(event.causationId()).isEqualTo("cause-" + sequence);
      }
    }
    assertThat(sum(hostName)).isEqualTo(3);
    assertThat(repeats() - repeats).isEqualTo(2);
  }

  @Test
  void whatCannotBeReadGoesToTheDeadLettersWithTheReasonAndTheRestGoesOn() {
    String hostName = h1;
    ProducerRecord<String, byte[]> unknownType = record(hostName, "s", 1);
    unknownType.headers().remove("ce_type").add("ce_type", "io.faultline.what".getBytes(UTF_8));
    ProducerRecord<String, byte[]> cutOff =
        new ProducerRecord<>(
            Topics.DEVICE_EVENTS,
            null,
            hostName,
            "{\"host\":".getBytes(UTF_8),
            record(hostName, "s", 2).headers());
    try (KafkaProducer<String, byte[]> producer = producer()) {
      producer.send(unknownType);
      producer.send(cutOff);
      producer.send(record(hostName, "s", 3));
      producer.flush();
    }

    try (TopicReader dead =
        TopicReader.fromBeginning(
            connection.properties(), Topics.deadLetters(Topics.DEVICE_EVENTS))) {
      assertThat(dead.nextReason(hostName, LAYER)).contains("unknown type io.faultline.what");
      assertThat(dead.nextReason(hostName, LAYER)).contains("data:");
    }
    awaitSum(hostName, 1);
    assertThat(registry.counter("faultline.layer.dead.letters", "layer", LAYER).count())
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void topicsWithAnotherNumberOfPartitionsAreRefused() {
    FaultlineProperties other =
        new FaultlineProperties(
            new FaultlineProperties.Topics(5, (short) 1, Duration.ofDays(7)),
            stateDir,
            stateDir,
            "",
            "",
            "",
            Duration.ofSeconds(10),
            new FaultlineProperties.Streams(1, Duration.ofMillis(2), Duration.ofMillis(2), 0));
    LayerHost<Command> refused =
        new LayerHosts(connection, other, registry, Spans.unexported())
            .host(Tally.definition(LAYER));

    assertThat(
            org.junit.jupiter.api.Assertions.assertThrows(
                IllegalStateException.class, refused::start))
        .hasMessageContaining("has 12 partitions, but faultline.topics.partitions is 5");
  }

  private double repeats() {
    return registry.counter("faultline.layer.repeats", "layer", LAYER).count();
  }

  private LayerHost<Command> start(String layer, String folder) {
    Path dir = stateDir.resolve(LAYER);
    FaultlineProperties properties =
        new FaultlineProperties(
            new FaultlineProperties.Topics(12, (short) 1, Duration.ofDays(7)),
            dir.resolve(folder),
            dir,
            "",
            "",
            "",
            Duration.ofSeconds(10),
            new FaultlineProperties.Streams(1, Duration.ofMillis(2), Duration.ofMillis(2), 0));
    LayerHost<Command> started =
        new LayerHosts(connection, properties, registry, Spans.unexported())
            .host(Tally.definition(layer));
    started.start();
    await("the layer is ready", started::isReady);
    return started;
  }

  private void awaitSum(String hostName, long sum) {
    await("the sum of " + hostName + " is " + sum, () -> sum(hostName), seen -> seen == sum);
  }

  private long sum(String hostName) {
    Reply reply = host.gateway().send(hostName, new Command.Sum(), null);
    return Json.LENIENT.readTree(reply.body()).get("sum").asLong();
  }

  private static String body(Reply reply) {
    return new String(reply.body(), UTF_8);
  }

  private static ProducerRecord<String, byte[]> record(String host, String slice, long sequence) {
    Event event =
        new Event(
            "cause-" + sequence,
            "/hosts/" + host + "/devices/pmem0",
            Instant.parse("2026-01-01T00:00:00Z"),
            null,
            null,
            sequence,
            slice,
            null,
            new DeviceEvent.DevicePlugged(host, "pmem0", 1, 8));
    return new ProducerRecord<>(
        Topics.DEVICE_EVENTS, null, host, EventCodec.data(event), EventCodec.headers(event));
  }

  private KafkaProducer<String, byte[]> producer() {
    return new KafkaProducer<>(
        connection.properties(), new StringSerializer(), new ByteArraySerializer());
  }
}
