package io.faultline.fs.core;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who owns which sectors of one block device: what XFS keeps in its reverse-mapping btrees.
 *
 * <p>Records are sorted by start sector, then inode, then file offset, and cover {@code [0,
 * endSector)} without a hole: what a dump leaves out belongs to the gap's owner. Sectors that
 * several files share have a record for each, so records overlap and a long one may reach over many
 * that start later. A lookup therefore may not begin at the last record that starts before the
 * range; it asks for each block of 64 records, and of 4,096, how far the longest one reaches, and
 * steps over whole blocks that end too early.
 *
 * <p>From an inode to its records leads a hash table and a chain through them. The records of a
 * file are put into the order of its offsets when they are first asked for, and kept so for the
 * files that were asked for last.
 *
 * <p>Everything is in primitive arrays, 28 bytes a record and 20 to 28 an inode, built once, a part
 * of the import at a time, and never changed: ten million records are 280 MB, and making them live
 * is one copy.
 */
public final class ReverseMap {

  private static final int FORK_MASK = 3;
  private static final int SHARED = 4;
  private static final int UNWRITTEN = 8;
  private static final int FLAG_BITS = 4;
  private static final int BLOCK = 64;
  private static final int SUPERBLOCK = BLOCK * BLOCK;
  private static final int NONE = -1;
  private static final Fork[] FORKS = Fork.values();

  /** Stands for the gap's owner, which is known only when the map is built. */
  private static final int GAP = Integer.MIN_VALUE;

  /** Files whose records are kept in the order of their offsets. */
  private static final int FILES_KEPT_SORTED = 64;

  /** Takes record numbers. */
  @FunctionalInterface
  public interface Visitor {
    /** Whether to go on. */
    boolean visit(int record);
  }

  private final int size;
  private final long[] starts;

  /** Sectors as an unsigned 32-bit number; 0 where that is too small, see {@link #longCounts}. */
  private final int[] counts;

  /** Record number and sectors of the few records of 2 TiB and more, ascending. */
  private final long[] longCounts;

  /** Number of an inode, or the complement of a {@link SpecialOwner} ordinal. */
  private final int[] owners;

  /** File offset in sectors, above the bits for fork, shared and unwritten. */
  private final long[] offsetsAndFlags;

  /** The next record of the same inode, by start; {@link #NONE} after the last. */
  private final int[] nextOfInode;

  /** How far the records of a block reach, and of a block of blocks. */
  private final long[] blockEnds;

  private final long[] superblockEnds;

  private final Inodes inodes;
  private final long endSector;
  private final SpecialOwner gapOwner;

