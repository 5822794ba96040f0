package io.faultline.fs.core;

import io.faultline.ranges.Extents;
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
    Extents.Builder there = Extents.builder();
    for (MapRecord each : change.map(Role.DATA).of(inode, fork, end, newEnd)) {
      there.add(each.fileOffsetSectors(), each.sectorCount());
    }
    // Where it was imported, its blocks need not lie as they would have been made here.
    Extents missing = Extents.of(end, newEnd - end).subtract(there.build());
    for (SectorRange hole : missing.toList()) {
      if (!fill(change, inode, fork, hole)) {
        return false;
      }
    }
    return true;
  }

  private static boolean fill(Transaction change, long inode, Fork fork, SectorRange hole) {
    int ag = change.geometry.agOfInode(inode);
    List<SectorRange> found =
        new Allocator(change).data(ag, 0, hole.sectorCount(), Integer.MAX_VALUE);
    if (found == null) {
      return false;
    }
    long next = hole.startSector();
    for (SectorRange range : found) {
      change.mapExtent(
          Role.DATA, inode, fork, next, range.startSector(), range.sectorCount(), false);
      next += range.sectorCount();
    }
    return true;
  }
}
