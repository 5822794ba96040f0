package io.faultline.device.below;

import java.util.Arrays;
import java.util.BitSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A device as a child would write it: one entry for each sector. */
final class ModelDevice {

  final int sectors;
  final int blockSectors;
  final int unitSectors;

  /** What was written to each sector last; 0 if nothing was. */
  final byte[] content;

  /** What a write that was not answered wanted to leave in each sector; -1 if there was none. */
  final int[] maybe;

  final TreeSet<String> holders = new TreeSet<>();
  final BitSet known = new BitSet();
  final BitSet latent = new BitSet();
  boolean removed;
  long generation;

  ModelDevice(int sectors, int blockSectors, int unitSectors, long generation) {
    this.sectors = sectors;
    this.blockSectors = blockSectors;
    this.unitSectors = unitSectors;
    this.generation = generation;
    this.content = new byte[sectors];
    this.maybe = new int[sectors];
    Arrays.fill(maybe, -1);
  }

  ModelDevice copy() {
    ModelDevice copy = new ModelDevice(sectors, blockSectors, unitSectors, generation);
    System.arraycopy(content, 0, copy.content, 0, sectors);
    System.arraycopy(maybe, 0, copy.maybe, 0, sectors);
    copy.holders.addAll(holders);
    copy.known.or(known);
    copy.latent.or(latent);
    copy.removed = removed;
    return copy;
  }

  /**
   * An operation that nobody has an answer to may have left its content behind, and no more.
   *
   * @param done the device as that operation would have left it; null if it would be no more
   */
  void mayHave(@Nullable ModelDevice done) {
    for (int sector = 0; done != null && sector < sectors; sector++) {
      if (done.content[sector] != content[sector]) {
        maybe[sector] = done.content[sector];
      }
    }
  }

  /** What is read decides which of the two it is. */
  void settle(int sector, byte found) {
    if (maybe[sector] == found) {
      content[sector] = found;
    }
    maybe[sector] = -1;
  }

  void inject(int start, int end, boolean announced) {
    poison(start, end, blockSectors, announced);
  }

  /** Rounds out to whole units; the last one ends with the device. */
  void poison(int start, int end, int unit, boolean announced) {
    int from = start / unit * unit;
    int to = Math.min((end + unit - 1) / unit * unit, sectors);
    (announced ? known : latent).set(from, to);
  }

  /** Latent poison of the range is known from now on. */
  void discover(int start, int end) {
    for (int sector = start; sector < end; sector++) {
      if (latent.get(sector)) {
        known.set(sector);
        latent.clear(sector);
      }
    }
  }

  boolean isWholeUnit(int sector, int start, int end) {
    int unit = sector / unitSectors * unitSectors;
    return unit >= start && Math.min(unit + unitSectors, sectors) <= end;
  }

  boolean isBad(int sector) {
    return known.get(sector) || latent.get(sector);
  }

  /** The first sector that a write of the range must not touch; -1 if there is none. */
  int firstInTheWay(int start, int end) {
    for (int sector = start; sector < end; sector++) {
      if (isBad(sector) && !isWholeUnit(sector, start, end)) {
        return sector;
      }
    }
    return -1;
  }

  /** Poison in units that the range covers in part becomes known by trying to write. */
  void discoverInPart(int start, int end) {
    boolean hidden = false;
    int first = Integer.MAX_VALUE;
    int last = 0;
    for (int sector = start; sector < end; sector++) {
      boolean inTheWay = !isWholeUnit(sector, start, end);
      if (inTheWay && latent.get(sector) && !known.get(sector)) {
        hidden = true;
        first = Math.min(first, sector);
        last = Math.max(last, sector);
      }
    }
    if (hidden) {
      discover(first, last + 1);
    }
  }

  void write(int start, int end, byte value) {
    for (int sector = start; sector < end; sector++) {
      content[sector] = value;
      maybe[sector] = -1;
      known.clear(sector);
      latent.clear(sector);
    }
  }

  void clear(int start, int end) {
    for (int sector = start; sector < end; sector++) {
      if (isBad(sector) && isWholeUnit(sector, start, end)) {
        content[sector] = 0;
        maybe[sector] = -1;
        known.clear(sector);
        latent.clear(sector);
      }
    }
  }
}
