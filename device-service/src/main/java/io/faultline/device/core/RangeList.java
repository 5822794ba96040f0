package io.faultline.device.core;

import io.faultline.ranges.Extents;
import java.util.AbstractList;

/**
 * An entry for each range, made when it is looked at: a report of a million ranges is written
 * without a million entries in memory.
 */
final class RangeList<T> extends AbstractList<T> {

  /** Makes an entry. */
  interface Entry<T> {
    T of(long start, long count);
  }

  private final Extents ranges;
  private final Entry<T> entry;

  RangeList(Extents ranges, Entry<T> entry) {
    this.ranges = ranges;
    this.entry = entry;
  }

  @Override
  public T get(int index) {
    return entry.of(ranges.startSector(index), ranges.sectorCount(index));
  }

  @Override
  public int size() {
    return ranges.rangeCount();
  }
}
