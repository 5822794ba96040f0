package io.faultline.notifier.above;

import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.RecoveredData;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierWorld;
import io.faultline.notifier.RunningNotifier;
import io.faultline.notifier.Told;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Fault cases and the topology over real HTTP, Kafka in between. */
class FaultsHttpTest {

  private final RunningNotifier notifier = NotifierWorld.notifier();
  private final EventWriter writer = NotifierWorld.writer();

  @Test
  void aFaultIsFollowedFromOpenToResolved() {
    Told told = new Told("life");
    String id = told.faultId(1);
    writer.write(
        told.added("pmem0", 1024),
        told.fileLost("data", id, 144, "/ref-src", 0),
        told.volumeCorrupted("vol0", id, "pmem0", 16, 8),
        told.corrupted("pmem0", id, 8, 8));
    awaitAsserted(() -> assertThat(events(id)).isEqualTo(3));

    JsonNode fault = notifier.get("/v1/faults/" + id);
    assertThat(fault.get("state").asString()).isEqualTo("open");
    assertThat(fault.get("device").asString()).isEqualTo("pmem0");
    assertThat(fault.get("ranges").toString()).isEqualTo("[8,8]");
    assertThat(fault.at("/volumes/0/volume").asString()).isEqualTo("vol0");
    assertThat(fault.at("/files/0/paths/0").asString()).isEqualTo("/ref-src");
    JsonNode acknowledged =
        RunningNotifier.body(
            notifier.send(
                "POST", "/v1/faults/" + id + "/acknowledge", "{\"by\":\"ann\",\"reason\":\"x\"}"),
            200);
    assertThat(acknowledged.get("state").asString()).isEqualTo("acknowledged");
    assertThat(notifier.get("/v1/faults?host=life&state=acknowledged").get("items")).hasSize(1);

    assertThat(ids("/v1/faults?host=life&volume=vol0&filesystem=data&path=/ref-*"))
        .containsExactly(id);
    assertThat(ids("/v1/faults?host=life&path=/other/**")).isEmpty();
    JsonNode path = notifier.get("/v1/faults/" + id + "/path").get("path");
    assertThat(path.at("/0/name").asString()).isEqualTo("pmem0");
    assertThat(path.at("/0/children/0/name").asString()).isEqualTo("vol0");
    assertThat(path.at("/0/children/0/children/0/inode").asLong()).isEqualTo(144);
    JsonNode strip = notifier.get("/v1/topology/life/block-devices/pmem0/strip?bins=64");
    assertThat(strip.get("binSectors").asLong()).isEqualTo(16);
    assertThat(strip.get("bad").toString()).isEqualTo("[[0,8]]");

    writer.write(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 8, 8));
    awaitAsserted(
        () ->
            assertThat(notifier.get("/v1/faults/" + id).get("state").asString())
                .isEqualTo("resolved"));
    RunningNotifier.problem(notifier.send("POST", "/v1/faults/" + id + "/acknowledge", ""), 409);
    RunningNotifier.body(notifier.send("POST", "/v1/faults/" + id + "/resolve", ""), 200);
    assertThat(notifier.get("/v1/topology/life").at("/devices/0/name").asString())
        .isEqualTo("pmem0");
  }

  @Test
  void faultsOfAllHostsAreOneListPageByPage() {
    List<String> expected = new ArrayList<>();
    for (String host : List.of("list-a", "list-b", "list-c", "list-d")) {
      Told told = new Told(host);
      for (int i = 0; i < 5; i++) {
        writer.write(told.corrupted("pmem0", told.faultId(i), i, 1), told.added("pmem0", 64));
        expected.add(told.faultId(i));
      }
    }
    awaitAsserted(() -> assertThat(ids("/v1/faults?limit=1000")).containsAll(expected));

    for (int limit : new int[] {1, 5, 7, 1000}) {
      List<String> paged = new ArrayList<>();
      List<String> opened = new ArrayList<>();
      String next = "";
      while (next != null) {
        JsonNode page =
            notifier.get("/v1/faults?limit=" + limit + (next.isEmpty() ? "" : "&after=" + next));
        assertThat(page.get("items").size()).isLessThanOrEqualTo(limit);
        page.get("items").forEach(item -> paged.add(item.get("id").asString()));
        page.get("items").forEach(item -> opened.add(item.get("openedAt").asString()));
        next = page.get("next").isNull() ? null : page.get("next").asString();
      }
      assertThat(paged).doesNotHaveDuplicates().containsAll(expected);
      assertThat(opened)
          .isSortedAccordingTo(Comparator.<String, Instant>comparing(Instant::parse).reversed());
    }
    assertThat(ids("/v1/faults?host=list-b,list-c&limit=7")).hasSize(7);
    assertThat(ids("/v1/faults?host=list-b&severity=error&device=pmem0,pmem1")).hasSize(5);
    assertThat(
            ids("/v1/faults?host=list-b&state=open&cause=media_error&since=2026-01-01T00:00:00Z"))
        .hasSize(5);
    assertThat(ids("/v1/faults?host=list-b&until=2026-01-01T01:00:00%2B01:00")).isEmpty();
    assertThat(ids("/v1/faults?host=list-b&volume=vol0")).isEmpty();
    assertThat(ids("/v1/faults?host=list-b&severity=critical")).isEmpty();
    assertThat(ids("/v1/faults?host=nobody")).isEmpty();

    JsonNode first = notifier.get("/v1/topology?limit=1");
    assertThat(first.get("items")).hasSize(1);
    String after = first.get("next").asString();
    assertThat(notifier.get("/v1/topology?limit=1&after=" + after).at("/items/0/host").asString())
        .isGreaterThan(after);
    List<String> hosts = new ArrayList<>();
    notifier
        .get("/v1/topology")
        .get("items")
        .forEach(item -> hosts.add(item.get("host").asString()));
    assertThat(hosts).contains("list-a", "list-b", "list-c", "list-d");
  }

  @Test
  void whatCannotBeAskedForIsRefusedAndNamed() {
    for (Map.Entry<String, String> bad :
        Map.ofEntries(
                Map.entry("/v1/faults?state=broken", "broken"),
                Map.entry("/v1/faults?colour=red", "colour"),
                Map.entry("/v1/faults?severity=bad", "bad"),
                Map.entry("/v1/faults?cause=age", "age"),
                Map.entry("/v1/faults?host=A", "A"),
                Map.entry("/v1/faults?volume=..", ".."),
                Map.entry("/v1/faults?path=", "path"),
                Map.entry("/v1/faults?since=yesterday", "yesterday"),
                Map.entry("/v1/faults?until=1&until=2", "until"),
                Map.entry("/v1/faults?after=x", "after"),
                Map.entry("/v1/faults?limit=0", "limit"),
                Map.entry("/v1/faults?limit=many", "many"),
                Map.entry("/v1/faults/nonsense", "nonsense"),
                Map.entry("/v1/faults/nonsense/path", "nonsense"),
                Map.entry("/v1/topology/A", "A"),
                Map.entry("/v1/topology?after=A", "A"),
                Map.entry("/v1/topology/life/block-devices/pmem0/strip?bins=0", "bins"),
                Map.entry("/v1/topology/life/block-devices/pmem0/strip?count=0", "count"),
                Map.entry("/v1/topology/life/block-devices/pmem0/strip?sector=-1", "sector"))
            .entrySet()) {
      JsonNode problem =
          RunningNotifier.problem(notifier.send(notifier.request(bad.getKey()).GET()), 400);
      assertThat(problem.get("detail").asString()).as(bad.getKey()).contains(bad.getValue());
    }
    RunningNotifier.problem(notifier.send(notifier.request("/v1/faults/local:01X").GET()), 404);
    RunningNotifier.problem(notifier.send(notifier.request("/v1/topology/nobody").GET()), 404);
    RunningNotifier.problem(notifier.send("POST", "/v1/faults/local:01X/resolve", ""), 404);
    RunningNotifier.problem(
        notifier.send("POST", "/v1/faults/local:01X/resolve", "{\"who\":\"ann\"}"), 400);
    for (String said :
        List.of(
            "{\"by\":\"" + "a".repeat(200) + "\"}",
            "{\"reason\":\"" + "a".repeat(1100) + "\"}",
            "{\"by\":\"  \"}",
            "{\"by\":\"ann\\nbob\"}",
            "{\"reason\":\"a\\u0000\"}",
            "[]")) {
      RunningNotifier.problem(notifier.send("POST", "/v1/faults/local:01X/resolve", said), 400);
    }
  }

  @Test
  void theFrontPageSaysWhatThisIsAndTheInterfaceIsDescribed() {
    var page = notifier.send(notifier.request("/").header("Accept", "text/html").GET());
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("/v1/topology", "/v1/events", "/v1/openapi.json");
    JsonNode api = notifier.get("/v1/openapi.json");
    assertThat(api.get("paths").propertyNames())
        .contains(
            "/v1/events",
            "/v1/faults",
            "/v1/faults/{id}",
            "/v1/topology",
            "/v1/watchers/{watcher}");
  }

  private long events(String id) {
    var answer = notifier.send(notifier.request("/v1/faults/" + id).GET());
    return answer.statusCode() == 200
        ? RunningNotifier.body(answer, 200).at("/counts/events").asLong()
        : 0;
  }

  private List<String> ids(String path) {
    List<String> ids = new ArrayList<>();
    notifier.get(path).get("items").forEach(item -> ids.add(item.get("id").asString()));
    return ids;
  }
}
