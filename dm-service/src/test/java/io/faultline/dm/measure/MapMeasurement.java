package io.faultline.dm.measure;

import com.google.common.collect.Range;
import com.google.common.collect.TreeRangeMap;
import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.BlockMapBuilder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Lookups and scans in a map of ten million pieces, beside the bare binary search over a sorted
 * {@code long[]} and beside Guava's {@code TreeRangeMap}.
 *
 * <p>{@code ./mvnw -pl dm-service -am test -Dfaultline.measure=true -Dtest=MapMeasurement
 * -Dsurefire.failIfNoSpecifiedTests=false}
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class MapMeasurement {

  private static final int PIECES = Integer.getInteger("faultline.measure.pieces", 10_000_000);
  private static final int LOOKUPS = 1_000_000;
  private static final int ROUNDS = 5;

  /** What was found, so that nothing is optimised away. */
  private long sink;

  @Test
  void lookupsAndScans() {
    long[] starts = starts();
    long began = System.nanoTime();
    BlockMap map = map(starts);
    System.out.printf(
        "built in %d ms, %.2f bytes a piece%n",
        (System.nanoTime() - began) / 1_000_000, (double) map.bytes() / map.pieceCount());
    TreeRangeMap<Long, Long> guava = guava(starts);
    long[] asked = asked(starts);
    for (int round = 1; round <= ROUNDS; round++) {
      double array = nanos(LOOKUPS, () -> arrayLookups(starts, asked));
      double ours = nanos(LOOKUPS, () -> mapLookups(map, asked));
      double theirs = nanos(LOOKUPS, () -> guavaLookups(guava, asked));
      System.out.printf(
          "round %d lookup ns: array %.0f, map %.0f (%.2f), guava %.0f (%.2f ahead)%n",
          round, array, ours, ours / array, theirs, theirs / ours);
      double arrayScan = nanos(PIECES, () -> arrayScan(starts));
      // Fewer than a quarter of the pieces go in the order below, more in the order above.
      double mapScan =
          nanos(PIECES / 8, () -> mapScan(map, starts[PIECES / 2], starts[PIECES / 8 * 5]));
      double wholeScan = nanos(PIECES, () -> mapScan(map, 0, starts[PIECES - 1] + 1));
      double guavaScan = nanos(PIECES, () -> guavaScan(guava));
      System.out.printf(
          "round %d scan ns a piece: array %.2f, map below %.2f, map above %.2f, guava %.2f%n",
          round, arrayScan, mapScan, wholeScan, guavaScan);
    }
    System.out.println("(" + sink + ")");
  }

  private static double nanos(int operations, Runnable what) {
    long began = System.nanoTime();
    what.run();
    return (double) (System.nanoTime() - began) / operations;
  }

  /** Blocks below with gaps between them, ascending. */
  private static long[] starts() {
    SplittableRandom random = new SplittableRandom(1);
    long[] starts = new long[PIECES];
    long next = 0;
    for (int i = 0; i < PIECES; i++) {
      starts[i] = next;
      next += 1 + random.nextInt(3);
    }
    return starts;
  }

  /** Blocks above in an order that has nothing to do with the one below, as in a cache. */
  private static BlockMap map(long[] starts) {
    BlockMapBuilder builder = new BlockMapBuilder();
    builder.device(0);
    for (int i = 0; i < PIECES; i++) {
      builder.add((i * 7_368_787L) % PIECES * 3, starts[i], 1, (i & 1) == 0);
    }
    return ((BlockMapBuilder.Built.Ok) builder.build()).map();
  }

  private static TreeRangeMap<Long, Long> guava(long[] starts) {
    TreeRangeMap<Long, Long> guava = TreeRangeMap.create();
    for (int i = 0; i < PIECES; i++) {
      guava.put(Range.closedOpen(starts[i], starts[i] + 1), (i * 7_368_787L) % PIECES * 3);
    }
    return guava;
  }

  private static long[] asked(long[] starts) {
    SplittableRandom random = new SplittableRandom(2);
    return random.longs(LOOKUPS, 0, starts[PIECES - 1]).toArray();
  }

  private void arrayLookups(long[] starts, long[] asked) {
    for (long block : asked) {
      int low = 0;
      int high = starts.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (starts[middle] < block) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      sink += low;
    }
  }

  private void mapLookups(BlockMap map, long[] asked) {
    for (long block : asked) {
      map.inverse(0, block, 1, (origin, data, count, marked) -> sink += origin);
    }
  }

  private void guavaLookups(TreeRangeMap<Long, Long> guava, long[] asked) {
    for (long block : asked) {
      Long origin = guava.get(block);
      sink += origin == null ? 0 : origin;
    }
  }

  private void arrayScan(long[] starts) {
    long sum = 0;
    for (long start : starts) {
      sum += start;
    }
    sink += sum;
  }

  private void mapScan(BlockMap map, long from, long end) {
    map.inverse(0, from, end - from, (origin, data, count, marked) -> sink += origin);
  }

  private void guavaScan(TreeRangeMap<Long, Long> guava) {
    for (Long origin : guava.asMapOfRanges().values()) {
      sink += origin;
    }
  }
}
