package io.faultline.dm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.target.Targets;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * What a real kernel was seen to do with tables, whichever cases the folder {@code
 * faultline.oracle} holds: every run that was observed is found on the way up and on the way down,
 * and nothing more; what was refused is refused with the kernel's reason.
 */
class OracleTest {

  private record Run(String device, long deviceSector, long sectors, String dm, long dmSector) {}

  private static final Pattern TABLE_MESSAGE =
      Pattern.compile("device-mapper: table: (?:\\d+:\\d+: )?(.*)");

  static List<Path> cases() throws IOException {
    Path folder = Path.of(System.getProperty("faultline.oracle"), "dm");
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  @Test
  void thereAreCases() throws IOException {
    assertThat(cases()).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> everyCase() throws IOException {
    return cases().stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> check(Json.LENIENT.readTree(file.toFile()))));
  }

  private static void check(JsonNode observed) {
    skipTargetsThatComeLater(observed);
    TestHost host = new TestHost();
    Map<String, String> numbers = new TreeMap<>();
    for (JsonNode leaf : observed.get("leaves")) {
      boolean dax = "pmem".equals(leaf.path("kind").asString("pmem"));
      host.device(leaf.get("name").asString(), leaf.get("sectors").asLong(), dax);
      numbers.put(leaf.get("majmin").asString(), leaf.get("name").asString());
    }
    for (JsonNode dm : observed.get("dms")) {
      numbers.put(dm.get("majmin").asString(), dm.get("name").asString());
    }
    for (JsonNode dm : observed.get("dms")) {
      String name = dm.get("name").asString();
      assertThat(host.put(name, lines(dm.get("table")), numbers).status()).as(name).isEqualTo(201);
      checkShape(host, dm);
    }
    List<Run> runs = runs(observed);
    checkWayUp(host, observed, runs);
    checkWayDown(host, observed, runs);
    checkRefusals(host, observed);
    host.checkReplay();
  }

  private static void skipTargetsThatComeLater(JsonNode observed) {
    Set<String> unknown = new TreeSet<>();
    Stream.concat(
            elements(observed.get("dms")).flatMap(dm -> elements(dm.get("table"))),
            elements(observed.get("log"))
                .filter(entry -> refusal(observed).filter(r -> r.contains("unknown")).isEmpty())
                .flatMap(entry -> elements(entry.path("table"))))
        .map(line -> line.asString().split("\\s+"))
        .filter(words -> words.length > 2 && Targets.byName(words[2]) == null)
        .forEach(words -> unknown.add(words[2]));
    if (!unknown.isEmpty()) {
      String reason = "target " + String.join(", ", unknown) + " comes with a later issue";
      System.out.println("SKIPPED oracle case " + observed.get("case").asString() + ": " + reason);
      Assumptions.abort(reason);
    }
  }

  private static void checkShape(TestHost host, JsonNode dm) {
    String name = dm.get("name").asString();
    Answers.Volume volume = host.get(name);
    assertThat(volume.sectors()).isEqualTo(dm.get("sectors").asLong());
    assertThat(volume.dax())
        .as("dax of " + name)
        .isEqualTo(dm.get("queueDax").asString().equals("1"));
    assertThat(volume.table())
        .isEqualTo(elements(dm.get("tableNamed")).map(line -> line.asString().strip()).toList());
    assertThat(volume.below())
        .isEqualTo(elements(dm.get("deps")).map(JsonNode::asString).sorted().distinct().toList());
  }

  /** From each leaf, and from the edges of every run: all that was observed, nothing more. */
  private static void checkWayUp(TestHost host, JsonNode observed, List<Run> runs) {
    for (JsonNode leaf : observed.get("leaves")) {
      String name = leaf.get("name").asString();
      List<Run> ofLeaf = runs.stream().filter(run -> run.device().equals(name)).toList();
      checkWayUp(host, ofLeaf, name, 0, leaf.get("sectors").asLong());
      for (Run run : ofLeaf) {
        checkWayUp(host, ofLeaf, name, run.deviceSector(), run.sectors());
        checkWayUp(host, ofLeaf, name, run.deviceSector(), 1);
        checkWayUp(host, ofLeaf, name, run.deviceSector() + run.sectors() - 1, 3);
        checkWayUp(host, ofLeaf, name, Math.max(0, run.deviceSector() - 2), run.sectors() / 2 + 2);
      }
    }
  }

  private static void checkWayUp(
      TestHost host, List<Run> ofLeaf, String leaf, long sector, long count) {
    Map<String, Extents> expected = new TreeMap<>();
    SectorRange bad = new SectorRange(sector, count);
    for (Run run : ofLeaf) {
      SectorRange hit = bad.intersect(new SectorRange(run.deviceSector(), run.sectors()));
      if (!hit.isEmpty()) {
        Extents shown =
            Extents.of(hit.startSector() - run.deviceSector() + run.dmSector(), hit.sectorCount());
        expected.merge(run.dm(), shown, Extents::union);
      }
    }
    assertThat(host.upward(leaf, sector, count)).as(leaf + " " + bad).isEqualTo(expected);
  }

