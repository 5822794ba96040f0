package io.faultline.dm.core;

import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is bad of one block device, by leaf and fault: what it has told those above it, no more and
 * no less.
 */
final class BadSet {

  /** One fault may reach over several leaves (a cage that was pulled), so both are the key. */
  record Key(String leaf, String faultId) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byFault = faultId.compareTo(other.faultId);
      return byFault != 0 ? byFault : leaf.compareTo(other.leaf);
    }
  }

  record Entry(Cause cause, Extents ranges) {}

  private final TreeMap<Key, Entry> entries = new TreeMap<>();

  Map<Key, Entry> entries() {
    return entries;
  }

  @Nullable Entry get(Key key) {
    return entries.get(key);
  }

  Extents ranges(Key key) {
    Entry entry = entries.get(key);
    return entry == null ? Extents.EMPTY : entry.ranges();
  }

  void set(Key key, Cause cause, Extents ranges) {
    if (ranges.isEmpty()) {
      entries.remove(key);
    } else {
      entries.put(key, new Entry(cause, ranges));
    }
  }

  /** Everything that is bad, whatever the fault. */
  Extents union() {
    Extents.Builder all = Extents.builder();
    entries.values().forEach(entry -> all.addAll(entry.ranges()));
    return all.build();
  }

  /** What a device or volume has told: worked out from the leaves up. */
  static BadSet told(Draft draft, String block) {
    return told(draft, block, new HashMap<>());
  }

  private static BadSet told(Draft draft, String block, Map<String, BadSet> known) {
    BadSet before = known.get(block);
    if (before != null) {
      return before;
    }
    BadSet told;
    if (draft.isVolume(block)) {
      Table table = draft.live(block);
      Map<String, BadSet> below = new TreeMap<>();
      for (String lower : table.below()) {
        below.put(lower, heard(draft, block, lower, known));
      }
      told = image(table, below);
    } else {
      told = read(draft, Keys.badOfDevice(block));
    }
    known.put(block, told);
    return told;
  }

  /**
   * What a volume has heard of a block device below it: all that was told, unless the volume is
   * suspended, for then it stopped listening.
   */
  static BadSet heard(Draft draft, String volume, String lower) {
    return heard(draft, volume, lower, new HashMap<>());
  }

  private static BadSet heard(Draft draft, String volume, String lower, Map<String, BadSet> known) {
    DmFact.Volume fact = draft.volume(volume);
    return fact != null && fact.suspended()
        ? read(draft, Keys.badAsHeard(volume, lower))
        : told(draft, lower, known);
  }

  /** The bad sets below, seen through a table. */
  static BadSet image(Table table, Map<String, BadSet> below) {
    TreeMap<Key, Map<String, Extents>> byFault = new TreeMap<>();
    TreeMap<Key, Cause> causes = new TreeMap<>();
    below.forEach(
        (lower, bad) ->
            bad.entries.forEach(
                (key, entry) -> {
                  byFault.computeIfAbsent(key, any -> new TreeMap<>()).put(lower, entry.ranges());
                  causes.put(key, entry.cause());
                }));
    BadSet image = new BadSet();
    byFault.forEach((key, ranges) -> image.set(key, causes.get(key), table.lost(ranges)));
    return image;
  }

  /** As it is kept under a prefix. */
  static BadSet read(Draft draft, String prefix) {
    TreeMap<Key, Extents.Builder> ranges = new TreeMap<>();
    TreeMap<Key, Cause> causes = new TreeMap<>();
    for (DmFact fact : draft.scan(prefix).values()) {
      DmFact.Bad bad = (DmFact.Bad) fact;
      Key key = new Key(bad.leaf(), bad.faultId());
      ranges.computeIfAbsent(key, any -> Extents.builder()).addAll(bad.ranges());
      causes.put(key, bad.cause());
    }
    BadSet set = new BadSet();
    ranges.forEach((key, builder) -> set.set(key, causes.get(key), builder.build()));
    return set;
  }

  /** The ranges of one fault of a device, without reading its other faults. */
  static @Nullable Entry readOne(Draft draft, String device, String faultId) {
    BadSet set = new BadSet();
    String prefix = Keys.badOfDevice(device) + device + "/" + faultId + "/";
    Extents.Builder ranges = Extents.builder();
    Cause cause = null;
    for (DmFact fact : draft.scan(prefix).values()) {
      DmFact.Bad bad = (DmFact.Bad) fact;
      if (bad.faultId().equals(faultId)) {
        ranges.addAll(bad.ranges());
        cause = bad.cause();
      }
    }
    Key key = new Key(device, faultId);
    if (cause != null) {
      set.set(key, cause, ranges.build());
    }
    return set.get(key);
  }

  /** Keeps one fault's ranges under a prefix, writing only the parts that are new. */
  static void write(
      Draft draft, String prefix, Key key, Cause cause, Extents before, Extents after) {
    int partsBefore = parts(before);
    int partsAfter = parts(after);
    for (int part = 0; part < Math.max(partsBefore, partsAfter); part++) {
      String name = Keys.badPart(prefix, key.leaf(), key.faultId(), part);
      if (part >= partsAfter) {
        draft.remove(name);
      } else if (part >= partsBefore || !slice(before, part).equals(slice(after, part))) {
        draft.put(name, new DmFact.Bad(key.leaf(), key.faultId(), cause, slice(after, part)));
      }
    }
  }

  /** Keeps the whole set under a prefix that has nothing yet. */
  void writeAll(Draft draft, String prefix) {
    entries.forEach(
        (key, entry) -> write(draft, prefix, key, entry.cause(), Extents.EMPTY, entry.ranges()));
  }

  static void removeAll(Draft draft, String prefix) {
    List<String> keys = new ArrayList<>(draft.scan(prefix).keySet());
    keys.forEach(draft::remove);
  }

  private static int parts(Extents ranges) {
    return (ranges.rangeCount() + Limits.MAX_FACT_RANGES - 1) / Limits.MAX_FACT_RANGES;
  }

  private static Extents slice(Extents ranges, int part) {
    return ranges.slice(part * Limits.MAX_FACT_RANGES, Limits.MAX_FACT_RANGES);
  }
}
