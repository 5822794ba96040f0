package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.EventStream.Arrived;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Ends the process with SIGKILL in the middle of a burst of faults: nothing told is lost or
 * doubled.
 */
class KillIT {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final List<String> HOSTS = List.of("local", "rack1", "rack2");
  private static final int ACKNOWLEDGED_BEFORE_KILL = 300;

  @TempDir Path folder;

  private record Injected(
      String host, String device, long sector, String faultId, String eventId) {}

  @Test
  void afterAKillEachFaultIsThereOnceAndEachEventWasTold() throws InterruptedException {
    try (StandaloneProcess faultline = StandaloneProcess.on(folder.resolve("data")).startReady()) {
      for (String host : HOSTS) {
        new Api(faultline, host).buildWalk(PROJECT);
      }

      List<Injected> acknowledged = burstUntilKilled(faultline);
      faultline.startReady();

      try (EventStream stream = EventStream.open(faultline, "?from=beginning")) {
        Set<String> faultIds = new HashSet<>();
        acknowledged.forEach(injected -> faultIds.add(injected.faultId()));
        awaitTold(stream, faultIds);
        assertEachAcknowledgedEventWasTold(stream, acknowledged);
        assertOrderPerSource(stream);
        assertEachFaultOnce(new Api(faultline, "local"), acknowledged);
      }
    }
  }

  private static List<Injected> burstUntilKilled(StandaloneProcess faultline)
      throws InterruptedException {
    ConcurrentLinkedQueue<Injected> acknowledged = new ConcurrentLinkedQueue<>();
    CountDownLatch enough = new CountDownLatch(ACKNOWLEDGED_BEFORE_KILL);
    List<Thread> clients = new ArrayList<>();
    for (String host : HOSTS) {
      for (String device : List.of("pmem0", "pmem1")) {
        clients.add(
            Thread.ofVirtual()
                .start(() -> injectUntilDead(faultline, host, device, acknowledged, enough)));
      }
    }
    enough.await();
    faultline.kill();
    for (Thread client : clients) {
      client.join();
    }
    return List.copyOf(acknowledged);
  }

  /** Each client poisons every eighth sector of the first 3 MiB of its device, in order. */
  private static void injectUntilDead(
      StandaloneProcess faultline,
      String host,
      String device,
      ConcurrentLinkedQueue<Injected> acknowledged,
      CountDownLatch enough) {
    Api api = new Api(faultline, host);
    try {
      for (long sector = 96; sector < 96 + 8 * 700; sector += 8) {
        HttpResponse<String> answer =
            api.send(
                "POST",
                "devices/" + device + "/faults",
                "application/json",
                "{\"sector\":" + sector + ",\"count\":1}");
        if (answer.statusCode() == 202) {
          JsonNode body = Json.LENIENT.readTree(answer.body());
          acknowledged.add(
              new Injected(
                  host,
                  device,
                  sector,
                  body.get("faultId").asString(),
                  body.get("eventId").asString()));
          enough.countDown();
        }
      }
    } catch (UncheckedIOException killed) {
      // As planned. Whether the last call was carried out nobody knows.
    }
  }

  /** Every fault reaches the filesystem layer: a lost file range, lost metadata or free space. */
  private static void awaitTold(EventStream stream, Set<String> faultIds) {
    Set<String> missing = new HashSet<>(faultIds);
    stream.await(
        "an effect in the filesystem for each of " + faultIds.size() + " faults",
        1,
        event -> {
          if (event.event().get("source").asString().contains("/filesystems/")) {
            missing.remove(event.faultId());
          }
          return missing.isEmpty();
        });
  }

  private static void assertEachAcknowledgedEventWasTold(
      EventStream stream, List<Injected> acknowledged) {
    Map<String, Arrived> byId = new HashMap<>();
    Set<String> volumeFaults = new HashSet<>();
    for (Arrived event : stream.all()) {
      byId.put(event.event().get("id").asString(), event);
      if (event.event().get("source").asString().contains("/volumes/")) {
        volumeFaults.add(event.faultId());
      }
    }
    for (Injected injected : acknowledged) {
      Arrived event = byId.get(injected.eventId());
      assertThat(event).as("the event of " + injected).isNotNull();
      assertThat(event.data().get("device").asString()).isEqualTo(injected.device());
      assertThat(event.data().get("ranges").toString()).isEqualTo("[" + injected.sector() + ",1]");
      assertThat(volumeFaults).contains(injected.faultId());
    }
  }

  /**
   * A repeat may come (at least once), but never an older event after a newer one of one source.
   */
  private static void assertOrderPerSource(EventStream stream) {
    Map<String, Long> last = new TreeMap<>();
    Set<String> seen = new HashSet<>();
    for (Arrived event : stream.all()) {
      if (seen.add(event.event().get("id").asString())) {
        String source =
            event.event().get("source").asString() + " " + event.event().get("sliceid").asString();
        long sequence = event.event().get("sequence").asLong();
        assertThat(sequence).as(source).isGreaterThan(last.getOrDefault(source, 0L));
        last.put(source, sequence);
      }
    }
  }

  private static void assertEachFaultOnce(Api api, List<Injected> acknowledged) {
    Map<String, Integer> times = new HashMap<>();
    String after = "";
    do {
      JsonNode page = api.get("/v1/faults?limit=200" + (after.isEmpty() ? "" : "&after=" + after));
      for (JsonNode fault : page.get("items")) {
        times.merge(fault.get("id").asString(), 1, Integer::sum);
      }
      after = page.path("next").asString("");
    } while (!after.isEmpty());
    assertThat(times.values()).as("each fault is listed once").containsOnly(1);
    for (Injected injected : acknowledged) {
      assertThat(times).as(injected.toString()).containsKey(injected.faultId());
    }
    // At most the one call of each client that was not answered has been carried out besides.
    assertThat(times.size()).isBetween(acknowledged.size(), acknowledged.size() + 2 * HOSTS.size());
  }
}
