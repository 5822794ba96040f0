package io.faultline.dm.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;

/**
 * Collects the image of a bad set on a volume in bounded memory: beyond {@link
 * Limits#MAX_IMAGE_RANGES} ranges it is rounded outwards, to coarser and coarser units.
 */
final class ImageBuilder {

  private final int maxRanges;
  private Extents.Builder ranges = Extents.builder();
  private int added;
  private long unitSectors = 1;

  ImageBuilder(int maxRanges) {
    this.maxRanges = maxRanges;
  }

  void add(long startSector, long sectorCount) {
    ranges.add(startSector, sectorCount);
    // Touching ranges merge, so this counts too many at most.
    if (++added > 2 * maxRanges) {
      coarsen();
    }
  }

  private void coarsen() {
    Extents collected = collect();
    ranges = Extents.builder().addAll(collected);
    added = collected.rangeCount();
  }

  private Extents collect() {
    Extents collected = ranges.build();
    while (collected.rangeCount() > maxRanges) {
      unitSectors *= 2;
      collected = collected.roundOut(unitSectors);
    }
    return collected;
  }

  /** The set, within a volume of that size. */
  Extents build(long volumeSectors) {
    Extents collected = collect();
    return unitSectors == 1 ? collected : collected.clip(new SectorRange(0, volumeSectors));
  }
}
