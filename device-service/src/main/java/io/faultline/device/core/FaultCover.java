package io.faultline.device.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * For how many faults each sector is bad, and so which sectors are bad at all: faults may overlap,
 * and a sector is good again only when the last of them has let go of it.
 *
 * <p>Runs of sectors with the same count lie in chunks, and the chunks part all sectors among them:
 *
 * <pre>
 * chunk at 0                  chunk at 900            chunk at 4000
 * [0 ............... 900)     [900 ......... 4000)    [4000 ...........
 *   |-1-||--2--||-1-|            |1|   |-1-|               |-1-|
 * </pre>
 *
 * <p>A change rewrites the chunks that it touches and nothing else, so it costs the same whether
 * the device has ten bad ranges or ten million.
 */
final class FaultCover {

  /** A chunk that has more runs is cut into halves of this. */
  static final int CHUNK_RUNS = 1024;

  /**
   * @param bounds start and end of each run, ascending; none is empty
   * @param counts of each run, at least 1; neighbours that touch have different ones
   */
  private record Chunk(long[] bounds, int[] counts) {
    static final Chunk EMPTY = new Chunk(new long[0], new int[0]);

    int runs() {
      return counts.length;
    }

    long start(int run) {
      return bounds[2 * run];
    }

    long end(int run) {
      return bounds[2 * run + 1];
    }

    long sectors() {
      long sectors = 0;
      for (int run = 0; run < runs(); run++) {
        sectors += end(run) - start(run);
      }
      return sectors;
    }

    int firstEndingAfter(long sector) {
      int low = 0;
      int high = runs();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (end(middle) > sector) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }

    Chunk slice(int from, int to) {
      return new Chunk(
          Arrays.copyOfRange(bounds, 2 * from, 2 * to), Arrays.copyOfRange(counts, from, to));
    }

    /** These runs with {@code delta} more for every sector of {@code ranges}. */
    Chunk changed(Extents ranges, int delta) {
      // runs     |----1----|     |--1--|
      // ranges        |-------------|
      // result   |-1--|-2--|--1--|2-|1-|      with delta 1
      Runs changed = new Runs(runs() + 2 * ranges.rangeCount() + 1);
      int run = 0;
      int range = 0;
      long runFrom = run < runs() ? start(run) : 0;
      long rangeFrom = range < ranges.rangeCount() ? ranges.startSector(range) : 0;
      while (run < runs() || range < ranges.rangeCount()) {
        boolean runFirst = range == ranges.rangeCount() || (run < runs() && runFrom < rangeFrom);
        boolean rangeFirst = run == runs() || (range < ranges.rangeCount() && rangeFrom < runFrom);
        if (runFirst) {
          long to = range == ranges.rangeCount() ? end(run) : Math.min(end(run), rangeFrom);
          changed.add(runFrom, to, counts[run]);
          runFrom = to;
        } else if (rangeFirst) {
          long to =
              run == runs() ? ranges.endSector(range) : Math.min(ranges.endSector(range), runFrom);
          changed.add(rangeFrom, to, delta);
          rangeFrom = to;
        } else {
          long to = Math.min(end(run), ranges.endSector(range));
          changed.add(runFrom, to, counts[run] + delta);
          runFrom = to;
          rangeFrom = to;
        }
        if (run < runs() && runFrom == end(run)) {
          run++;
          runFrom = run < runs() ? start(run) : 0;
        }
        if (range < ranges.rangeCount() && rangeFrom == ranges.endSector(range)) {
          range++;
          rangeFrom = range < ranges.rangeCount() ? ranges.startSector(range) : 0;
        }
      }
      return changed.build();
    }
  }

  /** Collects runs in order; those of count 0 are left out, equal neighbours become one. */
  private static final class Runs {
    private long[] bounds;
    private int[] counts;
    private int length;

    Runs(int expected) {
      bounds = new long[2 * expected];
      counts = new int[expected];
    }

    void add(long start, long end, int count) {
      if (count < 0) {
        throw new IllegalStateException("sectors " + start + " to " + end + " are bad for nobody");
      }
      if (count == 0) {
        return;
      }
      if (length > 0 && bounds[2 * length - 1] == start && counts[length - 1] == count) {
        bounds[2 * length - 1] = end;
        return;
      }
      if (length == counts.length) {
        counts = Arrays.copyOf(counts, 2 * length);
        bounds = Arrays.copyOf(bounds, 4 * length);
      }
      bounds[2 * length] = start;
      bounds[2 * length + 1] = end;
      counts[length++] = count;
    }

    Chunk build() {
      return new Chunk(Arrays.copyOf(bounds, 2 * length), Arrays.copyOf(counts, length));
    }
  }

  private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
  private long totalSectors;

  FaultCover() {
    chunks.put(0L, Chunk.EMPTY);
  }

  /** One more fault stands for these sectors. */
  void add(Extents ranges) {
    change(ranges, 1);
  }

  /**
   * One fault less stands for these sectors.
   *
   * @throws IllegalStateException if none did for one of them
   */
  void remove(Extents ranges) {
    change(ranges, -1);
  }

  private void change(Extents ranges, int delta) {
    int range = 0;
    while (range < ranges.rangeCount()) {
      long from = ranges.startSector(range);
      Map.Entry<Long, Chunk> chunk = chunks.floorEntry(from);
      Long next = chunks.higherKey(from);
      long end = next == null ? Long.MAX_VALUE : next;
      // A range that reaches over the end of the chunk is cut there; its rest comes next.
      while (range < ranges.rangeCount() && ranges.endSector(range) <= end) {
        range++;
      }
      Extents here = ranges.clip(SectorRange.between(from, end));
      replace(chunk.getKey(), chunk.getValue(), chunk.getValue().changed(here, delta));
      if (range < ranges.rangeCount() && ranges.startSector(range) < end) {
        changeRest(SectorRange.between(end, ranges.endSector(range)), delta);
        range++;
      }
    }
  }

  /** The rest of a range that began in the chunk before. */
  private void changeRest(SectorRange rest, int delta) {
    long from = rest.startSector();
    while (from < rest.endSector()) {
      Map.Entry<Long, Chunk> chunk = chunks.floorEntry(from);
      Long next = chunks.higherKey(from);
      long end = next == null ? rest.endSector() : Math.min(next, rest.endSector());
      Extents here = Extents.of(SectorRange.between(from, end));
      replace(chunk.getKey(), chunk.getValue(), chunk.getValue().changed(here, delta));
      from = end;
    }
  }

  private void replace(long key, Chunk before, Chunk after) {
    totalSectors += after.sectors() - before.sectors();
    if (after.runs() == 0 && key != 0) {
      chunks.remove(key);
      return;
    }
    if (after.runs() <= CHUNK_RUNS) {
      chunks.put(key, after);
      return;
    }
    int half = CHUNK_RUNS / 2;
    for (int from = 0; from < after.runs(); from += half) {
      Chunk piece = after.slice(from, Math.min(from + half, after.runs()));
      chunks.put(from == 0 ? key : piece.start(0), piece);
    }
  }

  /** How many sectors are bad for at least one fault. */
  long totalSectors() {
    return totalSectors;
  }

  /** Every sector that is bad for at least one fault: a copy, as long as there are ranges. */
  Extents all() {
    return clip(SectorRange.between(0, Long.MAX_VALUE));
  }

  /** What is bad in {@code window}. */
  Extents clip(SectorRange window) {
    Extents.Builder inside = Extents.builder();
    collect(window, inside);
    return inside.build();
  }

  /** What of {@code ranges} is bad. */
  Extents intersect(Extents ranges) {
    Extents.Builder inside = Extents.builder();
    for (int i = 0; i < ranges.rangeCount(); i++) {
      collect(SectorRange.between(ranges.startSector(i), ranges.endSector(i)), inside);
    }
    return inside.build();
  }

  private void collect(SectorRange window, Extents.Builder inside) {
    if (window.isEmpty()) {
      return;
    }
    Map.Entry<Long, Chunk> entry = chunks.floorEntry(window.startSector());
    int run = entry.getValue().firstEndingAfter(window.startSector());
    while (entry != null && entry.getKey() < window.endSector()) {
      Chunk chunk = entry.getValue();
      for (; run < chunk.runs() && chunk.start(run) < window.endSector(); run++) {
        long from = Math.max(chunk.start(run), window.startSector());
        inside.add(from, Math.min(chunk.end(run), window.endSector()) - from);
      }
      run = 0;
      entry = chunks.higherEntry(entry.getKey());
    }
  }

  boolean intersects(SectorRange range) {
    if (range.isEmpty()) {
      return false;
    }
    long first = firstFrom(range.startSector());
    return first >= 0 && first < range.endSector();
  }

  /** The first bad sector that is not before {@code sector}; -1 if there is none. */
  long firstFrom(long sector) {
    Map.Entry<Long, Chunk> entry = chunks.floorEntry(sector);
    int run = entry.getValue().firstEndingAfter(sector);
    while (entry != null) {
      Chunk chunk = entry.getValue();
      if (run < chunk.runs()) {
        return Math.max(sector, chunk.start(run));
      }
      run = 0;
      entry = chunks.higherEntry(entry.getKey());
    }
    return -1;
  }
}
