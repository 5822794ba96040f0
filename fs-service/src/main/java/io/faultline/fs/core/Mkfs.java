package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a filesystem where mkfs.xfs 6.1 puts it ({@code mkfs/xfs_mkfs.c}, {@code
 * libxfs/topology.c}): allocation groups, their headers and the roots of their trees, the log in
 * the middle, the first inodes. Filesystems below 300 MB are made as with {@code --unsupported}.
 */
final class Mkfs {

  static final int LEAST_BLOCK_BYTES = 1024;
  static final int LARGEST_BLOCK_BYTES = 64 * 1024;

  /** XFS_AG_MIN_BYTES: a smaller device has no room for a single group. */
  static final long LEAST_BYTES = 16L << 20;

  private static final long MB = 1L << 20;
  private static final long GB = 1L << 30;
  private static final long TB = 1L << 40;

  /** XFS_AG_MAX_BYTES. */
  private static final long LARGEST_AG_BYTES = TB;

  /** The log that mkfs takes where it has room; and the least with which XFS mounts. */
  private static final long REALISTIC_LOG_BYTES = 64 * MB;

  private static final long LEAST_LOG_BYTES = 1368 * 4096L;
  private static final long LARGEST_LOG_BYTES = 2 * GB;
  private static final long FS_TO_LOG = 2048;
  private static final int SUMMARY_ENTRY_BYTES = 4;
  private static final int REALTIME_EXTENT_BYTES = 4096;

  private Mkfs() {}

  /**
   * Why mkfs refuses; null if it does not.
   *
   * @param dataSectors of the data device
   */
  static @Nullable Problem whyNot(Spec spec, long dataSectors) {
    int block = spec.blockSizeBytes();
    if (block < LEAST_BLOCK_BYTES || block > LARGEST_BLOCK_BYTES || Integer.bitCount(block) != 1) {
      return refused(
          "blockSizeBytes "
              + block
              + " is no power of two from "
              + LEAST_BLOCK_BYTES
              + " to "
              + LARGEST_BLOCK_BYTES);
    }
    long bytes = dataSectors * SectorRange.SECTOR_BYTES;
    if (bytes < LEAST_BYTES) {
      return refused(
          spec.data()
              + " has "
              + bytes
              + " bytes, but an allocation group has at least "
              + LEAST_BYTES
              + " (agsize too small)");
    }
    boolean plainRealtime = spec.realtime() != null && !spec.realtimeGroups();
    if (plainRealtime && spec.rmapbt()) {
      return refused("rmapbt not supported with realtime devices; give rmapbt false");
    }
    if (plainRealtime && spec.reflink()) {
      return refused("reflink not supported with realtime devices; give reflink false");
    }
    return null;
  }

  private static Problem refused(String detail) {
    return Problem.refused("mkfs-refused", "mkfs refuses to make the filesystem", detail);
  }

  static Geometry geometry(Spec spec, long dataSectors, long realtimeSectors) {
    int block = spec.blockSizeBytes();
    long blocks = dataSectors * SectorRange.SECTOR_BYTES / block;
    long agBlocks = agBlocks(blocks, block);
    Geometry bare = new Geometry(block, blocks, agBlocks, spec.rmapbt(), spec.reflink(), 0, 0, 0);
    long logBlocks = spec.log() == null ? logBlocks(bare) : 0;
    long logAg = bare.agCount() / 2;
    long logStart = logBlocks == 0 ? 0 : logAg * agBlocks + rootBlocks(bare);
    // A last group that is too short for its headers and a log is no group.
    return new Geometry(
        block,
        blocks,
        agBlocks,
        spec.rmapbt(),
        spec.reflink(),
        logStart,
        logBlocks,
        realtimeSectors);
  }

  /** Four groups from 64 MB on, two from 32, one below; of at most a terabyte each. */
  private static long agBlocks(long blocks, int blockBytes) {
    long bytes = blocks * blockBytes;
    if (bytes >= 4 * TB) {
      return LARGEST_AG_BYTES / blockBytes;
    }
    int groups = bytes >= 64 * MB ? 4 : bytes >= 32 * MB ? 2 : 1;
    return Math.ceilDiv(blocks, groups);
  }

  private static long logBlocks(Geometry geometry) {
    long block = geometry.blockBytes();
    long room = geometry.agBlocks() - rootBlocks(geometry) - geometry.agBlocks() / 8;
    long realistic = REALISTIC_LOG_BYTES / block;
    long least = room >= realistic ? realistic : LEAST_LOG_BYTES / block;
    long wanted = Math.max(least, geometry.blocks() / FS_TO_LOG);
    return Math.min(Math.min(wanted, LARGEST_LOG_BYTES / block - 1), room);
  }

