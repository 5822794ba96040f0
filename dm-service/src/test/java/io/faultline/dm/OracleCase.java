package io.faultline.dm;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.Answers;
import io.faultline.dm.core.target.Targets;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
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
import tools.jackson.databind.JsonNode;

/**
 * What a real kernel was seen to do with tables: every run that was observed is found on the way up
 * and on the way down, and nothing more; what was refused is refused with the kernel's reason.
 */
public final class OracleCase {

  /** Whoever answers as dm-service: the rules alone, or the service over HTTP. */
  public interface Asked {

    void device(String name, long sectors, boolean dax);

    /** Answers the status, and the problem if it is one. */
    Put put(String volume, String table, Map<String, String> numbers);

    boolean exists(String volume);

    Answers.Volume get(String volume);

    /** By effect, then by volume: the sectors that suffer it. */
    Map<String, Map<String, Extents>> suffered(String device, long sector, long count);

    Answers.Mapped map(String volume, long sector, long count);

    /** Imports the map of a volume, which must be taken. */
    void mappings(String volume, String contentType, String body);
  }

  /**
   * @param problem its members; empty if it is none
   */
  public record Put(int status, Map<String, Object> problem) {}

  private final String name;
  private final JsonNode observed;

  private OracleCase(String name, JsonNode observed) {
    this.name = name;
    this.observed = observed;
  }

  public String name() {
    return name;
  }

  record Run(String device, long deviceSector, long sectors, String dm, long dmSector) {}

  private static final Pattern TABLE_MESSAGE =
      Pattern.compile("device-mapper: table: (?:\\d+:\\d+: )?(.*)");

