package io.faultline.fs.core;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which inodes of which chunks are in use: the inode btrees. A chunk that was imported counts as
 * full, for nobody knows which of its inodes are free.
 */
final class InodeChunks {

  private static final int SHIFT = Integer.numberOfTrailingZeros(Geometry.CHUNK_INODES);
  private static final long FULL = -1;

  /** By chunk: a bit for each inode in use. */
  private final Map<Long, Long> used = new HashMap<>();

  private final TreeSet<Long> present = new TreeSet<>();

  /** Chunks that are there and not full. */
  private final TreeSet<Long> roomy = new TreeSet<>();

  /** Blocks of inodes came or went. */
  void put(Geometry geometry, MapRecord record, boolean isPresent) {
    long first = geometry.inodeAt(record.startSector());
    long blocks = record.sectorCount() / geometry.blockSectors();
    long last = first + blocks * geometry.inodesPerBlock() - 1;
    for (long chunk = first >> SHIFT; chunk <= last >> SHIFT; chunk++) {
      if (isPresent) {
        present.add(chunk);
      } else {
        present.remove(chunk);
      }
      judge(chunk);
    }
  }

  void use(long inode, boolean inUse) {
    long chunk = inode >> SHIFT;
    long bit = 1L << (inode & Geometry.CHUNK_INODES - 1);
    long before = used.getOrDefault(chunk, 0L);
    long after = inUse ? before | bit : before & ~bit;
    if (after == 0) {
      used.remove(chunk);
    } else {
      used.put(chunk, after);
    }
    judge(chunk);
  }

  private void judge(long chunk) {
    if (present.contains(chunk) && used.getOrDefault(chunk, 0L) != FULL) {
      roomy.add(chunk);
    } else {
      roomy.remove(chunk);
    }
  }

  /** The first free inode between two that is not taken otherwise; null if there is none. */
  @Nullable Long free(long fromInode, long toInode, LongPredicate taken) {
    for (Long chunk = roomy.ceiling(fromInode >> SHIFT);
        chunk != null && chunk << SHIFT < toInode;
        chunk = roomy.higher(chunk)) {
      for (long free = ~used.getOrDefault(chunk, 0L); free != 0; free &= free - 1) {
        long inode = (chunk << SHIFT) + Long.numberOfTrailingZeros(free);
        if (!taken.test(inode)) {
          return inode;
        }
      }
    }
    return null;
  }

  /** Whether the chunk of an inode is one of these. */
  boolean isPresent(long inode) {
    return present.contains(inode >> SHIFT);
  }
}
