package io.faultline.notifier.above;

import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.events.Topics;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierWorld;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.SseClient;
import io.faultline.notifier.SseClient.Message;
import io.faultline.notifier.Told;
import java.net.Socket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The events over real HTTP. */
class EventsHttpTest {

  private static final AtomicInteger HOSTS = new AtomicInteger();
  private final RunningNotifier notifier = NotifierWorld.notifier();
  private final EventWriter writer = NotifierWorld.writer();

  private final Told told = new Told("sse" + HOSTS.incrementAndGet());

  @Test
  void aStreamBringsEachEventAsStructuredCloudEvent() throws Exception {
    try (SseClient stream = SseClient.open(notifier, "/v1/events?host=" + told.host)) {
      assertThat(stream.response().statusCode()).isEqualTo(200);
      assertThat(stream.response().headers().firstValue("Content-Type"))
          .hasValue("text/event-stream;charset=UTF-8");
      assertThat(stream.response().headers().firstValue("Cache-Control")).hasValue("no-store");
      assertThat(stream.response().headers().firstValue("X-Accel-Buffering")).hasValue("no");
      Event event = told.corrupted("pmem0", told.faultId(1), 8, 16);
      writer.write(event);

      Message message = stream.next();
      assertThat(message.event()).isEqualTo("io.faultline.corrupted_range");
      assertThat(message.id()).isNotEmpty();
      JsonNode data = Json.LENIENT.readTree(message.data());
      assertThat(data.get("specversion").asString()).isEqualTo("1.0");
      assertThat(data.get("id").asString()).isEqualTo(event.id());
      assertThat(data.get("faultid").asString()).isEqualTo(told.faultId(1));
      assertThat(data.at("/data/device").asString()).isEqualTo("pmem0");
      assertThat(data.at("/data/ranges").toString()).isEqualTo("[8,16]");
      awaitAsserted(() -> assertThat(stream.heartbeats()).isGreaterThan(1));
    }
  }

  @Test
  void whoAsksForTheHeadersOnlyIsNotKept() {
    var answer =
        notifier.send(notifier.request("/v1/events").header("Accept", "text/event-stream").HEAD());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type"))
        .hasValue("text/event-stream;charset=UTF-8");
  }

  @Test
  void aClientThatComesAgainGetsExactlyWhatItMissed() throws Exception {
    List<String> written = new ArrayList<>();
    String lastId;
    try (SseClient stream = SseClient.open(notifier, "/v1/events?host=" + told.host)) {
      written.addAll(write(10));
      List<Message> first = stream.next(4);
      assertThat(ids(first)).isEqualTo(written.subList(0, 4));
      lastId = first.get(3).id();
    }
    written.addAll(write(10));

    // A browser comes again to the same address, whatever stands in it.
    String path = "/v1/events?from=beginning&host=" + told.host;
    try (SseClient again = SseClient.open(notifier, path, lastId)) {
      assertThat(ids(again.next(16))).isEqualTo(written.subList(4, 20));
      written.addAll(write(1));
      assertThat(ids(again.next(1))).isEqualTo(written.subList(20, 21));
    }
    try (SseClient all = SseClient.open(notifier, path)) {
      assertThat(ids(all.next(21))).isEqualTo(written);
    }
    try (SseClient from =
        SseClient.open(notifier, "/v1/events?host=" + told.host + "&from=" + lastId)) {
      assertThat(ids(from.next(17))).isEqualTo(written.subList(4, 21));
    }
  }

  @Test
  void onlyWhatWasAskedForComes() throws Exception {
    Event device = told.corrupted("pmem0", told.faultId(1), 8, 16);
    Event volume = told.volumeCorrupted("vol0", told.faultId(1), "pmem0", 8, 16);
    Event file = told.fileLost("data", told.faultId(1), 7, "/db/a,b.wal", 0);
    Event added = told.added("pmem1", 64);
    writer.write(device, volume, file, added);
    String query = "/v1/events?from=beginning&host=" + told.host;
    for (Map.Entry<String, Event> expected :
        Map.of(
                "&layer=dm", volume,
                "&type=io.faultline.file_range_lost", file,
                "&type=device_added,volume_added", added,
                "&filesystem=data&severity=error", file,
                "&path=/db/*%5C,b.wal", file,
                "&device=pmem1&severity=info", added,
                "&volume=vol0&layer=dm&layer=device", volume)
            .entrySet()) {
      try (SseClient stream = SseClient.open(notifier, query + expected.getKey())) {
        assertThat(ids(stream.next(1)))
            .as(expected.getKey())
            .containsExactly(expected.getValue().id());
      }
    }
  }

