package io.faultline.notifier.above.watch;

import static io.faultline.runtime.testing.Awaiting.await;
import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierWorld;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import io.faultline.runtime.testing.TopicReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What becomes of deliveries, with receivers that are really called. */
class DeliveriesHttpTest {

  private static final AtomicInteger NAMES = new AtomicInteger();
  private final RunningNotifier notifier = NotifierWorld.notifier();
  private final EventWriter writer = NotifierWorld.writer();
  private final String name = "d" + NAMES.incrementAndGet();
  private final Told told = new Told("host-" + name);
  private final Told other = new Told("other-" + name);
  private final Receiver receiver = new Receiver();

  @AfterEach
  void quiet() {
    notifier.send("DELETE", path(""), "");
    receiver.close();
  }

  @Test
  void aHostWhoseEventIsNotTakenHoldsNoOther() {
    create("", webhook());
    String stuck = told.corrupted("pmem0", null, 0, 1).id();
    receiver.answer(call -> call.body().contains("\"host\":\"" + told.host) ? 503 : 200);
    List<String> wanted = new ArrayList<>();
    List<String> later = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Event failing = told.corrupted("pmem0", null, i, 1);
      Event fine = other.corrupted("pmem0", null, i, 1);
      writer.write(failing, fine);
      later.add(failing.id());
      wanted.add(fine.id());
    }

