package io.faultline.notifier.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What of one block device is bad because of one fault, however many ranges that is: kept in parts,
 * each a fact of its own, so that what heals writes little.
 *
 * <pre>
 *   key        0            4096              90112
 *   part       |  ▮ ▮▮   ▮  |   ▮   ▮▮▮    ▮  |    ▮ ...
 * </pre>
 *
 * <p>A part has what lies between its key and the next one. Keys come and go with their parts, and
 * only what is told of this device changes them.
 */
final class BadSectors {

  /** Ranges of one part at most. */
  static final int PART_RANGES = 1_024;

  /** Ranges of the parts that a full one is cut into, so that each has room again. */
  private static final int CUT_RANGES = 768;

  private final TreeMap<Long, Extents> parts = new TreeMap<>();
  private long sectors;
  private int ranges;

  /** Keeps or (null) forgets one part. */
  void put(long key, @Nullable Extents part) {
    Extents before = part == null ? parts.remove(key) : parts.put(key, part);
    count(before, -1);
    count(part, 1);
  }

  private void count(@Nullable Extents part, int sign) {
    if (part != null) {
      sectors += sign * part.totalSectors();
      ranges += sign * part.rangeCount();
    }
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  long sectors() {
    return sectors;
  }

  /** About how many ranges: one that lies across two parts counts in both. */
  int ranges() {
    return ranges;
  }

  Map<Long, Extents> parts() {
    return parts;
  }

  /** What of {@code asked} is bad. */
  Extents within(Extents asked) {
    Extents.Builder found = Extents.builder();
    byPart(asked, (_, part, of) -> found.addAll(part.intersect(of)));
    return found.build();
  }

  /** What of {@code asked} is not bad. */
  Extents missing(Extents asked) {
    return parts.isEmpty() ? asked : asked.subtract(within(asked));
  }

  /** The first {@code count} bad ranges in {@code window}. */
  Extents head(SectorRange window, int count) {
    Extents.Builder found = Extents.builder();
    int taken = 0;
    long end = -1;
    Long first = parts.floorKey(window.startSector());
    for (Extents part : parts.tailMap(first == null ? 0L : first, true).values()) {
      if (taken > count || part.startSector(0) >= window.endSector()) {
        break;
      }
      // One more than is wanted, and one that may only continue what the part before ended with.
      Extents inside = part.clip(window).head(count + 2 - taken);
      if (!inside.isEmpty()) {
        taken += inside.rangeCount() - (inside.startSector(0) == end ? 1 : 0);
        end = inside.endSector(inside.rangeCount() - 1);
        found.addAll(inside);
      }
    }
    return found.build().head(count);
  }

  /** The parts that change if {@code more} is bad too; none of them is null. */
  Map<Long, @Nullable Extents> adding(Extents more) {
    Map<Long, @Nullable Extents> changed = new TreeMap<>();
    byPart(
        more,
        (key, part, added) -> {
          Extents now = part.union(added);
          if (!now.equals(part)) {
            cut(key, now, changed);
          }
        });
    return changed;
  }

  /** The parts that change if {@code less} is good again; null for those that go. */
  Map<Long, @Nullable Extents> removing(Extents less) {
    Map<Long, @Nullable Extents> changed = new TreeMap<>();
    byPart(
        less,
        (key, part, healed) -> {
          Extents now = part.subtract(healed);
          if (now.isEmpty() && !part.isEmpty()) {
            changed.put(key, null);
          } else if (!now.equals(part)) {
            cut(key, now, changed);
          }
        });
    return changed;
  }

  /** All parts, gone. */
  Map<Long, @Nullable Extents> clearing() {
    Map<Long, @Nullable Extents> changed = new TreeMap<>();
    parts.keySet().forEach(key -> changed.put(key, null));
    return changed;
  }

  private static void cut(long key, Extents part, Map<Long, @Nullable Extents> changed) {
    if (part.rangeCount() <= PART_RANGES) {
      changed.put(key, part);
      return;
    }
    for (int from = 0; from < part.rangeCount(); from += CUT_RANGES) {
      Extents piece = part.slice(from, CUT_RANGES);
      changed.put(from == 0 ? key : piece.startSector(0), piece);
    }
  }

  @FunctionalInterface
  private interface PartVisitor {
    /**
     * @param part what is bad there; empty where there is no part yet
     * @param of what of the given ranges falls to it
     */
    void visit(long key, Extents part, Extents of);
  }

  /** Divides ranges among the parts that they fall to, ascending. */
  private void byPart(Extents given, PartVisitor visitor) {
    long from = given.isEmpty() ? Long.MAX_VALUE : given.startSector(0);
    while (from != Long.MAX_VALUE) {
      Map.Entry<Long, Extents> part = parts.floorEntry(from);
      long key = part == null ? 0 : part.getKey();
      Long next = parts.higherKey(from);
      SectorRange window = SectorRange.between(key, next == null ? Long.MAX_VALUE : next);
      visitor.visit(key, part == null ? Extents.EMPTY : part.getValue(), given.clip(window));
      int index = next == null ? given.rangeCount() : given.firstEndingAfter(next);
      from =
          next == null || index == given.rangeCount()
              ? Long.MAX_VALUE
              : Math.max(next, given.startSector(index));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BadSectors that && parts.equals(that.parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  @Override
  public String toString() {
    return parts.toString();
  }
}
