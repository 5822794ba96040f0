package io.faultline.notifier.above.watch;

import static io.faultline.runtime.testing.Awaiting.await;
import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.faultline.events.Event;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierWorld;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Watchers over real HTTP, with a receiver that is really called. */
class WatchersHttpTest {

  private static final AtomicInteger NAMES = new AtomicInteger();
  private final RunningNotifier notifier = NotifierWorld.notifier();
  private final EventWriter writer = NotifierWorld.writer();
  private final String name = "w" + NAMES.incrementAndGet();
  private final Told told = new Told("host-" + name);
  private final Receiver receiver = new Receiver();

  @AfterEach
  void quiet() {
    NotifierWorld.notifier().send("DELETE", "/v1/watchers/" + name, "");
    receiver.close();
  }

  @Test
  void aWatcherIsCalledForWhatItAskedForInOrderAndSigned() {
    JsonNode created = create(definition("\"type\":\"corrupted_range\","));
    String secret = created.get("secret").asString();
    assertThat(secret).startsWith("whsec_");
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Event event = told.corrupted("pmem0", null, i, 1);
      writer.write(event, told.added("pmem" + i, 8));
      wanted.add(event.id());
    }

    awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(20));
    assertThat(receiver.eventIds()).isEqualTo(wanted);
    assertThat(receiver.calls())
        .allSatisfy(
            call -> {
              assertThat(call.path()).isEqualTo("/hook");
              assertThat(call.headers().firstValue("webhook-id")).hasValue(call.eventId());
              assertThatCode(
                      () ->
                          new com.standardwebhooks.Webhook(secret)
                              .verify(call.body(), call.headers()))
                  .doesNotThrowAnyException();
            });
    awaitAsserted(
        () ->
            assertThat(notifier.get("/v1/watchers/" + name).get("delivered").asLong())
                .isEqualTo(20));
    JsonNode deliveries = notifier.get("/v1/watchers/" + name + "/deliveries");
    assertThat(deliveries.get("items")).hasSize(20);
    assertThat(deliveries.at("/items/0/event").asString()).isEqualTo(wanted.getLast());
    assertThat(deliveries.at("/items/0/outcome").asString()).isEqualTo("delivered");
  }

  /** Who has a watcher of their own cannot speak to the receivers of others in our name. */
  @Test
  void anotherWatchersSecretProvesNothing() {
    String secret = create(definition("")).get("secret").asString();
    String other = name + "-other";
    String others =
        RunningNotifier.body(put(other, definition("", receiver.url("/other"))), 201)
            .get("secret")
            .asString();
    write(1);
    await("both are called", () -> receiver.calls().size() >= 2);
    for (Receiver.Call call : receiver.calls()) {
      boolean its = call.path().equals("/hook");
      assertThatCode(() -> verify(its ? secret : others, call)).doesNotThrowAnyException();
      assertThatThrownBy(() -> verify(its ? others : secret, call))
          .isInstanceOf(WebhookVerificationException.class);
    }
    notifier.send("DELETE", "/v1/watchers/" + other, "");
  }

  private static void verify(String secret, Receiver.Call call)
      throws WebhookVerificationException, EmptyWebhookSecretException {
    new com.standardwebhooks.Webhook(secret).verify(call.body(), call.headers());
  }

  @Test
  void whatFailsIsTriedAgainUnderTheSameIdAndKeepsItsPlace() {
    create(definition(""));
    AtomicInteger tries = new AtomicInteger();
    receiver.answer(_ -> tries.incrementAndGet() <= 3 ? 500 : 200);
    List<String> ids = write(3);

    awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(6));
    assertThat(receiver.eventIds())
        .containsExactly(ids.get(0), ids.get(0), ids.get(0), ids.get(0), ids.get(1), ids.get(2));
    assertThat(receiver.calls().stream().map(call -> call.headers().firstValue("webhook-id").get()))
        .isEqualTo(receiver.eventIds());
    JsonNode deliveries = notifier.get("/v1/watchers/" + name + "/deliveries").get("items");
    awaitAsserted(
        () ->
            assertThat(notifier.get("/v1/watchers/" + name + "/deliveries").get("items").size())
                .isEqualTo(6));
    assertThat(deliveries.toString()).contains("answered 500").contains("\"attempt\":4");
    assertThat(notifier.count("faultline.notifier.webhook.failures")).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aRedirectIsAFailure() {
    create(definition(""));
    AtomicInteger tries = new AtomicInteger();
    receiver.answer(_ -> tries.incrementAndGet() <= 2 ? 307 : 200);
    List<String> ids = write(1);

    awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(3));
    assertThat(receiver.eventIds()).containsOnly(ids.getFirst());
    assertThat(receiver.calls()).allMatch(call -> call.path().equals("/hook"));
  }

  @Test
  void aDeadWatcherKeepsNobodyWaiting() {
    create(definition(""));
    receiver.answer(_ -> 500);
    try (Receiver other = new Receiver()) {
      String lively = name + "-lively";
      RunningNotifier.body(put(lively, definition("", other.url("/hook"))), 201);
      List<String> ids = write(30);

      awaitAsserted(() -> assertThat(other.calls()).hasSizeGreaterThanOrEqualTo(30));
      assertThat(other.eventIds()).isEqualTo(ids);
      assertThat(receiver.eventIds()).containsOnly(ids.getFirst());
      assertThat(notifier.get("/v1/watchers/" + name).get("failures").asInt()).isPositive();
      notifier.send("DELETE", "/v1/watchers/" + lively, "");
    }
  }

  @Test
  void aPausedWatcherGoesOnWhereItWas() {
    create(definition(""));
    List<String> ids = new ArrayList<>(write(2));
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(2));
    assertThat(
            RunningNotifier.body(notifier.send("POST", path("/pause"), ""), 200)
                .get("state")
                .asString())
        .isEqualTo("paused");
    // The engine has heard of it as soon as it does not read for it any more.
    await("it is not behind", () -> notifier.get(path("")), shown -> !shown.has("behind"));
    ids.addAll(write(3));
    assertThat(notifier.get(path("")).get("state").asString()).isEqualTo("paused");
    assertThat(receiver.calls()).hasSize(2);

    RunningNotifier.body(notifier.send("POST", path("/resume"), ""), 200);
    awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(5));
    assertThat(receiver.eventIds()).isEqualTo(ids);
  }

  @Test
  void whoeverComesAfterGoesOnWhereTheOneBeforeStopped() {
    create(definition(""));
    List<String> ids = new ArrayList<>(write(5));
    awaitAsserted(() -> assertThat(receiver.calls()).hasSize(5));

    NotifierWorld.stopNotifier();
    ids.addAll(write(5));
    RunningNotifier second = NotifierWorld.notifier();
    ids.addAll(write(5));

    awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(15));
    assertThat(receiver.eventIds()).isEqualTo(ids);
    assertThat(second.get(path("")).get("state").asString()).isEqualTo("active");
  }

  @Test
  void twoInstancesShareTheWatchersAndAgreeOnThem() throws Exception {
    try (RunningNotifier other = NotifierWorld.another();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<RunningNotifier> both = List.of(notifier, other);
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        RunningNotifier by = both.get(i % 2);
        String body = definition("", receiver.url("/hook-" + i));
        answers.add(threads.submit(() -> by.send("PUT", "/v1/watchers/" + name, body)));
      }
      List<HttpResponse<String>> done = new ArrayList<>();
      for (Future<HttpResponse<String>> answer : answers) {
        done.add(answer.get());
      }

      assertThat(done.stream().filter(answer -> answer.statusCode() == 201)).hasSize(1);
      assertThat(done.stream().filter(answer -> answer.statusCode() == 409)).hasSize(7);
      JsonNode winner =
          RunningNotifier.body(
              done.stream().filter(answer -> answer.statusCode() == 201).findFirst().orElseThrow(),
              201);
      for (RunningNotifier instance : both) {
        assertThat(instance.get("/v1/watchers/" + name).at("/sink/url"))
            .isEqualTo(winner.at("/sink/url"));
      }
      List<String> ids = write(10);
      awaitAsserted(() -> assertThat(receiver.calls()).hasSizeGreaterThanOrEqualTo(10));
      assertThat(receiver.eventIds()).isEqualTo(ids);
    }
  }

  /** Each begins by shutting the other out, so they must not do that for ever. */
  @Test
  void twoInstancesThatBothChangeWatchersAllTheTimeBothGetOn() throws Exception {
    int changes = 40;
    try (RunningNotifier other = NotifierWorld.another();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < changes; i++) {
        RunningNotifier by = i % 2 == 0 ? notifier : other;
        String path = "/v1/watchers/" + name + "-" + i;
        String body = definition("", receiver.url("/hook"));
        answers.add(threads.submit(() -> by.send("PUT", path, body).statusCode()));
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> answer : answers) {
        statuses.add(answer.get());
      }
      assertThat(statuses).hasSize(changes).containsOnly(201);
    } finally {
      for (int i = 0; i < changes; i++) {
        notifier.send("DELETE", "/v1/watchers/" + name + "-" + i, "");
      }
    }
  }

  @Test
  void puttingTheSameAgainChangesNothingAndAnotherNeedsItsRevision() {
    JsonNode created = create(definition(""));
    HttpResponse<String> same = put(name, definition(""));
    assertThat(RunningNotifier.body(same, 200).has("secret")).isFalse();
    assertThat(same.headers().firstValue("ETag")).hasValue("\"1\"");
    assertThat(notifier.get(path("")).toString())
        .doesNotContain(created.get("secret").asString())
        .doesNotContain("whsec_");
    assertThat(notifier.get("/v1/watchers").toString()).contains(name).doesNotContain("whsec_");

    String other = definition("\"severity\":\"error\",");
    JsonNode conflict = RunningNotifier.problem(put(name, other), 409);
    assertThat(conflict.get("type").asString()).isEqualTo("/problems/watcher-exists");
    assertThat(conflict.get("detail").asString()).contains("PUT with If-Match: \"1\" replaces it");
    RunningNotifier.problem(put(name, other, "\"7\""), 412);
    HttpResponse<String> replaced = put(name, other, "\"1\"");
    assertThat(RunningNotifier.body(replaced, 200).at("/filter/severity/0").asString())
        .isEqualTo("error");
    assertThat(replaced.headers().firstValue("ETag")).hasValue("\"2\"");

    assertThat(notifier.send("DELETE", path(""), "").statusCode()).isEqualTo(204);
    RunningNotifier.problem(notifier.send(notifier.request(path("")).GET()), 404);
    RunningNotifier.problem(notifier.send("DELETE", path(""), ""), 404);
    RunningNotifier.problem(put(name, other, "\"2\""), 412);
    // One of the same name made anew is another: it does not get what the first one missed.
    write(3);
    create(definition(""));
    List<String> later = write(1);
    awaitAsserted(() -> assertThat(receiver.eventIds()).contains(later.get(0)));
  }

  @Test
  void aTestCallTellsHowItEnded() {
    JsonNode created = create(definition(""));
    receiver.answer(_ -> 200);
    JsonNode good = RunningNotifier.body(notifier.send("POST", path("/test"), ""), 200);
    assertThat(good.get("outcome").asString()).isEqualTo("delivered");
    Receiver.Call call = receiver.calls().getFirst();
    assertThat(call.body()).contains("io.faultline.watcher_test");
    assertThatCode(
            () ->
                new com.standardwebhooks.Webhook(created.get("secret").asString())
                    .verify(call.body(), call.headers()))
        .doesNotThrowAnyException();
    receiver.answer(_ -> 503);
    JsonNode bad = RunningNotifier.body(notifier.send("POST", path("/test"), ""), 200);
    assertThat(bad.get("outcome").asString()).isEqualTo("failed");
    assertThat(bad.get("status").asInt()).isEqualTo(503);
  }

  @Test
  void watchersAreListedPageByPage() {
    List<String> names = IntStream.range(0, 5).mapToObj(i -> name + "-" + i).toList();
    names.forEach(each -> RunningNotifier.body(put(each, definition("")), 201));
    List<String> paged = new ArrayList<>();
    String next = "";
    while (next != null) {
      JsonNode page =
          notifier.get("/v1/watchers?limit=2" + (next.isEmpty() ? "" : "&after=" + next));
      page.get("items").forEach(item -> paged.add(item.get("name").asString()));
      next = page.get("next").isNull() ? null : page.get("next").asString();
    }

    assertThat(paged).isSorted().doesNotHaveDuplicates().containsAll(names);
    names.forEach(each -> notifier.send("DELETE", "/v1/watchers/" + each, ""));
  }

  @Test
  void whatIsNoWatcherIsRefusedAndNamed() {
    String sink = "\"sink\":{\"type\":\"webhook\",\"url\":\"https://example.org/\"}";
    for (Map.Entry<String, String> bad :
        Map.ofEntries(
                Map.entry("{}", "sink"),
                Map.entry("{" + sink + ",\"granularity\":\"daily\"}", "daily"),
                Map.entry("{" + sink + ",\"tries\":[\"soon\"]}", "soon"),
                Map.entry("{" + sink + ",\"tries\":[\"P9D\"]}", "P9D"),
                Map.entry("{" + sink + ",\"groupWait\":\"PT9H\"}", "PT9H"),
                Map.entry("{" + sink + ",\"limits\":{\"connections\":0}}", "connections"),
                Map.entry("{" + sink + ",\"limits\":{\"timeout\":\"PT9H\"}}", "PT9H"),
                Map.entry("{" + sink + ",\"startFrom\":\"yesterday\"}", "yesterday"),
                Map.entry(
                    "{\"filter\":{\"type\":\"log_lost\"},\"granularity\":\"fault\"," + sink + "}",
                    "log_lost"),
                Map.entry("[]", ""),
                Map.entry("nonsense", ""),
                Map.entry("{" + sink + ",\"colour\":\"red\"}", "colour"),
                Map.entry("{\"filter\":{\"colour\":\"red\"}," + sink + "}", "colour"),
                Map.entry("{\"filter\":{\"colour\":7}," + sink + "}", "no filter 'colour'"),
                Map.entry("{\"filter\":{\"layer\":\"nvme\"}," + sink + "}", "nvme"),
                Map.entry("{\"filter\":{\"layer\":7}," + sink + "}", "layer"),
                Map.entry("{\"filter\":{\"layer\":[]}," + sink + "}", "layer"),
                Map.entry("{\"filter\":\"dm\"," + sink + "}", "filter"),
                Map.entry("{\"sink\":{\"type\":\"carrier-pigeon\"}}", "carrier-pigeon"),
                Map.entry("{\"sink\":{\"type\":\"webhook\"}}", "url"),
                Map.entry("{\"sink\":{\"type\":\"webhook\",\"url\":7}}", "url"),
                Map.entry("{\"sink\":{\"type\":\"webhook\",\"url\":\"ftp://x/\"}}", "http"),
                Map.entry(
                    "{\"sink\":{\"type\":\"webhook\",\"url\":\"http://u:p@x.org/\"}}", "password"),
                Map.entry(
                    "{\"sink\":{\"type\":\"webhook\",\"url\":\"http://x.org/\",\"to\":1}}", "to"))
            .entrySet()) {
      JsonNode problem = RunningNotifier.problem(put(name, bad.getKey()), 400);
      assertThat(problem.toString()).as(bad.getKey()).contains(bad.getValue());
    }
    JsonNode foreign =
        RunningNotifier.problem(
            put(name, "{\"sink\":{\"type\":\"kafka\",\"topic\":\"faultline.dm.events\"}}"), 422);
    assertThat(foreign.get("type").asString()).isEqualTo("/problems/topic-not-allowed");
    JsonNode inside =
        RunningNotifier.problem(put(name, definition("", "http://10.0.0.1/hook")), 422);
    assertThat(inside.get("type").asString()).isEqualTo("/problems/address-not-allowed");
    RunningNotifier.problem(put("No%20Name", definition("")), 400);
    RunningNotifier.problem(
        notifier.send(
            notifier
                .request(path(""))
                .header("Content-Type", "text/plain")
                .PUT(java.net.http.HttpRequest.BodyPublishers.ofString("x"))),
        415);
    RunningNotifier.problem(notifier.send("POST", path("/pause"), ""), 404);
    RunningNotifier.problem(notifier.send(notifier.request(path("/deliveries")).GET()), 404);
    RunningNotifier.problem(notifier.send(notifier.request(path("")).GET()), 404);
    RunningNotifier.problem(notifier.send(notifier.request("/v1/watchers?limit=0").GET()), 400);
  }

  private JsonNode create(String definition) {
    return RunningNotifier.body(put(name, definition), 201);
  }

  private HttpResponse<String> put(String watcher, String definition) {
    return notifier.send("PUT", "/v1/watchers/" + watcher, definition);
  }

  private HttpResponse<String> put(String watcher, String definition, String ifMatch) {
    return notifier.send(
        notifier
            .request("/v1/watchers/" + watcher)
            .header("Content-Type", "application/json")
            .header("If-Match", ifMatch)
            .PUT(java.net.http.HttpRequest.BodyPublishers.ofString(definition)));
  }

  private String path(String more) {
    return "/v1/watchers/" + name + more;
  }

  private String definition(String fields) {
    return definition(fields, receiver.url("/hook"));
  }

  private String definition(String fields, String url) {
    return "{\"filter\":{"
        + fields
        + "\"host\":[\""
        + told.host
        + "\"]},\"sink\":{\"type\":\"webhook\",\"url\":\""
        + url
        + "\"}}";
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