    awaitAsserted(() -> assertThat(ids(other)).hasSize(20));
    assertThat(ids(other)).isEqualTo(wanted);
    assertThat(ids(told)).containsOnly(later.getFirst()).doesNotContain(stuck);
    awaitAsserted(
        () -> assertThat(notifier.get(path("")).get("health").asString()).isEqualTo("failing"));
    receiver.answer(_ -> 200);
    awaitAsserted(() -> assertThat(ids(told)).contains(later.getLast()));
    assertThat(ids(told).stream().distinct().toList()).isEqualTo(later);
    awaitAsserted(
        () -> assertThat(notifier.get(path("")).get("health").asString()).isEqualTo("ok"));
    assertThat(notifier.get(path("")).get("waiting").asInt()).isZero();
  }

  private List<String> ids(Told of) {
    return receiver.eventIds().stream().filter(id -> id.startsWith(of.host + ":")).toList();
  }

  @Test
  void whatIsGivenUpIsADeadLetterAndCanBeSentAgain() {
    create("\"tries\":[\"PT0.05S\"],", webhook());
    receiver.answer(_ -> 500);
    Event lost = told.corrupted("pmem0", null, 0, 1);
    writer.write(lost);

    awaitAsserted(
        () -> assertThat(notifier.get(path("/dead-letters")).get("items").size()).isEqualTo(1));
    assertThat(receiver.eventIds()).containsExactly(lost.id(), lost.id());
    JsonNode tries = notifier.get(path("/deliveries")).get("items");
    assertThat(tries.at("/0/outcome").asString()).isEqualTo("dead");
    assertThat(tries.at("/0/attempt").asInt()).isEqualTo(2);
    assertThat(tries.at("/1/nextTry").isString()).isTrue();
    try (TopicReader dead =
        TopicReader.fromBeginning(notifier.connection().properties(), WatcherTopics.DEAD)) {
      assertThat(dead.nextReason(told.host, "notifier")).contains("answered 500", "2 tries");
    }
    receiver.answer(_ -> 200);
    Event next = told.corrupted("pmem0", null, 8, 1);
    writer.write(next);
    awaitAsserted(() -> assertThat(receiver.eventIds()).contains(next.id()));
    String resend = path("/deliveries/" + lost.id() + "/resend");
    RunningNotifier.body(notifier.send("POST", resend, ""), 202);
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(4));
    assertThat(receiver.eventIds().getLast()).isEqualTo(lost.id());
    awaitAsserted(() -> assertThat(notifier.get(path("/dead-letters")).get("items")).isEmpty());
    RunningNotifier.problem(notifier.send("POST", resend, ""), 404);
  }

  @Test
  void whoeverWantsNoMoreIsNotCalledUntilSomebodyResumes() {
    create("", webhook());
    receiver.answer(_ -> 410);
    Event first = told.corrupted("pmem0", null, 0, 1);
    writer.write(first, told.corrupted("pmem0", null, 8, 1));

    awaitAsserted(
        () -> assertThat(notifier.get(path("")).get("state").asString()).isEqualTo("disabled"));
    assertThat(receiver.eventIds()).containsExactly(first.id());
    receiver.answer(_ -> 200);
    assertThat(
            RunningNotifier.body(notifier.send("POST", path("/resume"), ""), 200)
                .get("state")
                .asString())
        .isEqualTo("active");
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(3));
    assertThat(receiver.eventIds().get(1)).isEqualTo(first.id());
  }

  @Test
  void theWaitThatAReceiverAsksForIsKept() {
    create("", webhook());
    receiver.answer(_ -> 429);
    receiver.header("Retry-After", "3600");
    writer.write(told.corrupted("pmem0", null, 0, 1));

    await("the next try is told", () -> notifier.get(path("")), shown -> shown.has("nextTry"));
    Instant next = Instant.parse(notifier.get(path("")).get("nextTry").asString());
    assertThat(next).isAfter(Instant.now().plus(Duration.ofMinutes(50)));
    assertThat(receiver.calls()).hasSize(1);
  }

  @Test
  void thePastIsReplayedFromATimeAnEventOrTheBeginning() {
    List<String> before = write(4);
    create("\"startFrom\":\"beginning\",", webhook());
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(4));
    assertThat(receiver.eventIds()).isEqualTo(before);

    replay(before.get(2));
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(6));
    assertThat(receiver.eventIds().subList(4, 6)).isEqualTo(before.subList(2, 4));
    replay("2026-01-01T00:00:00Z");
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(10));
    replay("beginning");
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(14));
    assertThat(receiver.eventIds().subList(10, 14)).isEqualTo(before);
    RunningNotifier.problem(
        notifier.send("POST", path("/replay"), "{\"from\":\"local:01ARZ3NDEKTSV4RRFFQ69G5FAV\"}"),
        404);
    RunningNotifier.problem(notifier.send("POST", path("/replay"), "{\"from\":\"then\"}"), 400);
    RunningNotifier.problem(notifier.send("POST", path("/replay"), "{}"), 400);
  }

  private void replay(String from) {
    RunningNotifier.body(
        notifier.send("POST", path("/replay"), "{\"from\":\"" + from + "\"}"), 202);
  }

  @Test
  void aRotatedSecretIsShownOnceAndTheOldOneHoldsForAWhile() {
    String old = create("", webhook()).get("secret").asString();
    JsonNode rotated = RunningNotifier.body(notifier.send("POST", path("/rotate-secret"), ""), 200);
    String newer = rotated.get("secret").asString();
    assertThat(newer).startsWith("whsec_").isNotEqualTo(old);
    assertThat(notifier.get(path("")).toString()).doesNotContain("whsec_");
    RunningNotifier.body(notifier.send("POST", path("/test"), ""), 200);
    for (String secret : List.of(old, newer)) {
      assertThatCode(() -> verify(secret, receiver.calls().getFirst())).doesNotThrowAnyException();
    }

    RunningNotifier.body(
        notifier.send("POST", path("/rotate-secret"), "{\"oldExpiresIn\":\"PT0S\"}"), 200);
    RunningNotifier.body(notifier.send("POST", path("/test"), ""), 200);
    assertThatThrownBy(() -> verify(newer, receiver.calls().getLast()))
        .isInstanceOf(WebhookVerificationException.class);
    RunningNotifier.problem(
        notifier.send("POST", path("/rotate-secret"), "{\"oldExpiresIn\":\"P99D\"}"), 400);
  }

  private static void verify(String secret, Receiver.Call call)
      throws WebhookVerificationException, EmptyWebhookSecretException {
    new com.standardwebhooks.Webhook(secret).verify(call.body(), call.headers());
  }

  @Test
  void aTopicOfItsOwnIsWrittenAsTheLayersDo() {
    String topic = "faultline.watch." + name;
    JsonNode made = create("", "{\"type\":\"kafka\",\"topic\":\"" + topic + "\"}");
    assertThat(made.has("secret")).isFalse();
    List<String> ids = write(5);

    try (TopicReader reader =
        TopicReader.fromBeginning(notifier.connection().properties(), topic)) {
      assertThat(IntStream.range(0, 5).mapToObj(_ -> reader.nextEvent().id()).toList())
          .isEqualTo(ids);
      RunningNotifier.body(notifier.send("POST", path("/test"), ""), 200);
      ConsumerRecord<String, byte[]> test = reader.next();
      assertThat(EventCodec.header(test.headers(), "ce_type"))
          .isEqualTo("io.faultline.watcher_test");
    }
    RunningNotifier.problem(notifier.send("POST", path("/rotate-secret"), ""), 422);
  }

  @Test
  void aFaultIsToldOnceWithAllThatBelongsToItAndAgainWhenItIsOver() {
    create(
        "\"granularity\":\"fault\",\"groupWait\":\"PT0.5S\",\"groupInterval\":\"PT0.1S\",",
        webhook());
    String fault = told.faultId(1);
    writer.write(
        told.corrupted("pmem0", fault, 0, 8),
        told.volumeCorrupted("vol0", fault, "pmem0", 0, 8),
        told.fileLost("data", fault, 144, "/a", 0));

    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(1));
    JsonNode first = Json.LENIENT.readTree(receiver.calls().getFirst().body());
    assertThat(first.get("type").asString()).isEqualTo("io.faultline.fault");
    assertThat(first.get("faultid").asString()).isEqualTo(fault);
    assertThat(first.at("/data/changes/0").asString()).isEqualTo("opened");
    assertThat(first.at("/data/fault/devices/0").asString()).isEqualTo("pmem0");
    writer.write(told.recovered("pmem0", fault, RecoveredData.ZEROED, 0, 8));
    awaitAsserted(
        () ->
            assertThat(receiver.calls())
                .anySatisfy(call -> assertThat(call.body()).contains("\"resolved\"")));
    assertThat(receiver.calls().size()).isLessThanOrEqualTo(3);
    assertThat(receiver.eventIds()).doesNotHaveDuplicates();
  }

  @Test
  void anAlertFiresUntilItsFaultIsResolved() {
    create(
        "\"groupWait\":\"PT0.1S\",\"groupInterval\":\"PT0.1S\",",
        "{\"type\":\"alertmanager\",\"url\":\"" + receiver.url("") + "\"}");
    String fault = told.faultId(1);
    writer.write(told.corrupted("pmem0", fault, 0, 8));

    awaitAsserted(() -> assertThat(receiver.calls()).isNotEmpty());
    Receiver.Call call = receiver.calls().getFirst();
    assertThat(call.path()).isEqualTo("/api/v2/alerts");
    JsonNode alert = alert(call);
    assertThat(alert.at("/labels/alertname").asString()).isEqualTo("FaultlineFault");
    assertThat(alert.at("/labels/fault").asString()).isEqualTo(fault);
    assertThat(alert.at("/labels/severity").asString()).isEqualTo("error");
    assertThat(alert.at("/annotations/runbook_url").asString()).endsWith("/media_error");
    assertThat(endsAt(alert)).isAfter(Instant.now());

    writer.write(told.recovered("pmem0", fault, RecoveredData.ZEROED, 0, 8));
    awaitAsserted(
        () ->
            assertThat(endsAt(alert(receiver.calls().getLast()))).isBeforeOrEqualTo(Instant.now()));
    JsonNode over = alert(receiver.calls().getLast());
    // The same alert: what it is told by did not change.
    assertThat(over.get("labels")).isEqualTo(alert.get("labels"));
    assertThat(over.get("startsAt")).isEqualTo(alert.get("startsAt"));
  }

  private static JsonNode alert(Receiver.Call call) {
    return Json.LENIENT.readTree(call.body()).get(0);
  }

  private static Instant endsAt(JsonNode alert) {
    return Instant.parse(alert.get("endsAt").asString());
  }

  @Test
  void whatIsMutedIsCountedAndNotSentUntilTheMuteIsTakenAway() {
    create("", webhook());
    String fault = told.faultId(1);
    String until = Instant.now().plus(Duration.ofHours(1)).toString();
    String mute =
        "{\"filter\":{\"fault\":\"" + fault + "\"},\"until\":\"" + until + "\",\"by\":\"ann\"}";
    RunningNotifier.body(notifier.send("PUT", path("/mutes/m1"), mute), 201);
    RunningNotifier.body(notifier.send("PUT", path("/mutes/m1"), mute), 200);
    RunningNotifier.problem(
        notifier.send("PUT", path("/mutes/m1"), mute.replace("ann", "bob")), 409);
    Event open = told.corrupted("pmem1", null, 0, 1);
    writer.write(told.corrupted("pmem0", fault, 0, 8), open);

    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(1));
    assertThat(receiver.eventIds()).containsExactly(open.id());
    awaitAsserted(() -> assertThat(notifier.get(path("")).get("muted").asInt()).isEqualTo(1));
    assertThat(notifier.get(path("")).at("/mutes/0/by").asString()).isEqualTo("ann");
    assertThat(notifier.send("DELETE", path("/mutes/m1"), "").statusCode()).isEqualTo(204);
    RunningNotifier.problem(notifier.send("DELETE", path("/mutes/m1"), ""), 404);
    Event more = told.recovered("pmem0", fault, RecoveredData.ZEROED, 0, 8);
    writer.write(more);
    awaitAsserted(() -> assertThat(receiver.eventIds()).contains(more.id()));
    for (String bad :
        List.of(
            "{\"until\":\"2020-01-01T00:00:00Z\"}",
            "{\"until\":\"soon\"}",
            "{}",
            "{\"filter\":7,\"until\":\"" + until + "\"}",
            "{\"by\":\" \",\"until\":\"" + until + "\"}")) {
      RunningNotifier.problem(notifier.send("PUT", path("/mutes/m2"), bad), 400);
    }
  }

  @Test
  void aMuteIsOverForAFaultThatGrows() {
    create("", webhook());
    String fault = told.faultId(1);
    String until = Instant.now().plus(Duration.ofHours(1)).toString();
    RunningNotifier.body(
        notifier.send(
            "PUT",
            path("/mutes/m1"),
            "{\"filter\":{\"fault\":\"" + fault + "\"},\"until\":\"" + until + "\"}"),
        201);
    writer.write(told.corrupted("pmem0", fault, 0, 8));
    awaitAsserted(() -> assertThat(notifier.get(path("")).get("muted").asInt()).isEqualTo(1));
    assertThat(receiver.calls()).isEmpty();

    writer.write(told.volumeCorrupted("vol0", fault, "pmem0", 0, 8));
    AtomicInteger more = new AtomicInteger();
    await(
        "one came",
        () -> {
          int number = more.incrementAndGet();
          writer.write(told.fileLost("data", fault, number, "/a/" + number, 4096L * number));
          return !receiver.calls().isEmpty();
        });
    assertThat(receiver.calls().getFirst().body()).contains(fault);
    assertThat(notifier.get(path("")).at("/mutes/0/name").asString()).isEqualTo("m1");
  }

  private String webhook() {
    return "{\"type\":\"webhook\",\"url\":\"" + receiver.url("/hook") + "\"}";
  }

  private JsonNode create(String more, String sink) {
    String body =
        "{"
            + more
            + "\"filter\":{\"host\":[\""
            + told.host
            + "\",\""
            + other.host
            + "\"]},\"sink\":"
            + sink
            + "}";
    return RunningNotifier.body(notifier.send("PUT", path(""), body), 201);
  }

  private String path(String more) {
    return "/v1/watchers/" + name + more;
  }

  private List<String> write(int count) {
    Event[] events =
        IntStream.range(0, count)
            .mapToObj(i -> told.corrupted("pmem0", null, i, 1))
            .toArray(Event[]::new);
    writer.write(events);
    return List.of(events).stream().map(Event::id).toList();
  }
}
