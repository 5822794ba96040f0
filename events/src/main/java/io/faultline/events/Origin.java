package io.faultline.events;

import io.faultline.ranges.Extents;
import org.jspecify.annotations.Nullable;

/**
 * The leaf device that an effect came from.
 *
 * @param device the leaf
 * @param ranges its sectors, the first {@value #MAX_RANGES} ranges
 * @param sectors how many sectors in all, where ranges were cut; else null
 */
public record Origin(String device, Extents ranges, @Nullable Long sectors) {

  public static final int MAX_RANGES = 256;

  /** The origin of {@code ranges}, cut where they are too many. */
  public static Origin of(String device, Extents ranges) {
    return ranges.rangeCount() <= MAX_RANGES
        ? new Origin(device, ranges, null)
        : new Origin(device, ranges.head(MAX_RANGES), ranges.totalSectors());
  }
}
