package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.List;

/** A reverse map, or what a change makes of one. */
@FunctionalInterface
interface MapView {

  /**
   * The records that share a sector with {@code [startSector, endSector)}, by their starts, without
   * looking whether they are shared.
   */
  List<MapRecord> overlapping(long startSector, long endSector);

  static MapView of(ReverseMap map) {
    return (start, end) -> {
      List<MapRecord> records = new ArrayList<>();
      map.forEachOverlapping(
          start,
          end,
          record -> {
            if (!record.isFree()) {
              records.add(record.unshared());
            }
            return true;
          });
      return records;
    };
  }
}
