package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Json;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.ranges.Extents;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What devices tell through a real broker, and the acknowledgements that come back. */
class DeviceEventsTest {

  private static final long CREDIT = (1L << 53) - 1;
  private static final AtomicInteger HOSTS = new AtomicInteger();

  @TempDir private static Path folder;
  private static RunningService service;
  private static HttpCalls http;
  private static KafkaProducer<String, byte[]> producer;
  private String host;

  @BeforeAll
  static void start() {
    service = RunningService.start(folder.resolve("slice"), bootstrap());
    http = service.http();
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap(), "linger.ms", 0),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  @AfterAll
  static void stop() {
    producer.close();
    service.close();
  }

  @BeforeEach
  void aHostOfItsOwn() {
    host = "events" + HOSTS.incrementAndGet();
  }

  @Test
  void aFaultIsOnTheTopicAsItWasAnswered() {
    create("pmem0");
    JsonNode fault =
        http.send(
                http.request(device("pmem0") + "/faults")
                    .header("Content-Type", "application/json")
                    .header(
                        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                    .POST(
                        BodyPublishers.ofString(
                            "{\"sector\":100,\"count\":8,"
                                + "\"consumedBy\":{\"pid\":42,\"mapping\":\"m\"}}")))
            .expect(202)
            .json();
    try (TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      Event added = events.nextEventOf(host);
      assertThat(added.data())
          .isEqualTo(new DeviceEvent.DeviceAdded(host, "pmem0", "pmem", 2048, true, 1));
      Event event = events.nextEventOf(host);
      assertThat(event.id()).isEqualTo(fault.get("eventId").asString());
      assertThat(event.faultId()).isEqualTo(fault.get("faultId").asString());
      assertThat(event.causationId()).isNull();
      assertThat(event.source()).isEqualTo("/hosts/" + host + "/devices/pmem0");
      assertThat(event.sequence()).isEqualTo(added.sequence() + 1);
      assertThat(event.sliceId()).hasSize(26).isEqualTo(added.sliceId());
      assertThat(event.traceparent()).startsWith("00-0af7651916cd43dd8448eb211c80319c");
      assertThat(event.data())
          .isEqualTo(
              new CorruptedRange(
                  host,
                  "pmem0",
                  Extents.of(100, 8),
                  false,
                  Cause.MEDIA_ERROR,
                  new Origin("pmem0", Extents.of(100, 8), null),
                  0,
                  true,
                  new ConsumedBy(42, "m")));
    }
  }

  @Test
  void everythingOfAHostIsInThePartitionOfItsName() {
    create("pmem0");
    try (TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      ConsumerRecord<String, byte[]> record = events.next();
      while (!host.equals(record.key())) {
        record = events.next();
      }
      int expected = Utils.toPositive(Utils.murmur2(host.getBytes(StandardCharsets.UTF_8))) % 12;
      assertThat(record.partition()).isEqualTo(expected);
    }
  }

  @Test
  void healingIsToldWithWhatIsThereNow() {
    create("pmem0");
    http.post(device("pmem0") + "/faults", "{\"sector\":0,\"count\":16}").expect(202);
    http.putBytes(device("pmem0") + "/data?sector=0", new byte[8 * 512]).expect(200);
    http.delete(device("pmem0") + "/faults?sector=0&count=2048").expect(200);
    try (TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      RangeRecovered rewritten = next(events, RangeRecovered.class);
      assertThat(rewritten.ranges()).isEqualTo(Extents.of(0, 8));
      assertThat(rewritten.data()).isEqualTo(RecoveredData.REWRITTEN);
      RangeRecovered zeroed = next(events, RangeRecovered.class);
      assertThat(zeroed.ranges()).isEqualTo(Extents.of(8, 8));
      assertThat(zeroed.data()).isEqualTo(RecoveredData.ZEROED);
    }
  }

  @Test
  void aPlannedRemovalEndsWhenAllCreditIsBack() {
    create("pmem0");
    claim("dm:a");
    claim("dm:b");
    JsonNode removal =
        http.post(device("pmem0") + "/unplug", "{\"mode\":\"planned\",\"deadline\":\"PT1H\"}")
            .expect(202)
            .json();
    String removalId = removal.get("removalId").asString();
    try (TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      MfMemPreRemove announced = next(events, MfMemPreRemove.class);
      assertThat(announced.removalId()).isEqualTo(removalId);
      assertThat(announced.credits().keySet()).containsExactly("dm:a", "dm:b");
      acknowledge(1, removalId, "dm:a", announced.credits().get("dm:a"));
      acknowledge(1, removalId, "dm:a", announced.credits().get("dm:a"));
      await(shown -> shown.get("creditOutstanding").asLong() == announced.credits().get("dm:b"));
      acknowledge(2, removalId, "dm:b", announced.credits().get("dm:b"));
      CorruptedRange left = next(events, CorruptedRange.class);
      assertThat(left.whole()).isTrue();
      assertThat(left.cause()).isEqualTo(Cause.DEVICE_REMOVED);
      assertThat(next(events, DeviceEvent.DeviceRemoved.class))
          .isEqualTo(new DeviceEvent.DeviceRemoved(host, "pmem0", removalId, "planned", true));
    }
    JsonNode shown = http.get(device("pmem0") + "/removal").json();
    assertThat(shown.get("state").asString()).isEqualTo("removed");
    assertThat(shown.get("acknowledged").asBoolean()).isTrue();
    double late = counted("late");
    acknowledge(3, removalId, "dm:b", 1);
    awaitCounted("late", late + 1);
  }

  @Test
  void theDeadlineEndsAPlannedRemoval() {
    create("pmem0");
    claim("fs:data");
    String removalId =
        http.post(device("pmem0") + "/unplug", "{\"mode\":\"planned\",\"deadline\":\"PT0.2S\"}")
            .expect(202)
            .json()
            .get("removalId")
            .asString();
    try (TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      assertThat(next(events, DeviceEvent.DeviceRemoved.class))
          .isEqualTo(new DeviceEvent.DeviceRemoved(host, "pmem0", removalId, "planned", false));
    }
    JsonNode shown = http.get(device("pmem0") + "/removal").json();
    assertThat(shown.get("end").asString()).isEqualTo("deadline");
    assertThat(shown.get("unanswered").toString()).isEqualTo("[\"fs:data\"]");
    Awaiting.await(
        "the removal is counted",
        () ->
            http.get(
                    "/actuator/metrics/faultline.device.removals?tag=mode:planned&tag=end:deadline")
                .response()
                .statusCode(),
        status -> status == 200);
  }

  @Test
  void anAcknowledgementThatCannotBeReadIsPutAsideAndTheNextIsHeard() {
    create("pmem0");
    claim("fs:data");
    String removalId =
        http.post(device("pmem0") + "/unplug", "{\"mode\":\"planned\",\"deadline\":\"PT1H\"}")
            .expect(202)
            .json()
            .get("removalId")
            .asString();
    producer.send(new ProducerRecord<>(Topics.REMOVAL_ACKS, host, new byte[] {1, 2, 3}));
    double unknown = counted("unknown");
    acknowledge(1, host + ":none", "fs:data", 5);
    acknowledge(2, removalId, "fs:data", CREDIT);
    await(shown -> shown.get("state").asString().equals("removed"));
    awaitCounted("unknown", unknown + 1);
    try (TopicReader dead = reader(Topics.deadLetters(Topics.REMOVAL_ACKS))) {
      assertThat(dead.nextReason(host, "device")).contains("ce_specversion");
    }
  }

  @Test
  void theNewestStateAndItsOwnerAreOnACompactedTopic() {
    create("pmem0");
    http.post(device("pmem0") + "/faults", "{\"sector\":0,\"count\":8}").expect(202);
    create("gone");
    http.delete(device("gone")).expect(204);
    try (TopicReader states = reader(Topics.DEVICE_STATE)) {
      boolean shown = false;
      boolean forgotten = false;
      while (!shown || !forgotten) {
        ConsumerRecord<String, byte[]> record = states.next();
        if (record.key().equals(host + "/gone")) {
          forgotten = record.value() == null;
        } else if (record.key().equals(host + "/pmem0")) {
          JsonNode state = Json.LENIENT.readTree(record.value());
          assertThat(state.get("owner").asString()).startsWith("http://127.0.0.1:");
          assertThat(state.get("host").asString()).isEqualTo(host);
          shown = state.get("badSectors").asLong() == 8;
        }
      }
    }
  }

  @Test
  void anotherStartGoesOnWhereTheLastEnded() {
    Path slice = folder.resolve("restarted");
    String path = "/v1/hosts/" + host + "/devices/pmem0";
    try (RunningService first = RunningService.start(slice, bootstrap())) {
      first.http().put(path, "{\"kind\":\"pmem\",\"sizeBytes\":1048576}").expect(201);
      first.http().post(path + "/faults", "{\"sector\":0,\"count\":8}").expect(202);
    }
    try (RunningService second = RunningService.start(slice, bootstrap());
        TopicReader events = reader(Topics.DEVICE_EVENTS)) {
      second.http().post(path + "/faults", "{\"sector\":8,\"count\":8}").expect(202);
      assertThat(events.nextEventOf(host).sequence()).isEqualTo(1);
      assertThat(events.nextEventOf(host).sequence()).isEqualTo(2);
      assertThat(events.nextEventOf(host).sequence()).isEqualTo(3);
      assertThat(second.http().get(path + "/badblocks").text()).isEqualTo("0 16\n");
    }
  }

  private static String bootstrap() {
    return EmbeddedBroker.shared().bootstrapServers();
  }

  private static TopicReader reader(String topic) {
    return TopicReader.fromBeginning(Map.of("bootstrap.servers", bootstrap()), topic);
  }

  private <E> E next(TopicReader events, Class<E> type) {
    while (true) {
      Event event = events.nextEventOf(host);
      if (type.isInstance(event.data())) {
        return type.cast(event.data());
      }
    }
  }

  private void acknowledge(long sequence, String removalId, String holder, long credit) {
    Event event =
        new Event(
            host + ":ack" + sequence,
            "/hosts/" + host + "/filesystems/data",
            Instant.EPOCH,
            null,
            null,
            sequence,
            "test:" + host,
            null,
            new RemovalAck(host, "pmem0", removalId, holder, credit, "gone"));
    producer.send(
        new ProducerRecord<>(
            Topics.REMOVAL_ACKS, null, host, EventCodec.data(event), EventCodec.headers(event)));
    producer.flush();
  }

  private void await(Predicate<JsonNode> wanted) {
    Awaiting.await(
        "the removal goes on",
        () -> http.get(device("pmem0") + "/removal").expect(200).json(),
        wanted);
  }

  private static double counted(String verdict) {
    return Objects.requireNonNull(
        http.get("/actuator/metrics/faultline.device.acks?tag=verdict:" + verdict)
            .expect(200)
            .json()
            .at("/measurements/0/value")
            .asDouble());
  }

  private static void awaitCounted(String verdict, double wanted) {
    Awaiting.await(verdict + " are counted", () -> counted(verdict), count -> count >= wanted);
  }

  private void create(String name) {
    http.put(device(name), "{\"kind\":\"pmem\",\"sizeBytes\":1048576}").expect(201);
  }

  private void claim(String holder) {
    http.put(device("pmem0") + "/claim", "{\"holder\":\"" + holder + "\"}").expect(200);
  }

  private String device(String name) {
    return "/v1/hosts/" + host + "/devices/" + name;
  }
}