  /** Whatever the folder {@code faultline.oracle} holds. */
  public static List<OracleCase> all() throws IOException {
    Path folder = Path.of(System.getProperty("faultline.oracle"), "dm");
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(
              file ->
                  new OracleCase(
                      file.getFileName().toString(), Json.LENIENT.readTree(file.toFile())))
          .toList();
    }
  }

  /**
   * Builds it up and compares with what was observed.
   *
   * @param runsAtMost from the edges of how many runs of a leaf to go up, spread evenly
   */
  public void check(Asked host, int runsAtMost) {
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
    new OracleMaps(observed).importInto(host);
    List<Run> runs =
        new OracleMaps(observed).cacheRuns().orElseGet(() -> runs(observed.get("runs")));
    List<Run> written = observed.has("writeRuns") ? runs(observed.get("writeRuns")) : runs;
    checkWayUp(host, observed, written, runsAtMost);
    checkWayDown(host, observed, runs, written);
    checkRefusals(host, observed, numbers);
  }

  /** Ends the test if a target of the case is not built yet. */
  public void skipTargetsThatComeLater() {
    Set<String> unknown = targetsThatComeLater();
    if (!unknown.isEmpty()) {
      String reason = "target " + String.join(", ", unknown) + " comes with a later issue";
      System.out.println("SKIPPED oracle case " + name + ": " + reason);
      Assumptions.abort(reason);
    }
  }

  public Set<String> targetsThatComeLater() {
    Set<String> unknown = new TreeSet<>();
    Stream.concat(
            elements(observed.get("dms")).flatMap(dm -> elements(dm.get("table"))),
            elements(observed.get("log"))
                .filter(entry -> refusal(observed).filter(r -> r.contains("unknown")).isEmpty())
                .flatMap(entry -> elements(entry.path("table"))))
        .map(line -> line.asString().split("\\s+"))
        .filter(words -> words.length > 2 && Targets.byName(words[2]) == null)
        .forEach(words -> unknown.add(words[2]));
    return unknown;
  }

  private static void checkShape(Asked host, JsonNode dm) {
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
  private static void checkWayUp(Asked host, JsonNode observed, List<Run> runs, int runsAtMost) {
    for (JsonNode leaf : observed.get("leaves")) {
      String name = leaf.get("name").asString();
      List<Run> ofLeaf = runs.stream().filter(run -> run.device().equals(name)).toList();
      checkWayUp(host, observed, ofLeaf, name, 0, leaf.get("sectors").asLong());
      for (int i = 0; i < ofLeaf.size(); i += 1 + ofLeaf.size() / runsAtMost) {
        Run run = ofLeaf.get(i);
        checkWayUp(host, observed, ofLeaf, name, run.deviceSector(), run.sectors());
        checkWayUp(host, observed, ofLeaf, name, run.deviceSector(), 1);
        checkWayUp(host, observed, ofLeaf, name, run.deviceSector() + run.sectors() - 1, 3);
        checkWayUp(
            host,
            observed,
            ofLeaf,
            name,
            Math.max(0, run.deviceSector() - 2),
            run.sectors() / 2 + 2);
      }
    }
  }

  private static void checkWayUp(
      Asked host, JsonNode observed, List<Run> ofLeaf, String leaf, long sector, long count) {
    boolean redundant = observed.has("writeRuns");
    Map<String, Extents> shown = new TreeMap<>();
    SectorRange bad = new SectorRange(sector, count);
    for (Run run : ofLeaf) {
      SectorRange hit = bad.intersect(new SectorRange(run.deviceSector(), run.sectors()));
      if (!hit.isEmpty()) {
        Extents image =
            Extents.of(hit.startSector() - run.deviceSector() + run.dmSector(), hit.sectorCount());
        shown.merge(run.dm(), image, Extents::union);
      }
    }
    if (redundant) {
      protectedByParity(observed, ofLeaf, bad)
          .forEach((dm, stripes) -> shown.merge(dm, stripes, Extents::union));
    }
    OracleMaps maps = new OracleMaps(observed);
    Map<String, Map<String, Extents>> expected =
        !redundant
            ? maps.suffered(leaf, bad, shown)
            : shown.isEmpty() ? Map.of() : Map.of("redundancy_lost", shown);
    Map<String, Map<String, Extents>> suffered = new TreeMap<>();
    host.suffered(leaf, sector, count)
        .forEach(
            (effect, volumes) -> {
              Map<String, Extents> seen = new TreeMap<>(volumes);
              seen.keySet().removeIf(dm -> !maps.isObserved(dm));
              if (!seen.isEmpty()) {
                suffered.put(effect, seen);
              }
            });
    assertThat(suffered).as(leaf + " " + bad).isEqualTo(expected);
  }

  /**
   * Sectors of a raid5 that no data was written to hold parity, each of those at its place in every
   * chunk of its stripe.
   */
  private static Map<String, Extents> protectedByParity(
      JsonNode observed, List<Run> ofLeaf, SectorRange bad) {
    Map<String, Extents> found = new TreeMap<>();
    for (JsonNode dm : observed.get("dms")) {
      String[] words = dm.get("table").get(0).asString().strip().split("\\s+");
      if (!words[2].equals("raid") || !words[3].startsWith("raid5")) {
        continue;
      }
      int chunk = Integer.parseInt(words[5]);
      int data = Integer.parseInt(words[5 + Integer.parseInt(words[4])]) - 1;
      long ofMember = dm.get("sectors").asLong() / data;
      Extents.Builder holdsData = Extents.builder();
      ofLeaf.forEach(run -> holdsData.add(run.deviceSector(), run.sectors()));
      Extents parity =
          Extents.of(bad.intersect(new SectorRange(0, ofMember))).subtract(holdsData.build());
      Extents.Builder protectedByIt = Extents.builder();
      parity.forEachPiece(
          chunk,
          (sector, count) -> {
            for (int i = 0; i < data; i++) {
              long ofStripe = (sector / chunk * data + i) * chunk;
              protectedByIt.add(ofStripe + sector % chunk, count);
            }
          });
      if (!parity.isEmpty()) {
        found.put(dm.get("name").asString(), protectedByIt.build());
      }
    }
    return found;
  }

  private static void checkWayDown(
      Asked host, JsonNode observed, List<Run> runs, List<Run> written) {
    for (JsonNode dm : observed.get("dms")) {
      String name = dm.get("name").asString();
      OracleMaps maps = new OracleMaps(observed);
      if (!maps.isObserved(name)) {
        continue;
      }
      Answers.Mapped whole = host.map(name, 0, dm.get("sectors").asLong());
      assertThat(whole.next()).isNull();
      assertThat(runs(whole.pieces(), name)).isEqualTo(merged(runs, name));
      // What is written elsewhere too can be read there instead.
      List<Run> copies = written.stream().filter(run -> !runs.contains(run)).toList();
      Optional<Extents> clean = maps.cleanOnOrigin();
      if (clean.isPresent()) {
        Extents.Builder elsewhere = Extents.builder();
        whole.alternatives().forEach(piece -> elsewhere.add(piece.volumeSector(), piece.count()));
        assertThat(elsewhere.build()).isEqualTo(clean.get());
      } else {
        assertThat(runs(whole.alternatives(), name)).isEqualTo(merged(copies, name));
      }
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

  private static void checkRefusals(Asked host, JsonNode observed, Map<String, String> numbers) {
    Optional<String> reason = refusal(observed);
    for (JsonNode entry : observed.get("log")) {
      JsonNode table = entry.path("table");
      if (!table.isArray() || entry.path("rc").asInt() == 0) {
        continue;
      }
      List<String> lines = elements(table).map(JsonNode::asString).toList();
      Put put = host.put("refused", String.join("\n", lines), numbers);
      assertThat(put.status()).isEqualTo(422);
      assertThat(put.problem()).containsEntry("type", "/problems/table-refused");
      reason.ifPresent(words -> assertThat(put.problem()).containsEntry("reason", words));
      int line = (int) java.util.Objects.requireNonNull(put.problem().get("line"));
      assertThat(line).isEqualTo(lines.size() == 1 ? 1 : firstGap(lines).orElse(line));
      assertThat((String) put.problem().get("detail")).contains("Line " + line + ": ");
      assertThat(host.exists("refused")).isFalse();
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

  private static List<Run> runs(List<Answers.Piece> pieces, String dm) {
    return pieces.stream()
        .map(p -> new Run(p.device(), p.sector(), p.count(), dm, p.volumeSector()))
        .sorted(Comparator.comparing(Run::dmSector))
        .toList();
  }

  private static List<Run> runs(JsonNode observed) {
    List<Run> runs = new ArrayList<>();
    for (JsonNode run : observed) {
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
  private static List<Run> merged(List<Run> runs, String dm) {
    List<Run> sorted =
        runs.stream()
            .filter(run -> run.dm().equals(dm))
            .sorted(Comparator.comparing(Run::dmSector))
            .toList();
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
