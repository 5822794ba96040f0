package io.faultline.fs.core;

import io.faultline.ranges.SectorRange;
import java.util.List;

/** Blocks of forks that the filesystem itself writes: directories and attributes. */
final class Forks {

  private Forks() {}

  /**
   * Lets a part of a fork end elsewhere, in sectors of the fork.
   *
   * @return whether there was room
   */
  static boolean resize(Transaction change, long inode, Fork fork, long end, long newEnd) {
    if (newEnd < end) {
      change.unmap(Role.DATA, inode, fork, newEnd, end);
    }
    if (newEnd <= end) {
      return true;
    }
    int ag = change.geometry.agOfInode(inode);
    List<SectorRange> found = new Allocator(change).data(ag, 0, newEnd - end, Integer.MAX_VALUE);
    if (found == null) {
      return false;
    }
    long next = end;
    for (SectorRange range : found) {
      change.mapExtent(
          Role.DATA, inode, fork, next, range.startSector(), range.sectorCount(), false);
      next += range.sectorCount();
    }
    return true;
  }
}
