package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.events.Ulids;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.GetStrip;
import io.faultline.notifier.core.NotifierCommand.GetTopology;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.Stamp;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A case from its cause to its end, and what of that concerns people. */
class FaultLifeTest {

  private static final int PART = 4_096;

  private final Told told = new Told("h1");
  private final String id = told.faultId(1);
  private final SealedCodec<NotifierFact> codec = new SealedCodec<>(NotifierFact.class);
  private final NotifierCore rules = new NotifierCore(new Capacity(3, 2, 1 << 20));
  private final CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
      new CoreHarness<>("notifier", rules, new SealedCodec<>(NotifierCommand.class), codec, "h1");

  @Test
  void whatConcernsPeopleIsToldOnceForEachInput() {
    assertThat(changes(told.corrupted("pmem0", id, 0, 8)))
        .containsExactly("opened [DEVICES, SECTORS]");
    assertThat(changes(told.volumeCorrupted("vol0", id, "pmem0", 8, 8)))
        .containsExactly("grew [SECTORS, VOLUMES]");
    // The same once more reaches nothing that it did not reach before.
    assertThat(changes(told.volumeCorrupted("vol0", id, "pmem0", 8, 8))).isEmpty();
    assertThat(changes(told.shutdown("data", id, "META_IO")))
        .containsExactly("grew [FILESYSTEMS, SEVERITY]");

    assertThat(changes(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 4))).isEmpty();
    assertThat(changes(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 4, 4)))
        .containsExactly("resolved []");
    assertThat(changes(told.corrupted("pmem0", id, 0, 16))).containsExactly("reopened [SECTORS]");
  }

  private List<String> changes(Event event) {
    Stamp stamp = new Stamp(event.time(), "h1", new Ulids(event.time(), 1), "notifier", 0);
    List<String> changes =
        FaultRules.heard(core.state(), event, new Capacity(3, 2, 1 << 20), Decision.builder(stamp))
            .stream()
            .map(change -> change.kind().text() + " " + new TreeSet<>(names(change.grown())))
            .toList();
    core.hear(event);
    return changes;
  }

  private static List<String> names(Set<FaultChange.Growth> grown) {
    return grown.stream().map(Enum::name).toList();
  }

  @Test
  void aMillionRangesHealOneByOneAndTheFaultIsOver() {
    int parts = 64;
    for (int part = 0; part < parts; part++) {
      int bytes = hear(told.corrupted("pmem0", id, pairs(part)));
      assertThat(bytes).as("written for one part").isLessThan(96 * 1024);
    }
    assertThat(fault().at("/devices/0/badSectors").asInt()).isEqualTo(parts * PART);
    assertThat(fault().at("/devices/0/ranges")).hasSize(200);
    // Sector by sector it writes little.
    int bytes = hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 3 * 10_007, 1));
    assertThat(bytes).isLessThan(24 * 1024);
    assertThat(core.replayed()).isEqualTo(core.state());

    for (int part = parts - 1; part >= 0; part--) {
      assertThat(fault().get("state").asString()).isEqualTo("open");
      hear(told.recovered("pmem0", null, RecoveredData.ZEROED, pairs(part)));
    }
    assertThat(fault().get("state").asString()).isEqualTo("resolved");
    assertThat(fault().at("/timeline")).hasSize(3);
    assertThat(fault().at("/timeline/1/what").asString()).isEqualTo("partly_recovered");
    assertThat(fault().at("/timeline/1/times").asInt()).isEqualTo(parts);
    assertThat(core.state().badRanges()).isZero();
  }

  private static long[] pairs(int part) {
    long[] pairs = new long[2 * PART];
    for (int i = 0; i < PART; i++) {
      pairs[2 * i] = 3L * (part * PART + i);
      pairs[2 * i + 1] = 1;
    }
    return pairs;
  }

  @Test
  void whatIsMoreThanIsKeptIsRoundedUpAndStillHealsWhole() {
    CoreHarness<NotifierState, NotifierCommand, NotifierFact> small =
        new CoreHarness<>(
            "notifier",
            new NotifierCore(new Capacity(3, 2, 1_000)),
            new SealedCodec<>(NotifierCommand.class),
            codec,
            "h1");
    small.hear(told.corrupted("pmem0", id, pairs(0)));

    assertThat(small.state().badRanges()).isLessThan(10);
    small.hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 3 * PART));
    assertThat(body(small.command(new GetFault(id))).get("state").asString()).isEqualTo("resolved");
  }

  @Test
  void moreFaultsThanAreKeptAreCountedAndRefused() {
    for (int i = 1; i <= 5; i++) {
      hear(told.corrupted("pmem0", told.faultId(i), 8 * i, 8));
    }
    assertThat(core.state().openCases()).isEqualTo(3);
    assertThat(core.state().refusedCases()).isEqualTo(2);

    // Whoever calls one done makes room.
    core.command(new ResolveFault(id, "ann", "known"));
    hear(told.corrupted("pmem0", told.faultId(6), 80, 8));
    assertThat(core.state().openCases()).isEqualTo(3);
    assertThat(core.command(new GetFault(id)).status()).isEqualTo(200);
  }

  @Test
  void whoResolvedByHandAndTheDeviceLaterAreBothInTheTimeLine() {
    hear(told.corrupted("pmem0", id, 0, 16));
    core.pass(Duration.ofMillis(1));
    core.command(new ResolveFault(id, "ann", "replaced"));
    hear(told.volumeCorrupted("vol0", id, "pmem0", 0, 16));
    assertThat(fault().get("state").asString()).isEqualTo("open");
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 16));

    assertThat(fault().get("state").asString()).isEqualTo("resolved");
    List<String> lines = new ArrayList<>();
    fault().get("timeline").forEach(line -> lines.add(line.get("what").asString()));
    assertThat(lines).containsExactly("opened", "resolved", "reopened", "resolved");
    assertThat(fault().at("/timeline/1/by").asString()).isEqualTo("ann");
    assertThat(fault().at("/timeline/2/event").asString()).contains("EVENT");
  }

  @Test
  void theTopologyTellsSizesKindsRemovalsAndWhatIsMissing() {
    hear(
        told.added("pmem0", 2048),
        told.added("pmem1", 2048),
        told.volumeAdded("vol0", 4096, "pmem0", "pmem1"),
        told.mounted("data", "vol0"),
        told.leaving("pmem0", id, 2048));

    JsonNode topology = body(core.command(new GetTopology()));
    assertThat(topology.at("/devices/0/sizeBytes").asLong()).isEqualTo(2048 * 512);
    assertThat(topology.at("/devices/0/holders").toString()).isEqualTo("[\"dm:vol0\"]");
    assertThat(topology.at("/devices/0/state").asString()).isEqualTo("leaving");
    assertThat(topology.at("/devices/0/openFaults").asInt()).isEqualTo(1);
    assertThat(topology.at("/devices/0/removal/state").asString()).isEqualTo("announced");
    assertThat(topology.at("/devices/0/removal/holders").toString()).isEqualTo("[\"dm:vol0\"]");
    assertThat(topology.at("/volumes/0/holders").toString()).isEqualTo("[\"fs:data\"]");
    assertThat(topology.at("/faults/open").asInt()).isEqualTo(1);
    assertThat(topology.get("missingCount").asInt()).isZero();

    hear(told.gone("pmem0", id, 2048), told.removed("pmem0", id, "planned"));
    topology = body(core.command(new GetTopology()));
    assertThat(topology.at("/devices/0/removal/state").asString()).isEqualTo("removed");
    assertThat(topology.at("/devices/0/removal/acknowledged").asBoolean()).isTrue();
    hear(told.removed("pmem0", null, "deleted"));
    topology = body(core.command(new GetTopology()));
    assertThat(topology.at("/missing").toString())
        .isEqualTo("[{\"name\":\"pmem0\",\"holders\":[\"dm:vol0\"]}]");
    assertThat(topology.at("/faults/resolved").asInt()).isEqualTo(1);
  }

  @Test
  void aSurpriseAsksNobodyAndWhoStoodThereIsToldAllTheSame() {
    hear(
        told.added("pmem0", 2048),
        told.mounted("data", "pmem0"),
        told.gone("pmem0", id, 2048),
        told.removed("pmem0", id, "surprise"));

    JsonNode removal = body(core.command(new GetTopology())).at("/devices/0/removal");
    assertThat(removal.get("mode").asString()).isEqualTo("surprise");
    assertThat(removal.get("holders").toString()).isEqualTo("[\"fs:data\"]");
  }

  @Test
  void aStripIsBinnedExactly() {
    hear(
        told.added("pmem0", 1000),
        told.corrupted("pmem0", id, 95, 10, 400, 200),
        told.corrupted("pmem0", told.faultId(2), 599, 2));

    JsonNode strip = body(core.command(new GetStrip("pmem0", 0, null, 10)));
    assertThat(strip.get("binSectors").asInt()).isEqualTo(100);
    assertThat(strip.get("bad").toString()).isEqualTo("[[0,5],[1,5],[4,100],[5,100],[6,1]]");
    assertThat(strip.get("badSectors").asInt()).isEqualTo(211);
    assertThat(strip.get("badRanges").toString()).isEqualTo("[95,10,400,201]");
    strip = body(core.command(new GetStrip("pmem0", 100, 8L, 100)));
    assertThat(strip.get("binSectors").asInt()).isEqualTo(1);
    assertThat(strip.get("bad").toString()).isEqualTo("[[0,1],[1,1],[2,1],[3,1],[4,1]]");
    assertThat(body(core.command(new GetStrip("pmem0", 5000, null, 10))).get("bad")).isEmpty();
    assertThat(core.command(new GetStrip("nobody", 0, null, 10)).status()).isEqualTo(404);
  }

  /** Hears it, and answers how many bytes that writes. */
  private int hear(Event... events) {
    int bytes = 0;
    for (Event event : events) {
      Stamp stamp = new Stamp(event.time(), "h1", new Ulids(event.time(), 1), "notifier", 0);
      for (Fact<NotifierFact> fact :
          rules.decide(core.state(), new Input.Heard<>(stamp, event)).facts()) {
        NotifierFact value = fact.value();
        bytes += fact.key().length() + (value == null ? 0 : codec.encode(value).length);
      }
      core.hear(event);
    }
    return bytes;
  }

  private JsonNode fault() {
    return body(core.command(new GetFault(id)));
  }

  private static JsonNode body(Answer answer) {
    assertThat(answer).isInstanceOf(Answer.Done.class);
    return Json.LENIENT.readTree(Json.LENIENT.writeValueAsBytes(((Answer.Done) answer).body()));
  }
}
