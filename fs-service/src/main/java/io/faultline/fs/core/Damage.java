package io.faultline.fs.core;

import io.faultline.events.RecoveredData;
import io.faultline.fs.core.FsFact.DamagedGroup;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Policy#PRECISE} lives with: allocation groups that lost blocks of their reverse
 * mapping or free-space trees. Nobody can say any more who owns what in such a group, nor what is
 * free there, so its owners are {@code unknown} and nothing is allocated in it, until the trees
 * were written anew. Files there are found by their inodes and go on.
 *
 * <p>A map does not tell those trees from each other: both are {@code per-AG metadata}.
 */
final class Damage {

  private Damage() {}

  /** Sectors of the data device in which nothing may be allocated and every owner is unknown. */
  static Extents closed(FsState state, Filesystem filesystem) {
    return closed(state, filesystem, null);
  }

  /**
   * The same, but what a fault tells of itself it tells in full: the trees were read before they
   * were lost.
   */
  static Extents closed(FsState state, Filesystem filesystem, @Nullable String exceptFault) {
    Extents.Builder closed = Extents.builder();
    for (DamagedGroup group : groups(state, filesystem)) {
      if (!group.faultId().equals(exceptFault)) {
        closed.add(group.startSector(), group.endSector() - group.startSector());
      }
    }
    return closed.build();
  }

  /** Whether nothing may be allocated in a group, for nobody knows what is free there. */
  static boolean allocationStopped(Transaction change, int group) {
    Collection<DamagedGroup> groups = groups(change.draft.state, change.filesystem);
    if (groups.isEmpty()) {
      return false;
    }
    long start = change.geometry.agStart(group);
    return groups.stream().anyMatch(each -> each.startSector() == start);
  }

  /** The owners of these sectors were lost from the map's own trees. */
  static void add(Draft draft, Filesystem filesystem, Extents trees) {
    ReverseMap map = draft.state.map(filesystem, Role.DATA);
    long groupSectors = groupSectors(map);
    int next = 0;
    while (next < trees.rangeCount()) {
      long start = trees.startSector(next) / groupSectors * groupSectors;
      long end = Math.min(start + groupSectors, map.endSector());
      SectorRange group = SectorRange.between(start, end);
      String fault = Objects.requireNonNullElse(draft.faultId(), "");
      draft.damage(filesystem, new DamagedGroup(start, end, trees.clip(group), fault));
      while (next < trees.rangeCount() && trees.startSector(next) < end) {
        next++;
      }
    }
  }

  /**
   * Sectors can be used again: with what belongs there if somebody wrote it, or if it came back.
   */
  static void healed(Draft draft, Filesystem filesystem, Extents usable, RecoveredData data) {
    if (data == RecoveredData.ZEROED) {
      return;
    }
    for (DamagedGroup group : List.copyOf(groups(draft.state, filesystem))) {
      Extents left = group.lost().subtract(usable);
      String key = Keys.damaged(filesystem.name(), group.startSector());
      if (left.isEmpty()) {
        draft.gone(key);
      } else if (!left.equals(group.lost())) {
        draft.fact(key, group.withLost(left));
      }
    }
  }

  /** Another map, or none: what was lost of the old one is no longer so. */
  static void forget(Draft draft, Filesystem filesystem) {
    for (DamagedGroup group : groups(draft.state, filesystem)) {
      draft.gone(Keys.damaged(filesystem.name(), group.startSector()));
    }
  }

  private static Collection<DamagedGroup> groups(FsState state, Filesystem filesystem) {
    return state.damagedGroups(filesystem.name()).values();
  }

  /**
   * Groups are of one size, and each begins with its headers: so the second one's tell how long the
   * first is. Headers of one group lie in one piece.
   */
  private static long groupSectors(ReverseMap map) {
    long[] second = {map.endSector()};
    map.forEachOverlapping(
        1,
        map.endSector(),
        record -> {
          boolean headers =
              !record.isInode()
                  && record.special() == SpecialOwner.STATIC_FS_METADATA
                  && record.startSector() > 0;
          if (headers) {
            second[0] = record.startSector();
          }
          return !headers;
        });
    return second[0];
  }
}
