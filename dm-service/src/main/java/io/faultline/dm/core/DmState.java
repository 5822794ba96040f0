package io.faultline.dm.core;

import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Fact;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What dm knows of one host: its facts, and what can be worked out from them and is kept only to be
 * quick. Two states with the same facts are equal.
 */
public final class DmState {

  private final String host;
  private final TreeMap<String, DmFact> facts = new TreeMap<>();
  private final Map<String, Table> tables = new HashMap<>();
  private final Map<String, Table> bound = new HashMap<>();
  private final ImportedMaps maps = new ImportedMaps();
  private final Map<String, Extents> written = new HashMap<>();
  private final TreeSet<String> copying = new TreeSet<>();
  private @Nullable Topology topology;

  DmState(String host) {
    this.host = host;
  }

  String host() {
    return host;
  }

  void apply(Fact<DmFact> fact) {
    String key = fact.key();
    DmFact value = fact.value();
    if (key.startsWith(Keys.MAP_PARTS)) {
      applyMapPart(key, value);
      return;
    }
    if (value == null) {
      facts.remove(key);
    } else {
      facts.put(key, value);
    }
    if (key.startsWith(Keys.UPLOADS)) {
      applyUpload(key.substring(Keys.UPLOADS.length()), value);
    } else if (key.startsWith(Keys.MAPPINGS)) {
      applyMappings(key.substring(Keys.MAPPINGS.length()), value);
      bound.clear();
    } else if (key.startsWith(Keys.COPIES)) {
      applyCopy(Keys.volumeOfCopy(key));
    } else if (key.startsWith(Keys.WRITTEN)) {
      applyWritten(Keys.volumeOfWritten(key), value);
      bound.clear();
    } else if (key.startsWith(Keys.REGIONS)) {
      tables.remove(Keys.liveTable(Keys.volumeOfRegions(key)));
      bound.clear();
    }
    if (key.startsWith(Keys.LIVE_TABLES) || key.startsWith(Keys.INACTIVE_TABLES)) {
      tables.remove(key);
      bound.clear();
    }
    if (key.startsWith(Keys.LIVE_TABLES)) {
      topology = null;
    }
  }

  /**
   * Parts are not kept as facts in memory: they are millions of pieces, and what counts is the map.
   */
  private void applyMapPart(String key, @Nullable DmFact value) {
    if (value instanceof DmFact.MapPart(byte[] packed)) {
      int end = key.lastIndexOf('/');
      String upload = key.substring(Keys.MAP_PARTS.length(), end);
      maps.add(upload, Integer.parseInt(key.substring(end + 1)), packed);
      bound.clear();
    }
  }

  private void applyUpload(String id, @Nullable DmFact value) {
    if (value == null) {
      maps.end(id);
    } else {
      maps.begin(id);
    }
  }

  private void applyMappings(String volume, @Nullable DmFact value) {
    if (value instanceof DmFact.Mappings mappings) {
      maps.makeLive(volume, mappings);
    } else {
      maps.forget(volume);
    }
  }

  private void applyCopy(String volume) {
    boolean running = false;
    for (DmFact.Copy.Kind kind : DmFact.Copy.Kind.values()) {
      running |= facts.get(Keys.copy(volume, kind)) instanceof DmFact.Copy copy && copy.isRunning();
    }
    if (running) {
      copying.add(volume);
    } else {
      copying.remove(volume);
    }
  }

  /** The volumes below which something is to be copied. */
  public Set<String> copying() {
    return copying;
  }

  private void applyWritten(String volume, @Nullable DmFact value) {
    if (value instanceof DmFact.WrittenBack(Extents offsets)) {
      written.computeIfPresent(volume, (any, before) -> before.union(offsets));
    } else {
      written.remove(volume);
    }
  }

  /** What was written back from a cache since its map came, as offsets of the target. */
  Extents written(String volume) {
    return written.computeIfAbsent(
        volume,
        any -> {
          Extents.Builder all = Extents.builder();
          String prefix = Keys.written(volume);
          for (DmFact fact : facts.subMap(prefix, prefix + Character.MAX_VALUE).values()) {
            if (fact instanceof DmFact.WrittenBack(Extents offsets)) {
              all.addAll(offsets);
            }
          }
          return all.build();
        });
  }

  ImportedMaps maps() {
    return maps;
  }

  boolean hasUploads() {
    String first = facts.ceilingKey(Keys.UPLOADS);
    return first != null && first.startsWith(Keys.UPLOADS);
  }

  NavigableMap<String, DmFact> facts() {
    return facts;
  }

  /** The table under that key, understood, with its maps; null if there is none. */
  @Nullable Table table(String key) {
    Table known = bound.get(key);
    if (known == null) {
      Table unbound = unbound(key);
      if (unbound == null) {
        return null;
      }
      MapBinding binding =
          new MapBinding(
              lower -> unbound(Keys.liveTable(lower)),
              maps::of,
              volume -> facts.get(Keys.mappings(volume)),
              this::written,
              this::sectors);
      known = binding.bind(key.substring(key.indexOf('/') + 1), unbound);
      bound.put(key, known);
    }
    return known;
  }

  /** The same as its lines say it. */
  @Nullable Table unbound(String key) {
    return facts.get(key) instanceof DmFact.TableLines(var lines)
        ? tables.computeIfAbsent(key, any -> understood(key, lines))
        : null;
  }

  private long sectors(String block) {
    Table live = unbound(Keys.liveTable(block));
    if (live != null) {
      return live.sectors();
    }
    return facts.get(Keys.device(block)) instanceof DmFact.Device device ? device.sectors() : 0;
  }

  private Table understood(String key, List<String> lines) {
    Table table = Table.ofPrinted(lines);
    if (!key.startsWith(Keys.LIVE_TABLES)) {
      return table;
    }
    String prefix = Keys.regions(key.substring(Keys.LIVE_TABLES.length()));
    return table.withRegions(facts.subMap(prefix, prefix + Character.MAX_VALUE).values());
  }

  /** Who stands on whom by the tables that are live. */
  Topology topology() {
    Topology known = topology;
    if (known == null) {
      TreeMap<String, Table> live = new TreeMap<>();
      for (String key : facts.tailMap(Keys.LIVE_TABLES).keySet()) {
        Table table = key.startsWith(Keys.LIVE_TABLES) ? unbound(key) : null;
        if (table == null) {
          break;
        }
        live.put(key.substring(Keys.LIVE_TABLES.length()), table);
      }
      known = new Topology(live);
      topology = known;
    }
    return known;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DmState state
        && host.equals(state.host)
        && facts.equals(state.facts)
        && maps.equals(state.maps);
  }

  @Override
  public int hashCode() {
    return facts.hashCode();
  }

  @Override
  public String toString() {
    return host + facts;
  }
}
