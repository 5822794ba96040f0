package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.ranges.SectorRange;
import java.util.Objects;

/**
 * The entries of directories and the blocks that hold them, in the forms that XFS has for them
 * (Linux {@code fs/xfs/libxfs/xfs_dir2.h}): in the inode, in one block, or in data blocks with leaf
 * and free-index blocks at fixed offsets. How many blocks there are follows from the entries alone.
 */
final class Directories {

  /** XFS_DIR2_LEAF_OFFSET and XFS_DIR2_FREE_OFFSET, in sectors. */
  static final long LEAF_SECTOR = (32L << 30) / SectorRange.SECTOR_BYTES;

  private static final long FREE_SECTOR = (64L << 30) / SectorRange.SECTOR_BYTES;

  private static final int LEAST_BLOCK_BYTES = 4096;
  private static final int HEADER_BYTES = 64;

  /** Room of an inode of 512 bytes. */
  private static final int INLINE_BYTES = 336;

  private static final int INLINE_HEADER_BYTES = 6;

  /** What an entry takes more in a block than in the inode, with its padding. */
  private static final int BLOCK_ENTRY_BYTES = 8;

  private static final int LEAF_ENTRY_BYTES = 8;
  private static final int FREE_ENTRY_BYTES = 2;

  /** The directory itself and the one above. */
  private static final int DOT_ENTRIES = 2;

  private static final int DOT_ENTRY_BYTES = 16;

  private Directories() {}

  /** Blocks of each part of a directory. */
  record Form(long dataBlocks, long leafBlocks, long freeBlocks) {}

  static long blockBytes(Geometry geometry) {
    return Math.max(LEAST_BLOCK_BYTES, geometry.blockBytes());
  }

  static Form form(Geometry geometry, long entries, long entryBytes) {
    if (INLINE_HEADER_BYTES + entryBytes <= INLINE_BYTES) {
      return new Form(0, 0, 0);
    }
    long block = blockBytes(geometry);
    long room = block - HEADER_BYTES;
    long data = entryBytes + entries * BLOCK_ENTRY_BYTES + DOT_ENTRIES * DOT_ENTRY_BYTES;
    long leaf = (entries + DOT_ENTRIES) * LEAF_ENTRY_BYTES;
    if (data + leaf + LEAF_ENTRY_BYTES <= room) {
      return new Form(1, 0, 0);
    }
    long dataBlocks = Math.ceilDiv(data, room);
    if (leaf + dataBlocks * FREE_ENTRY_BYTES + LEAF_ENTRY_BYTES <= room) {
      return new Form(dataBlocks, 1, 0);
    }
    long leaves = Math.ceilDiv(leaf, room);
    long nodes = leaves > 1 ? Math.ceilDiv(leaves * LEAF_ENTRY_BYTES, room) : 0;
    return new Form(dataBlocks, leaves + nodes, Math.ceilDiv(dataBlocks * FREE_ENTRY_BYTES, room));
  }

  /** Gives a name; whether there was room for it. */
  static boolean add(
      Transaction change, long directory, String name, long inode, boolean isDirectory) {
    change.name(directory, name, inode);
    return count(change, directory, 1, FileNames.entryBytes(name), isDirectory ? 1 : 0);
  }

  static void remove(Transaction change, long directory, String name, boolean isDirectory) {
    change.name(directory, name, 0);
    count(change, directory, -1, -FileNames.entryBytes(name), isDirectory ? -1 : 0);
  }

  private static boolean count(
      Transaction change, long directory, int entries, long bytes, int links) {
    Inode before = Objects.requireNonNull(change.inode(directory));
    Inode after =
        before
            .withEntries(before.entries() + entries, before.entryBytes() + bytes)
            .withLinks(before.links() + links);
    Geometry geometry = change.geometry;
    Form old = form(geometry, before.entries(), before.entryBytes());
    Form form = form(geometry, after.entries(), after.entryBytes());
    long size =
        form.dataBlocks() == 0
            ? INLINE_HEADER_BYTES + after.entryBytes()
            : form.dataBlocks() * blockBytes(geometry);
    change.put(directory, after.withSize(size));
    return resize(change, directory, 0, old.dataBlocks(), form.dataBlocks())
        && resize(change, directory, LEAF_SECTOR, old.leafBlocks(), form.leafBlocks())
        && resize(change, directory, FREE_SECTOR, old.freeBlocks(), form.freeBlocks());
  }

  private static boolean resize(
      Transaction change, long directory, long base, long before, long after) {
    long block = blockBytes(change.geometry) / SectorRange.SECTOR_BYTES;
    return Forks.resize(change, directory, Fork.DATA, base + before * block, base + after * block);
  }
}