  private static void checkWayDown(TestHost host, JsonNode observed, List<Run> runs) {
    for (JsonNode dm : observed.get("dms")) {
      String name = dm.get("name").asString();
      Answers.Mapped whole = host.map(name, 0, dm.get("sectors").asLong());
      assertThat(whole.next()).isNull();
      List<Run> found =
          whole.pieces().stream()
              .map(p -> new Run(p.device(), p.sector(), p.count(), name, p.volumeSector()))
              .sorted(Comparator.comparing(Run::dmSector))
              .toList();
      assertThat(found)
          .isEqualTo(
              merged(
                  runs.stream()
                      .filter(run -> run.dm().equals(name))
                      .sorted(Comparator.comparing(Run::dmSector))
                      .toList()));
      List<String> holes =
          elements(observed.get("holes"))
              .filter(hole -> hole.get("dm").asString().equals(name))
              .map(
                  hole ->
                      hole.get("dmSector").asLong()
                          + "+"
                          + hole.get("sectors").asLong()
                          + " "
                          + hole.get("kind").asString())
              .toList();
      assertThat(
              whole.holes().stream()
                  .map(hole -> hole.volumeSector() + "+" + hole.count() + " " + hole.kind()))
          .containsExactlyInAnyOrderElementsOf(holes);
    }
  }

  private static void checkRefusals(TestHost host, JsonNode observed) {
    Optional<String> reason = refusal(observed);
    for (JsonNode entry : observed.get("log")) {
      JsonNode table = entry.path("table");
      if (!table.isArray() || entry.path("rc").asInt() == 0) {
        continue;
      }
      List<String> lines = elements(table).map(JsonNode::asString).toList();
      Problem problem = TestHost.refusal(host.put("refused", String.join("\n", lines)));
      assertThat(problem.status()).isEqualTo(422);
      assertThat(problem.kind()).isEqualTo("table-refused");
      reason.ifPresent(words -> assertThat(problem.more()).containsEntry("reason", words));
      int line = (int) java.util.Objects.requireNonNull(problem.more().get("line"));
      assertThat(line).isEqualTo(lines.size() == 1 ? 1 : firstGap(lines).orElse(line));
      assertThat(problem.detail()).contains("Line " + line + ": ");
      assertThat(host.core.command(new DmCommand.GetVolume("refused")).status()).isEqualTo(404);
    }
  }

  /** What the kernel logged, without the prefix that names the subsystem and the device. */
  private static Optional<String> refusal(JsonNode observed) {
    return elements(observed.get("dmesg"))
        .filter(message -> observed.get("kind").asString().equals("rejected"))
        .map(message -> TABLE_MESSAGE.matcher(message.asString()))
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1))
        .filter(message -> !message.contains("alignment inconsistency"))
        .findFirst();
  }

  private static Optional<Integer> firstGap(List<String> lines) {
    long end = 0;
    for (int i = 0; i < lines.size(); i++) {
      String[] words = lines.get(i).strip().split("\\s+");
      if (Long.parseLong(words[0]) != end) {
        return Optional.of(i + 1);
      }
      end += Long.parseLong(words[1]);
    }
    return Optional.empty();
  }

  private static List<Run> runs(JsonNode observed) {
    List<Run> runs = new ArrayList<>();
    for (JsonNode run : observed.get("runs")) {
      runs.add(
          new Run(
              run.get("leaf").asString(),
              run.get("leafSector").asLong(),
              run.get("sectors").asLong(),
              run.get("dm").asString(),
              run.get("dmSector").asLong()));
    }
    return runs;
  }

  /** Runs that go on where the one before ends, on both sides, are one. */
  private static List<Run> merged(List<Run> sorted) {
    List<Run> merged = new ArrayList<>();
    for (Run run : sorted) {
      Run last = merged.isEmpty() ? null : merged.getLast();
      if (last != null
          && last.device().equals(run.device())
          && last.deviceSector() + last.sectors() == run.deviceSector()
          && last.dmSector() + last.sectors() == run.dmSector()) {
        merged.removeLast();
        merged.add(
            new Run(
                last.device(),
                last.deviceSector(),
                last.sectors() + run.sectors(),
                last.dm(),
                last.dmSector()));
      } else {
        merged.add(run);
      }
    }
    return merged;
  }

  private static String lines(JsonNode table) {
    return String.join("\n", elements(table).map(JsonNode::asString).toList());
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return array.isArray() ? array.values().stream() : Stream.empty();
  }
}
