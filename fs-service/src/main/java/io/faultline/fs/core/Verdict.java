package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import java.util.function.Predicate;

/**
 * Whether a filesystem can go on after a loss.
 *
 * <p>The kernel stops at any special owner, attribute block and extent btree, however easily it
 * could be made anew, and at any page of an external log's device, beyond the log's end too; it
 * goes on after the loss of file data (a directory's blocks are file data to it) and of free space.
 * {@link Policy#PRECISE} stops only where nothing can make the loss good.
 */
final class Verdict {

  private Verdict() {}

  /** Whether losing ranges of a device that has a reverse map stops the filesystem. */
  static boolean isFatal(FsState state, Filesystem filesystem, Role role, Extents lost) {
    ReverseMap map = state.map(filesystem, role);
    return switch (filesystem.spec().policy()) {
      case XFS -> isAny(map, lost, Verdict::isFatalToXfs);
      case PRECISE -> {
        Extents known = role == Role.DATA ? lost.subtract(Damage.closed(state, filesystem)) : lost;
        yield isAny(map, known, Verdict::isIrreplaceable)
            || role == Role.DATA && losesSuperblock(map, lost);
      }
    };
  }

  private static boolean losesSuperblock(ReverseMap map, Extents lost) {
    return isAny(
        map,
        lost.clip(PrimarySuperblock.of(map)),
        record -> !record.isInode() && record.special() == SpecialOwner.STATIC_FS_METADATA);
  }

  private static boolean isAny(
      ReverseMap map, Extents ranges, Predicate<ReverseMap.Cursor> condition) {
    boolean[] fatal = {false};
    for (int i = 0; i < ranges.rangeCount() && !fatal[0]; i++) {
      map.forEachOverlapping(
          ranges.startSector(i),
          ranges.endSector(i),
          record -> {
            fatal[0] = condition.test(record);
            return !fatal[0];
          });
    }
    return fatal[0];
  }

  private static boolean isFatalToXfs(ReverseMap.Cursor record) {
    return record.isInode() ? record.fork() != Fork.DATA : !record.special().isUnowned();
  }

  private static boolean isIrreplaceable(ReverseMap.Cursor record) {
    return !record.isInode() && !record.special().isUnowned() && !record.special().rebuildable();
  }

  /** Whether losing ranges of an external log's device stops the filesystem. */
  static boolean isLogFatal(FsState state, Filesystem filesystem, Extents ranges) {
    return switch (filesystem.spec().policy()) {
      case XFS -> true;
      case PRECISE -> ranges.span().startSector() < state.map(filesystem, Role.LOG).endSector();
    };
  }
}
