package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.ranges.SectorRange;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives btrees the blocks that their records need, and takes back what they need no more. A tree
 * grows when its blocks would be more than full, and shrinks when they would be less than half
 * full.
 *
 * <p>Blocks come from the group's free space, which takes records of its own: the end is reached
 * step by step. A tree that finds no block does without, until there is one again.
 */
final class BtreeBlocks {

  /** Growing by a block seldom makes another tree grow; this often it never did. */
  private static final int MAX_ROUNDS = 16;

  /** Extents, or pointers to btree blocks, that have room in an inode of 512 bytes. */
  private static final int INLINE_EXTENTS = 21;

  private static final int INLINE_EXTENTS_BESIDE_ATTRIBUTES = 12;

  private final Transaction change;
  private final Geometry geometry;
  private final Allocator allocator;

  BtreeBlocks(Transaction change) {
    this.change = change;
    this.geometry = change.geometry;
    this.allocator = new Allocator(change);
  }

  /** The blocks of the btree that maps a file's extents. */
  void settleFork(long number, long extents, Inode inode) {
    boolean attributes = inode.attrBlocks() + change.forkChange(number, Fork.ATTR) > 0;
    int room = attributes ? INLINE_EXTENTS_BESIDE_ATTRIBUTES : INLINE_EXTENTS;
    long needed = extents <= room ? 0 : geometry.bmapBtree().fewestBelow(extents, room - 1);
    long owned = inode.bmbtBlocks() + change.forkChange(number, Fork.BMBT);
    boolean tooMany = owned > 2 * needed;
    if (owned < needed) {
      long sectors = (needed - owned) * geometry.blockSectors();
      List<SectorRange> found =
          allocator.metadata(geometry.agOfInode(number), sectors, Integer.MAX_VALUE);
      if (found != null) {
        found.forEach(range -> addBmbt(number, range));
      }
    } else if (tooMany) {
      removeBmbt(number, owned - needed);
    }
  }

  private void addBmbt(long number, SectorRange range) {
    long block = geometry.blockSectors();
    for (long at = range.startSector(); at < range.endSector(); at += block) {
      change.add(Role.DATA, new MapRecord(at, block, null, number, Fork.BMBT, 0, false, false));
    }
  }

  private void removeBmbt(long number, long blocks) {
    long left = blocks * geometry.blockSectors();
    for (MapRecord record :
        change.map(Role.DATA).of(number, Fork.BMBT, 0, Long.MAX_VALUE).reversed()) {
      if (left >= record.sectorCount()) {
        change.remove(Role.DATA, record);
        left -= record.sectorCount();
      }
    }
  }

  void settleGroups(List<Integer> touched) {
    for (int ag : touched) {
      for (int round = 0; round < MAX_ROUNDS && settleGroup(ag); round++) {}
    }
  }

  /** Whether something had to be changed. */
  private boolean settleGroup(int ag) {
    GroupTally tally = change.tally(ag);
    boolean changed = false;
    for (SpecialOwner owner :
        new SpecialOwner[] {
          SpecialOwner.PER_AG_METADATA, SpecialOwner.INODE_BTREE, SpecialOwner.REFCOUNT_BTREE
        }) {
      long owned = tally.sectorsOf(owner) / geometry.blockSectors();
      long fewest = blocks(owner, tally, true);
      long most = Math.max(fewest, blocks(owner, tally, false));
      if (owned < fewest) {
        changed |= grow(ag, owner, fewest - owned);
      } else if (owned > most) {
        changed |= shrink(ag, owner, owned - most);
      }
    }
    return changed;
  }

  /** What the trees of an owner need. */
  private long blocks(SpecialOwner owner, GroupTally tally, boolean full) {
    return switch (owner) {
      case PER_AG_METADATA -> {
        long free = tally.freeExtents;
        long trees = 2 * size(geometry.freeSpaceBtree(), free, full);
        // The free list holds what a change of each tree may take: a block a level and one more.
        long list = 2L * (geometry.freeSpaceBtree().levels(free) + 1);
        if (geometry.rmapbt()) {
          trees += size(geometry.rmapBtree(), tally.records, full);
          list += geometry.rmapBtree().levels(tally.records) + 1;
        }
        yield trees + list;
      }
      case INODE_BTREE -> 2 * size(geometry.inodeBtree(), chunks(tally), full);
      case REFCOUNT_BTREE ->
          geometry.reflink() ? size(geometry.refcountBtree(), tally.refcounts, full) : 0;
      case FREE_SPACE,
          UNKNOWN,
          STATIC_FS_METADATA,
          JOURNALLING_LOG,
          INODES,
          COW_RESERVATION,
          DEFECTIVE ->
          0;
    };
  }

  private long chunks(GroupTally tally) {
    long blocks = tally.sectorsOf(SpecialOwner.INODES) / geometry.blockSectors();
    return blocks / geometry.chunkBlocks();
  }

  private static long size(BtreeShape tree, long records, boolean full) {
    return full ? tree.fewest(records) : tree.most(records);
  }

  private boolean grow(int ag, SpecialOwner owner, long blocks) {
    SectorRange found =
        allocator.inGroup(ag, geometry.blockSectors(), geometry.blockSectors() * blocks);
    if (found == null) {
      return false;
    }
    change.own(owner, found.startSector(), found.sectorCount());
    return true;
  }

  private boolean shrink(int ag, SpecialOwner owner, long blocks) {
    MapRecord last = lastOf(ag, owner);
    if (last == null) {
      return false;
    }
    long sectors = Math.min(last.sectorCount(), blocks * geometry.blockSectors());
    change.disown(owner, last.endSector() - sectors, sectors);
    return true;
  }

  /** The stretch of an owner that lies last in a group. */
  private @Nullable MapRecord lastOf(int ag, SpecialOwner owner) {
    MapDraft map = change.map(Role.DATA);
    MapRecord last = null;
    for (MapRecord added : map.added()) {
      if (added.special() == owner && geometry.agOf(added.startSector()) == ag) {
        last = added;
      }
    }
    Map<Long, Long> there =
        change.contents.isAttached()
            ? change.contents.tally(geometry, ag).stretchesOf(owner).descendingMap()
            : Map.of();
    for (Map.Entry<Long, Long> each : there.entrySet()) {
      MapRecord record = MapRecord.special(each.getKey(), each.getValue(), owner);
      if (last != null && last.startSector() > record.startSector()) {
        return last;
      }
      if (!map.removed().contains(record)) {
        return record;
      }
    }
    return last;
  }
}
