package io.faultline.fs.core;

import io.faultline.ranges.SectorRange;
import org.jspecify.annotations.Nullable;

/** Finds a free inode near its directory, and makes a chunk of new ones where there is none. */
final class InodeAllocator {

  private final Transaction change;
  private final Geometry geometry;

  InodeAllocator(Transaction change) {
    this.change = change;
    this.geometry = change.geometry;
  }

  /** The number of a free inode; null if there is no room for one. */
  @Nullable Long allocate(long directory) {
    int near = geometry.agOfInode(directory);
    for (int i = 0; i < geometry.agCount(); i++) {
      int ag = (near + i) % geometry.agCount();
      Long free = freeIn(ag);
      if (free == null && makeChunk(ag)) {
        free = freeIn(ag);
      }
      if (free != null) {
        return free;
      }
    }
    return null;
  }

  private @Nullable Long freeIn(int ag) {
    long from = geometry.inodeAt(geometry.agStart(ag));
    long to =
        ag + 1 < geometry.agCount() ? geometry.inodeAt(geometry.agStart(ag + 1)) : Long.MAX_VALUE;
    Long fresh = change.newChunks().free(from, to, change::isTaken);
    return fresh != null ? fresh : change.contents.chunks().free(from, to, change::isTaken);
  }

  private boolean makeChunk(int ag) {
    SectorRange chunk = new Allocator(change).chunk(ag);
    if (chunk == null) {
      return false;
    }
    change.own(SpecialOwner.INODES, chunk.startSector(), chunk.sectorCount());
    change
        .newChunks()
        .put(
            geometry,
            MapRecord.special(chunk.startSector(), chunk.sectorCount(), SpecialOwner.INODES),
            true);
    return true;
  }

  /** Gives the blocks of a chunk back that has no inode in use any more. */
  static void freeChunkOf(Transaction change, long inode) {
    Geometry geometry = change.geometry;
    long unit = Math.max(Geometry.CHUNK_INODES, geometry.inodesPerBlock());
    long first = inode - inode % unit;
    if (!change.contents.chunks().isPresent(first)
        || change.disk.rootInode() >= first && change.disk.rootInode() < first + unit) {
      return;
    }
    for (long number = first; number < first + unit; number++) {
      if (change.inode(number) != null) {
        return;
      }
    }
    long start = geometry.sectorOfInode(first);
    change.disown(SpecialOwner.INODES, start, geometry.chunkBlocks() * geometry.blockSectors());
  }
}
