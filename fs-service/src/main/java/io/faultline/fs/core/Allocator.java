package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds free blocks: behind what a file has already, else near its inode, else in the groups that
 * follow; in as few pieces as there are. Sectors that are known to be bad are passed over.
 *
 * <p>File data leaves some blocks of each group to the btrees, so that space can always be given
 * back (as XFS reserves them for its reverse-mapping and refcount btrees).
 */
final class Allocator {

  private static final long LEAST_RESERVED_BLOCKS = 16;
  private static final long RESERVED_FRACTION = 256;

  private final Transaction change;
  private final Geometry geometry;
  private final MapDraft map;
  private final Extents bad;

  Allocator(Transaction change) {
    this.change = change;
    this.geometry = change.geometry;
    this.map = change.map(Role.DATA);
    this.bad = change.draft.faultsOf(change.filesystem.spec().data()).bad();
  }

  static long reservedSectors(Geometry geometry) {
    long blocks = Math.max(LEAST_RESERVED_BLOCKS, geometry.agBlocks() / RESERVED_FRACTION);
    return blocks * geometry.blockSectors();
  }

  /**
   * Room for file data.
   *
   * @param target where it would go on best; 0 for anywhere in the group
   * @param sectors a multiple of a block
   * @return pieces in the order in which to use them, of together as much; fewer if there are more
   *     than {@code maxPieces}; null if there is no room
   */
  @Nullable List<SectorRange> data(int ag, long target, long sectors, int maxPieces) {
    return find(ag, target, sectors, maxPieces, reservedSectors(geometry));
  }

  /** The same for what belongs to the filesystem itself. */
  @Nullable List<SectorRange> metadata(int ag, long sectors, int maxPieces) {
    return find(ag, 0, sectors, maxPieces, 0);
  }

  private @Nullable List<SectorRange> find(
      int ag, long target, long sectors, int maxPieces, long reserved) {
    List<SectorRange> found = new ArrayList<>();
    Extents used = bad;
    long left = sectors;
    long wanted = sectors;
    long next = target;
    while (left > 0 && found.size() < maxPieces) {
      wanted = Math.min(wanted, left);
      SectorRange piece = anywhere(ag, next, wanted, left, reserved, used, found);
      if (piece != null) {
        found.add(piece);
        used = used.union(Extents.of(piece));
        left -= piece.sectorCount();
        next = piece.endSector();
      } else if (wanted > geometry.blockSectors()) {
        wanted = Math.max(geometry.blockSectors(), geometry.blockDown(wanted / 2));
      } else {
        return null;
      }
    }
    return found;
  }

  private @Nullable SectorRange anywhere(
      int ag,
      long target,
      long least,
      long most,
      long reserved,
      Extents used,
      List<SectorRange> found) {
    if (target > 0 && target < geometry.sectors()) {
      long room = room(geometry.agOf(target), reserved, found);
      SectorRange behind = room <= 0 ? null : at(target, Math.min(room, most), used);
      if (behind != null) {
        return behind;
      }
    }
    for (int i = 0; i < geometry.agCount(); i++) {
      int group = (ag + i) % geometry.agCount();
      long room = room(group, reserved, found);
      if (room >= least) {
        SectorRange piece = in(group, target, least, Math.min(room, most), used);
        if (piece != null) {
          return piece;
        }
      }
    }
    return null;
  }

  /** What may still be taken from a group. */
  private long room(int group, long reserved, List<SectorRange> found) {
    if (Damage.allocationStopped(change, group)) {
      return 0;
    }
    long taken =
        found.stream()
            .filter(each -> geometry.agOf(each.startSector()) == group)
            .mapToLong(SectorRange::sectorCount)
            .sum();
    return geometry.blockDown(change.tally(group).freeSectors - reserved - taken);
  }

  /** What is free from exactly there on. */
  private @Nullable SectorRange at(long target, long most, Extents used) {
    long end = geometry.agEnd(geometry.agOf(target));
    long block = geometry.blockSectors();
    if (target % block != 0 || target + block > end) {
      return null;
    }
    SectorRange found = map.findFree(target, target + block, block, block, used);
    if (found == null) {
      return null;
    }
    SectorRange whole = map.findFree(target, end, block, block, used);
    return whole == null ? null : clip(whole, most);
  }

  private @Nullable SectorRange in(int group, long target, long least, long most, Extents used) {
    long block = geometry.blockSectors();
    long start = geometry.agStart(group);
    long end = geometry.agEnd(group);
    boolean targeted = target > start && target < end;
    SectorRange found =
        targeted ? map.findFree(geometry.blockUp(target), end, least, block, used) : null;
    if (found == null) {
      found = map.findFree(start, end, least, block, used);
    }
    return found == null ? null : clip(found, most);
  }

  private static SectorRange clip(SectorRange found, long most) {
    return new SectorRange(found.startSector(), Math.min(found.sectorCount(), most));
  }

  /**
   * One piece within a group, aligned to blocks.
   *
   * @param least what is of use
   * @param most what is wanted
   */
  @Nullable SectorRange inGroup(int ag, long least, long most) {
    SectorRange found = in(ag, 0, most, most, bad);
    return found != null ? found : in(ag, 0, least, most, bad);
  }

  /** A chunk of inodes, aligned to its own size, near the beginning of a group. */
  @Nullable SectorRange chunk(int ag) {
    long sectors = geometry.chunkBlocks() * geometry.blockSectors();
    if (room(ag, reservedSectors(geometry), List.of()) < sectors) {
      return null;
    }
    long start = geometry.agStart(ag);
    long end = geometry.agEnd(ag);
    // Alignment counts from the group's beginning, which need not be a multiple of a chunk.
    long from = start;
    while (from < end) {
      SectorRange gap = map.findFree(from, end, sectors, geometry.blockSectors(), bad);
      if (gap == null) {
        return null;
      }
      long aligned = start + Math.ceilDiv(gap.startSector() - start, sectors) * sectors;
      if (aligned + sectors <= gap.endSector()) {
        return new SectorRange(aligned, sectors);
      }
      from = gap.endSector();
    }
    return null;
  }
}
