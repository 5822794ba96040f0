package io.faultline.fs.core;

import java.util.PriorityQueue;

/** Counts a whole allocation group, in one pass over its records. */
final class Tallying {

  private final GroupTally tally = new GroupTally();

  /** Where the file records that began so far end. */
  private final PriorityQueue<Long> ends = new PriorityQueue<>();

  private int lastDepth;

  private Tallying() {}

  static GroupTally of(ReverseMap map, long start, long end) {
    Tallying counting = new Tallying();
    map.forEachOverlapping(
        start,
        end,
        record -> {
          counting.add(record, start, end);
          return true;
        });
    counting.closeUpTo(Long.MAX_VALUE);
    return counting.tally;
  }

  private void add(ReverseMap.Cursor record, long start, long end) {
    if (record.isFree()) {
      tally.freeExtents++;
      tally.freeSectors +=
          Math.min(end, record.endSector()) - Math.max(start, record.startSector());
      return;
    }
    tally.count(record.unshared(), 1);
    if (record.isInode() && record.fork() == Fork.DATA) {
      closeUpTo(record.startSector());
      opened = record.startSector();
      ends.add(record.endSector());
    } else if (!record.isInode() && record.special() == SpecialOwner.COW_RESERVATION) {
      tally.refcounts++;
    }
  }

  private long opened = -1;

  /** Goes on to a sector: each stretch of the same depth before it is one refcount record. */
  private void closeUpTo(long sector) {
    long from = opened;
    while (!ends.isEmpty()) {
      long next = Math.min(sector, ends.peek());
      if (next > from) {
        tally.refcounts += ends.size() > 1 && ends.size() != lastDepth ? 1 : 0;
        lastDepth = ends.size();
        from = next;
      }
      if (next == sector && ends.peek() > sector) {
        break;
      }
      ends.poll();
    }
    if (ends.isEmpty() && from < sector) {
      lastDepth = 0;
    }
    opened = sector;
  }
}