  /** Headers and the roots of the trees, which every group begins with. */
  private static long rootBlocks(Geometry geometry) {
    return geometry.headerBlocks() + 4 + (geometry.rmapbt() ? 1 : 0) + (geometry.reflink() ? 1 : 0);
  }

  /** Everything that mkfs writes, as facts of the draft. */
  static void make(Draft draft, Filesystem filesystem) {
    Geometry geometry =
        geometry(
            filesystem.spec(), filesystem.sectors(Role.DATA), filesystem.sectors(Role.REALTIME));
    long chunk = firstChunk(geometry);
    Disk disk = new Disk(filesystem.name(), null, geometry, geometry.inodeAt(chunk));
    Transaction change = draft.begin(filesystem, disk);
    for (int ag = 0; ag < geometry.agCount(); ag++) {
      makeGroup(change, ag);
    }
    change.own(SpecialOwner.INODES, chunk, geometry.chunkBlocks() * geometry.blockSectors());
    long root = disk.rootInode();
    change.put(root, Inode.directory(change.versionAfter(0)));
    makeRealtime(change, root + 1, root + 2);
  }

  private static long firstChunk(Geometry geometry) {
    long next = rootBlocks(geometry) + freeList(geometry);
    if (geometry.logBlocks() > 0 && geometry.logAg() == 0) {
      next += geometry.logBlocks();
    }
    return Math.ceilDiv(next, geometry.chunkBlocks())
        * geometry.chunkBlocks()
        * geometry.blockSectors();
  }

  /** Two blocks for each tree that takes its blocks from the free list. */
  private static long freeList(Geometry geometry) {
    return geometry.rmapbt() ? 6 : 4;
  }

  private static void makeGroup(Transaction change, int ag) {
    Geometry geometry = change.geometry;
    Layout next = new Layout(change, geometry.agStart(ag), geometry.agEnd(ag));
    next.take(SpecialOwner.STATIC_FS_METADATA, geometry.headerBlocks());
    next.take(SpecialOwner.PER_AG_METADATA, 2);
    next.take(SpecialOwner.INODE_BTREE, 2);
    next.take(SpecialOwner.PER_AG_METADATA, geometry.rmapbt() ? 1 : 0);
    next.take(SpecialOwner.REFCOUNT_BTREE, geometry.reflink() ? 1 : 0);
    if (geometry.logBlocks() > 0 && geometry.logAg() == ag) {
      next.take(SpecialOwner.JOURNALLING_LOG, geometry.logBlocks());
    }
    next.take(SpecialOwner.PER_AG_METADATA, freeList(geometry));
  }

  /** Goes through a group from its beginning. */
  private static final class Layout {
    private final Transaction change;
    private final long end;
    private long at;

    Layout(Transaction change, long start, long end) {
      this.change = change;
      this.at = start;
      this.end = end;
    }

    void take(SpecialOwner owner, long blocks) {
      long sectors = Math.min(blocks * change.geometry.blockSectors(), end - at);
      if (sectors > 0) {
        change.own(owner, at, sectors);
        at += sectors;
      }
    }
  }

  /** The bitmap of the realtime device's extents and its summary, each an inode without a name. */
  private static void makeRealtime(Transaction change, long bitmap, long summary) {
    long extents =
        change.geometry.realtimeSectors() * SectorRange.SECTOR_BYTES / REALTIME_EXTENT_BYTES;
    long block = change.geometry.blockBytes();
    long bitmapBlocks = Math.ceilDiv(Math.ceilDiv(extents, Byte.SIZE), block);
    long levels = extents == 0 ? 0 : 64 - Long.numberOfLeadingZeros(extents);
    long summaryBlocks = Math.ceilDiv(levels * bitmapBlocks * SUMMARY_ENTRY_BYTES, block);
    makeSystemFile(change, bitmap, bitmapBlocks);
    makeSystemFile(change, summary, summaryBlocks);
  }

  private static void makeSystemFile(Transaction change, long inode, long blocks) {
    change.put(
        inode, Inode.file(change.versionAfter(0)).withSize(blocks * change.geometry.blockBytes()));
    long sectors = blocks * change.geometry.blockSectors();
    if (sectors > 0) {
      long offset = 0;
      for (SectorRange range :
          Objects.requireNonNull(new Allocator(change).metadata(0, sectors, Integer.MAX_VALUE))) {
        change.mapExtent(
            Role.DATA, inode, Fork.DATA, offset, range.startSector(), range.sectorCount(), false);
        offset += range.sectorCount();
      }
    }
  }
}