  private final Map<Integer, int[]> sortedFiles =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, int[]> eldest) {
          return size() > FILES_KEPT_SORTED;
        }
      };

  private ReverseMap(Builder from, SpecialOwner gapOwner) {
    this.gapOwner = gapOwner;
    size = from.size;
    starts = Arrays.copyOf(from.starts, size);
    counts = Arrays.copyOf(from.counts, size);
    longCounts = Arrays.copyOf(from.longCounts, from.longCountsLength);
    owners = Arrays.copyOf(from.owners, size);
    offsetsAndFlags = Arrays.copyOf(from.offsetsAndFlags, size);
    nextOfInode = Arrays.copyOf(from.nextOfInode, size);
    blockEnds = Arrays.copyOf(from.blockEnds, (size + BLOCK - 1) / BLOCK);
    superblockEnds = new long[(size + SUPERBLOCK - 1) / SUPERBLOCK];
    for (int i = 0; i < blockEnds.length; i++) {
      superblockEnds[i / BLOCK] = Math.max(superblockEnds[i / BLOCK], blockEnds[i]);
    }
    inodes = from.inodes;
    inodes.trim();
    endSector = from.coveredEnd;
  }

  /** A device of which everything belongs to {@code owner}. */
  public static ReverseMap of(long sectors, SpecialOwner owner) {
    Builder builder = new Builder();
    if (sectors > 0) {
      builder.add(0, sectors, owner);
    }
    return builder.build(owner);
  }

  /** How many records there are. */
  public int size() {
    return size;
  }

  /** The first sector that is not the filesystem's any more. */
  public long endSector() {
    return endSector;
  }

  public long startSector(int record) {
    return starts[record];
  }

  public long sectorCount(int record) {
    int count = counts[record];
    return count != 0 ? Integer.toUnsignedLong(count) : longCount(record);
  }

  public long endSector(int record) {
    return starts[record] + sectorCount(record);
  }

  public boolean isInode(int record) {
    return owners[record] >= 0;
  }

  /**
   * The inode that owns the record.
   *
   * @throws ArrayIndexOutOfBoundsException if none does
   */
  public long inode(int record) {
    return inodes.inode(owners[record]);
  }

  /** Who owns a record that is no inode's. */
  public SpecialOwner special(int record) {
    return owners[record] == GAP ? gapOwner : SpecialOwner.ofOrdinal(~owners[record]);
  }

  public Fork fork(int record) {
    return FORKS[(int) offsetsAndFlags[record] & FORK_MASK];
  }

  /** Position in the fork, in sectors; 0 for {@link Fork#BMBT}. */
  public long fileOffsetSectors(int record) {
    return offsetsAndFlags[record] >>> FLAG_BITS;
  }

  public boolean shared(int record) {
    return (offsetsAndFlags[record] & SHARED) != 0;
  }

  public boolean unwritten(int record) {
    return (offsetsAndFlags[record] & UNWRITTEN) != 0;
  }

  /** The number of the first record that starts at {@code sector} or later. */
  public int firstStartingAt(long sector) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts[middle] >= sector) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Visits every record that shares a sector with {@code [startSector, endSector)}, ascending,
   * until the visitor has enough.
   */
  public void forEachOverlapping(long startSector, long endSector, Visitor visitor) {
    int beyond = firstStartingAt(endSector);
    int record = 0;
    while (record < beyond) {
      if (record % SUPERBLOCK == 0 && superblockEnds[record / SUPERBLOCK] <= startSector) {
        record += SUPERBLOCK;
      } else if (record % BLOCK == 0 && blockEnds[record / BLOCK] <= startSector) {
        record += BLOCK;
      } else {
        if (endSector(record) > startSector && !visitor.visit(record)) {
          return;
        }
        record++;
      }
    }
  }

  /** Visits every record of an inode: data fork, attribute fork, btree; each by file offset. */
  public void forEachOf(long inode, Visitor visitor) {
    for (int record : sortedRecordsOf(inode)) {
      if (!visitor.visit(record)) {
        return;
      }
    }
  }

  /**
   * Visits the data records of an inode that hold something of the file's sectors {@code
   * [fileStartSector, fileEndSector)}, by file offset.
   */
  public void forEachDataOf(long inode, long fileStartSector, long fileEndSector, Visitor visitor) {
    int[] records = sortedRecordsOf(inode);
    int low = 0;
    int high = records.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      int record = records[middle];
      boolean endsBefore =
          fork(record) == Fork.DATA
              && fileOffsetSectors(record) + sectorCount(record) <= fileStartSector;
      if (endsBefore) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (int i = low; i < records.length; i++) {
      int record = records[i];
      if (fork(record) != Fork.DATA || fileOffsetSectors(record) >= fileEndSector) {
        return;
      }
      if (!visitor.visit(record)) {
        return;
      }
    }
  }

  private int[] sortedRecordsOf(long inode) {
    int number = inodes.find(inode);
    return number == NONE ? new int[0] : sortedFiles.computeIfAbsent(number, this::sortedRecords);
  }

  private int[] sortedRecords(int inodeNumber) {
    int[] records = new int[8];
    int length = 0;
    for (int record = inodes.firstRecord(inodeNumber);
        record != NONE;
        record = nextOfInode[record]) {
      if (length == records.length) {
        records = Arrays.copyOf(records, 2 * length);
      }
      records[length++] = record;
    }
    int[] sorted = Arrays.copyOf(records, length);
    sortByFileOffset(sorted, 0, length);
    return sorted;
  }

  /** One record as an object. */
  public MapRecord record(int record) {
    return new MapRecord(
        startSector(record),
        sectorCount(record),
        isInode(record) ? null : special(record),
        isInode(record) ? inode(record) : 0,
        fork(record),
        fileOffsetSectors(record),
        shared(record),
        unwritten(record));
  }

  /** Two maps are equal if they have the same records. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ReverseMap map
        && Arrays.equals(starts, map.starts)
        && Arrays.equals(counts, map.counts)
        && Arrays.equals(longCounts, map.longCounts)
        && Arrays.equals(owners, map.owners)
        && Arrays.equals(offsetsAndFlags, map.offsetsAndFlags)
        && inodes.equals(map.inodes)
        && gapOwner == map.gapOwner;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(starts) + 31 * Arrays.hashCode(owners);
  }

  @Override
  public String toString() {
    return size + " records up to sector " + endSector;
  }

  private long longCount(int record) {
    int low = 0;
    int high = longCounts.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (longCounts[2 * middle] < record) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return longCounts[2 * low + 1];
  }

  /** Merge sort of record numbers; most files are sorted already, which costs one look. */
  private void sortByFileOffset(int[] records, int from, int to) {
    boolean sorted = true;
    for (int i = from + 1; i < to && sorted; i++) {
      sorted = filePosition(records[i - 1]) <= filePosition(records[i]);
    }
    if (sorted) {
      return;
    }
    int middle = (from + to) >>> 1;
    sortByFileOffset(records, from, middle);
    sortByFileOffset(records, middle, to);
    int[] left = Arrays.copyOfRange(records, from, middle);
    int l = 0;
    int r = middle;
    for (int out = from; l < left.length; out++) {
      boolean takeRight = r < to && filePosition(records[r]) < filePosition(left[l]);
      records[out] = takeRight ? records[r++] : left[l++];
    }
  }

  /** Fork, then offset; offsets have at most 54 bits (files end before 2^63 bytes). */
  private long filePosition(int record) {
    return ((offsetsAndFlags[record] & FORK_MASK) << 60) | fileOffsetSectors(record);
  }

  /**
   * The inodes that own anything: numbered as they were first seen, found by open addressing.
   * Filled by a {@link Builder}; not changed afterwards.
   */
  private static final class Inodes {
    private int count;
    private long[] inodes = new long[16];
    private int[] firstRecords = new int[16];
    private int[] lastRecords = new int[16];
    private int[] slots = emptySlots(64);

    long inode(int number) {
      return inodes[number];
    }

    int firstRecord(int number) {
      return firstRecords[number];
    }

    /** The number of an inode; {@link #NONE} if it was never seen. */
    int find(long inode) {
      return slots[slotOf(inode)];
    }

    /** The number of an inode, a new one if it was never seen. */
    int number(long inode) {
      int slot = slotOf(inode);
      if (slots[slot] != NONE) {
        return slots[slot];
      }
      if (count == inodes.length) {
        inodes = Arrays.copyOf(inodes, 2 * count);
        firstRecords = Arrays.copyOf(firstRecords, 2 * count);
        lastRecords = Arrays.copyOf(lastRecords, 2 * count);
      }
      inodes[count] = inode;
      firstRecords[count] = NONE;
      lastRecords[count] = NONE;
      slots[slot] = count++;
      if (2 * count > slots.length) {
        slots = emptySlots(2 * slots.length);
        for (int number = 0; number < count; number++) {
          slots[slotOf(inodes[number])] = number;
        }
      }
      return count - 1;
    }

    /** Nothing is added any more. */
    void trim() {
      inodes = Arrays.copyOf(inodes, count);
      firstRecords = Arrays.copyOf(firstRecords, count);
      lastRecords = new int[0];
    }

    /** Appends a record to an inode's chain; answers the one before it. */
    int append(int number, int record) {
      int before = lastRecords[number];
      lastRecords[number] = record;
      if (before == NONE) {
        firstRecords[number] = record;
      }
      return before;
    }

    private int slotOf(long inode) {
      int slot = (int) (inode * 0x9E3779B97F4A7C15L >>> 33) & (slots.length - 1);
      while (slots[slot] != NONE && inodes[slots[slot]] != inode) {
        slot = (slot + 1) & (slots.length - 1);
      }
      return slot;
    }

    private static int[] emptySlots(int length) {
      int[] empty = new int[length];
      Arrays.fill(empty, NONE);
      return empty;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Inodes index
          && count == index.count
          && Arrays.equals(inodes, 0, count, index.inodes, 0, count);
    }

    @Override
    public int hashCode() {
      return count;
    }
  }

  /**
   * Collects records in the order of their starts, those of one start by inode and file offset. All
   * work is done as they come, so that building is short. Not for several threads, and of no use
   * after {@link #build}.
   */
  static final class Builder {
    private final Inodes inodes = new Inodes();
    private int size;
    private long[] starts = new long[64];
    private int[] counts = new int[64];
    private int[] owners = new int[64];
    private long[] offsetsAndFlags = new long[64];
    private int[] nextOfInode = new int[64];
    private long[] blockEnds = new long[4];
    private long[] longCounts = new long[0];
    private int longCountsLength;
    private long lastEnd;
    private long coveredEnd;

    int size() {
      return size;
    }

    void add(long start, long count, SpecialOwner owner) {
      append(start, count, ~owner.ordinal(), 0);
    }

    void add(
        long start,
        long count,
        long inode,
        Fork fork,
        long fileOffsetSectors,
        boolean shared,
        boolean unwritten) {
      long flags = fork.ordinal() | (shared ? SHARED : 0) | (unwritten ? UNWRITTEN : 0);
      long offset = fork == Fork.BMBT ? 0 : fileOffsetSectors;
      append(start, count, inodes.number(inode), offset << FLAG_BITS | flags);
    }

    void add(MapRecord record) {
      SpecialOwner special = record.special();
      if (special != null) {
        add(record.startSector(), record.sectorCount(), special);
      } else {
        add(
            record.startSector(),
            record.sectorCount(),
            record.inode(),
            record.fork(),
            record.fileOffsetSectors(),
            record.shared(),
            record.unwritten());
      }
    }

    /**
     * @param gapOwner who owns what no record names: with a reverse map free space, else unknown
     */
    ReverseMap build(SpecialOwner gapOwner) {
      return new ReverseMap(this, gapOwner);
    }

    private void append(long start, long count, int owner, long offsetAndFlags) {
      if (count <= 0 || (size > 0 && start < starts[size - 1])) {
        throw new IllegalArgumentException(
            "records come by their starts and are not empty, but " + start + "+" + count + " is");
      }
      if (start > coveredEnd) {
        put(coveredEnd, start - coveredEnd, GAP, 0);
      }
      put(start, count, owner, sharedIfOverlapping(start, owner, offsetAndFlags));
    }

    /**
     * The machine-readable dump does not say what is shared, but two records over one sector do.
     *
     * <pre>
     * earlier   |------------|
     * this           |---|            starts before the furthest end so far: shared
     * next             |-------|      starts before this one's end: this one is shared
     * </pre>
     */
    private long sharedIfOverlapping(long start, int owner, long offsetAndFlags) {
      boolean underThis = size > 0 && start < lastEnd && owners[size - 1] >= 0;
      if (underThis) {
        offsetsAndFlags[size - 1] |= SHARED;
      }
      return start < coveredEnd && owner >= 0 ? offsetAndFlags | SHARED : offsetAndFlags;
    }

    private void put(long start, long count, int owner, long offsetAndFlags) {
      room();
      starts[size] = start;
      counts[size] = count <= 0xFFFF_FFFFL ? (int) count : 0;
      if (counts[size] == 0) {
        longCounts = Arrays.copyOf(longCounts, Math.max(8, 2 * longCountsLength + 2));
        longCounts[longCountsLength++] = size;
        longCounts[longCountsLength++] = count;
      }
      owners[size] = owner;
      offsetsAndFlags[size] = offsetAndFlags;
      nextOfInode[size] = NONE;
      if (owner >= 0) {
        int before = inodes.append(owner, size);
        if (before != NONE) {
          nextOfInode[before] = size;
        }
      }
      lastEnd = start + count;
      coveredEnd = Math.max(coveredEnd, lastEnd);
      blockEnds[size / BLOCK] = Math.max(blockEnds[size / BLOCK], lastEnd);
      size++;
    }

    private void room() {
      if (size == starts.length) {
        int larger = size + (size >> 1);
        starts = Arrays.copyOf(starts, larger);
        counts = Arrays.copyOf(counts, larger);
        owners = Arrays.copyOf(owners, larger);
        offsetsAndFlags = Arrays.copyOf(offsetsAndFlags, larger);
        nextOfInode = Arrays.copyOf(nextOfInode, larger);
        blockEnds = Arrays.copyOf(blockEnds, larger / BLOCK + 1);
      }
    }
  }
}
