package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import org.jspecify.annotations.Nullable;

/**
 * A search for sectors that no range covers, from left to right.
 *
 * <pre>
 * ranges        |-------|    |---|                 |---------|
 *                  |-----------|
 * covered up to               -->|
 * asked for                       |----|  aligned, nothing of it avoided
 * found                           |----------------|
 * </pre>
 */
final class GapSearch {

  private final long sectors;
  private final long align;
  private final long end;
  private final Extents avoided;
  private long covered;
  private @Nullable SectorRange found;

  /**
   * @param start where to begin
   * @param end how far to look
   * @param sectors how long it must be at least
   * @param align what it is to start at a multiple of, and its length to be one
   * @param avoided what must not be in it
   */
  GapSearch(long start, long end, long sectors, long align, Extents avoided) {
    if (sectors < 1 || align < 1) {
      throw new IllegalArgumentException("no gap of " + sectors + " aligned to " + align);
    }
    this.covered = start;
    this.end = end;
    this.sectors = Math.ceilDiv(sectors, align) * align;
    this.align = align;
    this.avoided = avoided;
  }

  /** Up to where everything is known to be covered, or was looked at. */
  long covered() {
    return covered;
  }

  /** Whether rows that lie like this need not be looked at one by one; they count as covered. */
  boolean passes(SortedRows rows) {
    boolean passed =
        rows.end() <= covered || rows.first(0) - covered < sectors && rows.gap() < sectors;
    if (passed) {
      covered = Math.max(covered, rows.end());
    }
    return passed;
  }

  /** The next range; whether the search is over: enough lies before it, or it is too far. */
  boolean covers(long rangeStart, long rangeEnd) {
    if (rangeStart - covered >= sectors && fits(Math.min(rangeStart, end))) {
      return true;
    }
    covered = Math.max(covered, rangeEnd);
    return isOver();
  }

  /** Whether there is nothing left to look at. */
  boolean isOver() {
    return covered >= end;
  }

  /** What was found; null if there is nothing, not even behind the last range. */
  @Nullable SectorRange result() {
    if (found == null && covered < end) {
      fits(end);
    }
    return found;
  }

  private boolean fits(long gapEnd) {
    long start = Math.ceilDiv(covered, align) * align;
    while (start + sectors <= gapEnd) {
      int next = avoided.firstEndingAfter(start);
      long clean = next < avoided.rangeCount() ? avoided.startSector(next) : Long.MAX_VALUE;
      if (clean >= start + sectors) {
        long length = Math.min(gapEnd, clean) - start;
        found = new SectorRange(start, length / align * align);
        return true;
      }
      start = Math.ceilDiv(avoided.endSector(next), align) * align;
    }
    return false;
  }
}
