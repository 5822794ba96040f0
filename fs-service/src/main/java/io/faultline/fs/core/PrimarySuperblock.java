package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;

/**
 * The one block of static metadata that nothing can make anew while a filesystem is mounted from
 * it. The other headers of its group come from the reverse map, the other superblocks from this.
 *
 * <pre>
 * static fs metadata   |---------------------------------------|  one fs sector each
 *                      | superblock |  AGF  |  AGI  |  AGFL     |
 * </pre>
 */
final class PrimarySuperblock {

  private static final int HEADERS = 4;

  private PrimarySuperblock() {}

  /** Where it lies; a map does not tell the size of a sector, but how long four of them are. */
  static SectorRange of(ReverseMap map) {
    long[] headers = {HEADERS};
    map.forEachOverlapping(
        0,
        1,
        record -> {
          boolean isStatic =
              !record.isInode() && record.special() == SpecialOwner.STATIC_FS_METADATA;
          headers[0] = isStatic ? record.sectorCount() : HEADERS;
          return false;
        });
    return new SectorRange(0, Math.max(1, headers[0] / HEADERS));
  }

  /** What of {@code metadata} can be made anew. */
  static Extents rebuildable(ReverseMap map, Extents metadata) {
    return metadata.subtract(Extents.of(of(map)));
  }
}