  @Test
  void everyFilterLetsThroughWhatItNamesAndNothingElse() {
    Event device = told.corrupted("pmem0", told.faultId(1), 8, 16);
    Event volume = told.redundancyLost("vol0", told.faultId(1), "pmem0", 8, 16);
    Event file = told.fileLost("data", told.faultId(1), 7, "/srv/a/b", 0);
    Event shut = told.shutdown("data", told.faultId(2), "LOG_IO");
    Event added = told.added("pmem1", 64);
    writer.write(device, volume, file, shut, added);
    String all = "/v1/events?host=" + told.host;
    awaitAsserted(() -> assertThat(notifier.get(all).get("items").size()).isEqualTo(5));
    for (Map.Entry<String, List<Event>> expected :
        Map.ofEntries(
                Map.entry("layer=device", List.of(device, added)),
                Map.entry("layer=device,fs", List.of(device, added, file, shut)),
                Map.entry("type=redundancy_lost", List.of(volume)),
                Map.entry("device=pmem0", List.of(device, volume)),
                Map.entry("device=vol0", List.of(volume, file, shut)),
                Map.entry("volume=vol0", List.of(volume, file, shut)),
                Map.entry("volume=pmem1", List.<Event>of()),
                Map.entry("filesystem=data", List.of(file, shut)),
                Map.entry("path=/srv/**", List.of(file)),
                Map.entry("path=/srv/*", List.<Event>of()),
                Map.entry("path=/srv/?/b", List.of(file)),
                Map.entry("fault=" + told.faultId(2), List.of(shut)),
                Map.entry("severity=info", List.of(device, volume, file, shut, added)),
                Map.entry("severity=warning", List.of(device, volume, file, shut)),
                Map.entry("severity=error", List.of(device, file, shut)),
                Map.entry("severity=critical", List.of(shut)),
                Map.entry("from=2020-01-01T00:00:00Z", List.of(device, volume, file, shut, added)))
            .entrySet()) {
      List<String> got = new ArrayList<>();
      notifier
          .get(all + "&" + expected.getKey())
          .get("items")
          .forEach(item -> got.add(item.get("id").asString()));
      assertThat(got)
          .as(expected.getKey())
          .containsExactlyInAnyOrderElementsOf(
              expected.getValue().stream().map(Event::id).toList());
    }
  }

  @Test
  void aTimeIsAPointToBeginAt() throws Exception {
    List<String> written = write(3);
    String time = Instant.now().minusSeconds(3600).toString();

    try (SseClient stream =
        SseClient.open(notifier, "/v1/events?host=" + told.host + "&from=" + time)) {
      assertThat(ids(stream.next(3))).isEqualTo(written);
      List<String> live = write(2);
      assertThat(ids(stream.next(2))).isEqualTo(live);
    }
  }

