package io.faultline.device.below;

import java.util.BitSet;

/** A device as a child would write it: one entry for each sector. */
final class ModelDevice {

  final int sectors;
  final int blockSectors;
  final int unitSectors;

  /** What was written to each sector last; 0 if nothing was. */
  final byte[] content;

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
  }

  void inject(int start, int end, boolean announced) {
    int from = start / blockSectors * blockSectors;
    int to = (end + blockSectors - 1) / blockSectors * blockSectors;
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
      known.clear(sector);
      latent.clear(sector);
    }
  }

  void clear(int start, int end) {
    for (int sector = start; sector < end; sector++) {
      if (isBad(sector) && isWholeUnit(sector, start, end)) {
        content[sector] = 0;
        known.clear(sector);
        latent.clear(sector);
      }
    }
  }
}
