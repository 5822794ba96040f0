package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds free blocks of the realtime device, whose extents are of one block: behind what a file has
 * already, else from the device's beginning on; in as few pieces as there are. Sectors that are
 * known to be bad are passed over. All of the device is for file data, so nothing is held back.
 */
final class RealtimeAllocator {

  private final MapDraft map;
  private final long block;
  private final long end;
  private final Extents bad;

  RealtimeAllocator(Transaction change) {
    this.map = change.map(Role.REALTIME);
    this.block = change.geometry.blockSectors();
    this.end = change.geometry.blockDown(map.endSector());
    String device = change.filesystem.spec().realtime();
    this.bad = device == null ? Extents.EMPTY : change.draft.faultsOf(device).bad();
  }

  /**
   * Room for file data.
   *
   * @param target where it would go on best; 0 for anywhere
   * @param sectors a multiple of a block
   * @return pieces in the order in which to use them, of together as much; fewer if there are more
   *     than {@code maxPieces}; null if there is no room
   */
  @Nullable List<SectorRange> find(long target, long sectors, int maxPieces) {
    List<SectorRange> found = new ArrayList<>();
    Extents used = bad;
    long left = sectors;
    long wanted = sectors;
    long next = target;
    while (left > 0 && found.size() < maxPieces) {
      wanted = Math.min(wanted, left);
      SectorRange piece = piece(next, wanted, left, used);
      if (piece != null) {
        found.add(piece);
        used = used.union(Extents.of(piece));
        left -= piece.sectorCount();
        next = piece.endSector();
      } else if (wanted > block) {
        wanted = Math.max(block, wanted / 2 / block * block);
      } else {
        return null;
      }
    }
    return found;
  }

  private @Nullable SectorRange piece(long target, long least, long most, Extents used) {
    SectorRange gap = null;
    if (target > 0 && target % block == 0 && target + block <= end) {
      boolean goesOn = map.findFree(target, target + block, block, block, used) != null;
      gap = map.findFree(target, end, goesOn ? block : least, block, used);
    }
    gap = gap == null ? map.findFree(0, end, least, block, used) : gap;
    return gap == null
        ? null
        : new SectorRange(gap.startSector(), Math.min(gap.sectorCount(), most));
  }
}