  @Test
  void aSlowClientIsDroppedAndTheOthersGoOn() throws Exception {
    double before = notifier.count("faultline.notifier.clients.dropped");
    String path = "/v1/events?host=" + told.host;
    try (Socket slow = new Socket()) {
      slow.setReceiveBufferSize(4096);
      slow.connect(new java.net.InetSocketAddress("127.0.0.1", notifier.port()));
      slow.getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                  .getBytes(UTF_8));
      // The first bytes of the answer: the stream is open. After that nothing is read.
      assertThat(slow.getInputStream().readNBytes(12)).asString(UTF_8).contains("200");
      try (SseClient quick = SseClient.open(notifier, path)) {
        int written = 0;
        while (notifier.count("faultline.notifier.clients.dropped") == before) {
          assertThat(written).as("events until the slow one is dropped").isLessThan(200_000);
          List<String> ids = writeLarge(NotifierWorld.QUEUE / 2);
          assertThat(ids(quick.next(ids.size()))).isEqualTo(ids);
          written += ids.size();
        }
        List<String> more = write(3);
        assertThat(ids(quick.next(3))).isEqualTo(more);
        assertThat(notifier.count("faultline.notifier.clients.dropped")).isEqualTo(before + 1);
      }
    }
  }

  @Test
  void thereIsALimitOfStreamsAndWhoLeavesMakesRoom() throws Exception {
    awaitAsserted(() -> assertThat(notifier.count("faultline.notifier.streams.open")).isEqualTo(0));
    List<SseClient> open = new ArrayList<>();
    for (int i = 0; i < NotifierWorld.MAX_STREAMS; i++) {
      open.add(SseClient.open(notifier, "/v1/events?host=" + told.host));
    }
    assertThat(notifier.count("faultline.notifier.streams.open"))
        .isEqualTo(NotifierWorld.MAX_STREAMS);
    var refused =
        notifier.send(notifier.request("/v1/events").header("Accept", "text/event-stream").GET());
    assertThat(RunningNotifier.problem(refused, 503).get("type").asString())
        .isEqualTo("/problems/too-many-streams");
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();

    for (SseClient stream : open) {
      stream.close();
    }
    awaitAsserted(() -> assertThat(notifier.count("faultline.notifier.streams.open")).isEqualTo(0));
  }

  @Test
  void pagesOfJsonBringEveryEventOnce() {
    List<String> written = write(25);
    writer.writeGarbage(Topics.DM_EVENTS, told.host);

    List<String> paged = new ArrayList<>();
    String query = "/v1/events?limit=10&host=" + told.host;
    String next = "";
    String cursor = "";
    while (next != null) {
      JsonNode page = notifier.get(query + (next.isEmpty() ? "" : "&after=" + next));
      page.get("items").forEach(item -> paged.add(item.get("id").asString()));
      next = page.get("next").isNull() ? null : page.get("next").asString();
      cursor = page.get("cursor").asString();
    }
    assertThat(paged).isEqualTo(written);

    // Where the pages ended one can go on later, by page or by stream.
    List<String> later = write(2);
    String path = query + "&after=" + cursor;
    awaitAsserted(() -> assertThat(notifier.get(path).get("items").size()).isEqualTo(2));
    assertThat(notifier.get(path).at("/items/0/id").asString()).isEqualTo(later.get(0));
    try (SseClient stream =
        SseClient.open(notifier, "/v1/events?host=" + told.host + "&from=" + cursor)) {
      assertThat(ids(stream.next(2))).isEqualTo(later);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    assertThat(notifier.get(query + "&from=now").get("items")).isEmpty();
    assertThat(notifier.get(query + "&from=" + Instant.now().plusSeconds(60)).get("items"))
        .isEmpty();
  }

  @Test
  void whatCannotBeAskedForIsRefusedAndNamed() {
    for (Map.Entry<String, String> bad :
        Map.ofEntries(
                Map.entry("colour=red", "colour"),
                Map.entry("layer=nvme", "nvme"),
                Map.entry("layer=", "layer"),
                Map.entry("type=corrupted_range,nothing", "nothing"),
                Map.entry("severity=bad", "bad"),
                Map.entry("host=A%20B", "A B"),
                Map.entry("device=../x", "../x"),
                Map.entry("from=yesterday", "yesterday"),
                Map.entry("from=now&from=now", "from"),
                Map.entry("from=AAAA", "AAAA"),
                Map.entry("after=%00", "after"),
                Map.entry("limit=0", "limit"),
                Map.entry("limit=1001", "1001"),
                Map.entry("limit=many", "many"))
            .entrySet()) {
      JsonNode problem =
          RunningNotifier.problem(
              notifier.send(notifier.request("/v1/events?" + bad.getKey()).GET()), 400);
      assertThat(problem.get("detail").asString()).as(bad.getKey()).contains(bad.getValue());
    }
    var stream = notifier.request("/v1/events").header("Accept", "text/event-stream");
    RunningNotifier.problem(notifier.send(stream.header("Last-Event-ID", "!!").GET()), 400);
    RunningNotifier.problem(
        notifier.send(
            notifier.request("/v1/events?limit=3").header("Accept", "text/event-stream").GET()),
        400);
    RunningNotifier.problem(
        notifier.send(notifier.request("/v1/events").header("Accept", "image/png").GET()), 406);
    assertThat(
            notifier
                .send(notifier.request("/v1/events?from=now").header("Accept", "*/*").GET())
                .body())
        .startsWith("{\"items\":[]");
  }

  @Test
  void aPointOfOtherTopicsIsToldToBeGone() throws Exception {
    List<String> written = write(1);
    String cursor = notifier.get("/v1/events?from=now").get("cursor").asString();
    byte[] bytes = java.util.Base64.getUrlDecoder().decode(cursor);
    bytes[2] ^= 1;
    String foreign = java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);

    try (SseClient stream = SseClient.open(notifier, "/v1/events?host=" + told.host, foreign)) {
      assertThat(stream.next().event()).isEqualTo("resync");
      assertThat(ids(stream.next(1))).isEqualTo(written);
    }
    assertThat(notifier.get("/v1/events?after=" + foreign).get("resync").asBoolean()).isTrue();
  }

  private List<String> write(int count) {
    Event[] events =
        IntStream.range(0, count)
            .mapToObj(i -> told.corrupted("pmem0", null, i, 1))
            .toArray(Event[]::new);
    writer.write(events);
    return List.of(events).stream().map(Event::id).toList();
  }

  private List<String> writeLarge(int count) {
    Event[] events =
        IntStream.range(0, count)
            .mapToObj(i -> told.fileLost("data", null, i, "/" + "x".repeat(4000), 0))
            .toArray(Event[]::new);
    writer.write(events);
    return List.of(events).stream().map(Event::id).toList();
  }

  private static List<String> ids(List<Message> messages) {
    return messages.stream()
        .map(message -> Json.LENIENT.readTree(message.data()).get("id").asString())
        .toList();
  }
}
