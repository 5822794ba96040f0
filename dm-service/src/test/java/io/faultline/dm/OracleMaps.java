package io.faultline.dm;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * The maps that the kernel had in metadata: as {@code thin_dump} and {@code cache_dump} printed
 * them, or, where no tool prints any, as pairs of the blocks that were found on the other device.
 */
final class OracleMaps {

  private static final int SECTOR_BYTES = 512;

  private final JsonNode observed;

  OracleMaps(JsonNode observed) {
    this.observed = observed;
  }

  /** Whether what a volume shows was looked at; a pool, for one, was not read. */
  boolean isObserved(String dm) {
    return Stream.of("runs", "holes")
        .flatMap(kind -> observed.path(kind).valueStream())
        .anyMatch(each -> each.get("dm").asString().equals(dm));
  }

  void importInto(OracleCase.Asked host) {
    for (JsonNode dm : observed.get("dms")) {
      String name = dm.get("name").asString();
      String[] words = dm.get("tableNamed").get(0).asString().split("\\s+");
      switch (words[2]) {
        case "thin-pool" ->
            host.mappings(
                name, "application/xml", observed.get("thinDumpDeactivatedXml").asString());
        case "cache" ->
            host.mappings(
                name, "application/xml", observed.get("cacheDumpDeactivatedXml").asString());
        case "snapshot" ->
            host.mappings(name, "text/csv", pairs(name, words[4], Long.parseLong(words[6])));
        case "writecache" ->
            host.mappings(
                name, "text/csv", pairs(name, words[5], Long.parseLong(words[6]) / SECTOR_BYTES));
        default -> {}
      }
    }
  }

  private String pairs(String dm, String lower, long blockSectors) {
    return observed
        .get("runs")
        .valueStream()
        .filter(run -> run.get("dm").asString().equals(dm))
        .filter(run -> run.get("leaf").asString().equals(lower))
        .sorted(Comparator.comparingLong(run -> run.get("dmSector").asLong()))
        .map(
            run ->
                run.get("dmSector").asLong() / blockSectors
                    + ","
                    + run.get("leafSector").asLong() / blockSectors
                    + ","
                    + run.get("sectors").asLong() / blockSectors)
        .collect(Collectors.joining("\n"));
  }

  /**
   * By effect and volume what becomes of a bad range.
   *
   * @param shown where its sectors are read
   */
  Map<String, Map<String, Extents>> suffered(
      String leaf, SectorRange bad, Map<String, Extents> shown) {
    if (role(leaf).endsWith("metadata") || hitsCowMetadata(leaf, bad)) {
      return Map.of("target_failed", wholeOf(role(leaf).equals("cow") ? "snapshot" : ""));
    }
    Map<String, Map<String, Extents>> suffered = new TreeMap<>();
    if (!shown.isEmpty()) {
      suffered.put("data_lost", shown);
    }
    return observed.has("cacheBlocksAtDump") ? cached(leaf, bad, shown) : suffered;
  }

  /** Only dirty blocks of the fast device; under clean ones the origin was a second copy. */
  private Map<String, Map<String, Extents>> cached(
      String leaf, SectorRange bad, Map<String, Extents> shown) {
    Map<String, Map<String, Extents>> suffered = new TreeMap<>();
    Extents lost =
        role(leaf).equals("origin") ? shown.getOrDefault("cd", Extents.EMPTY) : Extents.EMPTY;
    Extents weaker = Extents.EMPTY;
    for (JsonNode block : observed.get("cacheBlocksAtDump")) {
      long sectors = block.get("sectors").asLong();
      long origin = block.get("originLeafSector").asLong();
      boolean dirty = block.get("dirtyInDump").asBoolean();
      SectorRange fast = new SectorRange(block.get("cacheLeafSector").asLong(), sectors);
      if (block.get("cacheLeaf").asString().equals(leaf) && dirty) {
        SectorRange hit = bad.intersect(fast);
        lost =
            lost.union(
                Extents.of(hit).isEmpty()
                    ? Extents.EMPTY
                    : Extents.of(
                        hit.startSector() - fast.startSector() + origin, hit.sectorCount()));
      } else if (block.get("originLeaf").asString().equals(leaf) && !dirty) {
        weaker = weaker.union(Extents.of(bad.intersect(new SectorRange(origin, sectors))));
      }
    }
    if (!lost.isEmpty()) {
      suffered.put("data_lost", Map.of("cd", lost));
    }
    if (!weaker.isEmpty()) {
      suffered.put("redundancy_lost", Map.of("cd", weaker));
    }
    return suffered;
  }

  /**
   * Of a cache: where it reads from by the dump, which is younger than what was observed, and
   * observing had blocks promoted.
   */
  Optional<List<OracleCase.Run>> cacheRuns() {
    if (!observed.has("cacheBlocksAtDump")) {
      return Optional.empty();
    }
    List<OracleCase.Run> runs = new ArrayList<>();
    Extents.Builder cached = Extents.builder();
    for (JsonNode block : observed.get("cacheBlocksAtDump")) {
      long sectors = block.get("sectors").asLong();
      long origin = block.get("originLeafSector").asLong();
      String leaf = block.get("cacheLeaf").asString();
      long sector = block.get("cacheLeafSector").asLong();
      runs.add(new OracleCase.Run(leaf, sector, sectors, "cd", origin));
      cached.add(origin, sectors);
    }
    wholeOf("cache")
        .get("cd")
        .subtract(cached.build())
        .forEach(
            (sector, count) -> runs.add(new OracleCase.Run("origin", sector, count, "cd", sector)));
    return Optional.of(runs);
  }

  /** Where else the blocks of a volume can be read. */
  Optional<Extents> cleanOnOrigin() {
    if (!observed.has("cacheBlocksAtDump")) {
      return Optional.empty();
    }
    Extents.Builder clean = Extents.builder();
    for (JsonNode block : observed.get("cacheBlocksAtDump")) {
      if (!block.get("dirtyInDump").asBoolean()) {
        clean.add(block.get("originLeafSector").asLong(), block.get("sectors").asLong());
      }
    }
    return Optional.of(clean.build());
  }

  private String role(String leaf) {
    for (JsonNode each : observed.get("leaves")) {
      if (each.get("name").asString().equals(leaf)) {
        return each.path("role").asString("");
      }
    }
    return "";
  }

  /** The header of a snapshot's COW device and the first chunk of its metadata. */
  private boolean hitsCowMetadata(String leaf, SectorRange bad) {
    return role(leaf).equals("cow") && bad.startSector() < 2 * chunkSectors();
  }

  private long chunkSectors() {
    for (JsonNode dm : observed.get("dms")) {
      String[] words = dm.get("tableNamed").get(0).asString().split("\\s+");
      if (words[2].equals("snapshot")) {
        return Long.parseLong(words[6]);
      }
    }
    return 0;
  }

  /** Every observed volume, or those of one type. */
  private Map<String, Extents> wholeOf(String type) {
    Map<String, Extents> whole = new TreeMap<>();
    for (JsonNode dm : observed.get("dms")) {
      String name = dm.get("name").asString();
      String typeOf = dm.get("tableNamed").get(0).asString().split("\\s+")[2];
      if (isObserved(name) && (type.isEmpty() || type.equals(typeOf))) {
        whole.put(name, Extents.of(0, dm.get("sectors").asLong()));
      }
    }
    return whole;
  }
}
