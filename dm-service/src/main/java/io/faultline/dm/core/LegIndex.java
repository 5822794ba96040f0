package io.faultline.dm.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The legs of a table that stand on one lower device, found by their sectors there. Legs may
 * overlap (the same region mapped several times), so this is an interval tree: an implicit balanced
 * tree over the legs sorted by their start, each node with the largest end below it.
 */
final class LegIndex {

  /** A leg of a target, and where in the volume the target begins. */
  record Entry(int target, int leg, long startSector, long endSector) {}

  /** Takes each leg that shares a sector with what is looked for. */
  @FunctionalInterface
  interface Consumer {
    void accept(Entry entry);
  }

  private final Entry[] entries;
  private final long[] maxEnd;

  LegIndex(List<Entry> unsorted) {
    List<Entry> sorted = new ArrayList<>(unsorted);
    sorted.sort(Comparator.comparingLong(Entry::startSector));
    entries = sorted.toArray(Entry[]::new);
    maxEnd = new long[entries.length];
    fill(0, entries.length);
  }

  private long fill(int from, int to) {
    if (from >= to) {
      return 0;
    }
    int middle = (from + to) >>> 1;
    long below = Math.max(fill(from, middle), fill(middle + 1, to));
    maxEnd[middle] = Math.max(entries[middle].endSector(), below);
    return maxEnd[middle];
  }

  /** Every leg that shares a sector with {@code [startSector, endSector)}. */
  void find(long startSector, long endSector, Consumer found) {
    find(0, entries.length, startSector, endSector, found);
  }

  private void find(int from, int to, long startSector, long endSector, Consumer found) {
    if (from >= to) {
      return;
    }
    int middle = (from + to) >>> 1;
    if (maxEnd[middle] <= startSector) {
      return;
    }
    find(from, middle, startSector, endSector, found);
    Entry entry = entries[middle];
    if (entry.startSector() >= endSector) {
      return;
    }
    if (entry.endSector() > startSector) {
      found.accept(entry);
    }
    find(middle + 1, to, startSector, endSector, found);
  }
}
