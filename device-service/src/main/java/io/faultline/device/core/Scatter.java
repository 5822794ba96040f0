package io.faultline.device.core;

import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Arrays;

/**
 * Ranges strewn over a device by a seed. The same seed over the same window gives the same ranges
 * for ever, in every version, so that a run can be repeated: a test holds it to a sample.
 *
 * <p>How: with {@code n} ranges of {@code k} units in a window of {@code w} units there are {@code
 * f = w - n * k - (n - 1)} units to spare, one between neighbours being needed. Output {@code i} of
 * SplitMix64 (Steele, Lea, Flood, 2014) with the seed, scaled to {@code [0, f]}, says how many
 * spare units lie before a range; sorted, the {@code i}-th smallest {@code s} puts a range at unit
 * {@code s + i * (k + 1)}. So there are exactly {@code n}, they never touch, and each {@code s} is
 * as likely as any other.
 *
 * @param seed any number
 * @param ranges how many, at least 1
 * @param sectorsEach how long each is at least, before it is rounded out to the unit; at least 1
 */
public record Scatter(long seed, int ranges, long sectorsEach) {

  /** SplitMix64's increment: the golden ratio's fraction, odd. */
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  /** How many ranges fit into a window, whatever the seed. */
  long fitting(SectorRange window, long unitSectors) {
    long units = endUnit(window, unitSectors) - startUnit(window, unitSectors);
    return units < unitsEach(unitSectors) ? 0 : (units + 1) / (unitsEach(unitSectors) + 1);
  }

  /**
   * @param window where; units that lie in it in part are left out
   * @param unitSectors every range begins and ends at a multiple of it
   * @return exactly {@link #ranges} ranges
   * @throws IllegalArgumentException if no more than {@link #fitting} fit
   */
  Extents place(SectorRange window, long unitSectors) {
    if (ranges > fitting(window, unitSectors)) {
      throw new IllegalArgumentException(ranges + " ranges do not fit into " + window);
    }
    long first = startUnit(window, unitSectors);
    long each = unitsEach(unitSectors);
    long spare = endUnit(window, unitSectors) - first - ranges * each - (ranges - 1);
    long[] before = new long[ranges];
    for (int i = 0; i < ranges; i++) {
      before[i] = Math.unsignedMultiplyHigh(Ulids.mix(seed + i * GAMMA), spare + 1);
    }
    Arrays.sort(before);
    Extents.Builder placed = Extents.builder();
    for (int i = 0; i < ranges; i++) {
      long unit = first + before[i] + i * (each + 1);
      placed.add(unit * unitSectors, each * unitSectors);
    }
    return placed.build();
  }

  private long unitsEach(long unitSectors) {
    return Math.ceilDiv(sectorsEach, unitSectors);
  }

  private static long startUnit(SectorRange window, long unitSectors) {
    return Math.ceilDiv(window.startSector(), unitSectors);
  }

  private static long endUnit(SectorRange window, long unitSectors) {
    return Math.max(startUnit(window, unitSectors), window.endSector() / unitSectors);
  }
}
