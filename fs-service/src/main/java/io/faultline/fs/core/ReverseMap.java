package io.faultline.fs.core;

import java.util.Arrays;

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
 * <p>Everything is in primitive arrays, 28 bytes a record and 12 an inode, built once and never
 * changed: ten million records are 280 MB.
 */
public final class ReverseMap {

  private static final int FORK_MASK = 3;
  private static final int SHARED = 4;
  private static final int UNWRITTEN = 8;
  private static final int FLAG_BITS = 4;
  private static final int BLOCK = 64;
  private static final int SUPERBLOCK = BLOCK * BLOCK;

  /** Stands for the gap's owner until the map is built. */
  private static final int GAP = Integer.MIN_VALUE;

  private static final Fork[] FORKS = Fork.values();

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

  /** Index into {@link #inodes}, or the complement of a {@link SpecialOwner} ordinal. */
  private final int[] owners;

  /** File offset in sectors, above the bits for fork, shared and unwritten. */
  private final long[] offsetsAndFlags;

  private final long[] blockEnds;
  private final long[] superblockEnds;

  /** The inodes that own anything, ascending. */
  private final long[] inodes;

  /** Where in {@link #byInode} the records of an inode begin; one more than there are inodes. */
  private final int[] firstOfInode;

  /** Record numbers by inode, then fork, then file offset. */
  private final int[] byInode;

  private final long endSector;

  private ReverseMap(Builder from, SpecialOwner gapOwner) {
    size = from.size;
    starts = Arrays.copyOf(from.starts, size);
    counts = Arrays.copyOf(from.counts, size);
    longCounts = Arrays.copyOf(from.longCounts, from.longCountsLength);
    offsetsAndFlags = Arrays.copyOf(from.offsetsAndFlags, size);
    owners = Arrays.copyOf(from.owners, size);
    endSector = from.coveredEnd;
    inodes = from.renumberInodes(owners);
    for (int i = 0; i < size; i++) {
      owners[i] = owners[i] == GAP ? ~gapOwner.ordinal() : owners[i];
    }
    sortEqualStarts();
    markOverlapsAsShared();
    blockEnds = new long[(size + BLOCK - 1) / BLOCK];
    superblockEnds = new long[(size + SUPERBLOCK - 1) / SUPERBLOCK];
    for (int i = 0; i < size; i++) {
      long end = endSector(i);
      blockEnds[i / BLOCK] = Math.max(blockEnds[i / BLOCK], end);
      superblockEnds[i / SUPERBLOCK] = Math.max(superblockEnds[i / SUPERBLOCK], end);
    }
    firstOfInode = new int[inodes.length + 1];
    byInode = orderByInode();
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
    return inodes[owners[record]];
  }

  /** Who owns a record that is no inode's. */
  public SpecialOwner special(int record) {
    return SpecialOwner.ofOrdinal(~owners[record]);
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

  /** Whether some record names an inode or kernel metadata: only a real reverse map knows them. */
  public boolean namesOwners() {
    for (int i = 0; i < size; i++) {
      if (isInode(i) || !special(i).isUnowned()) {
        return true;
      }
    }
    return false;
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
    int index = Arrays.binarySearch(inodes, inode);
    if (index < 0) {
      return;
    }
    for (int i = firstOfInode[index]; i < firstOfInode[index + 1]; i++) {
      if (!visitor.visit(byInode[i])) {
        return;
      }
    }
  }

  /**
   * Visits the data records of an inode that hold something of the file's sectors {@code
   * [fileStartSector, fileEndSector)}, by file offset.
   */
  public void forEachDataOf(long inode, long fileStartSector, long fileEndSector, Visitor visitor) {
    int index = Arrays.binarySearch(inodes, inode);
    if (index < 0) {
      return;
    }
    int low = firstOfInode[index];
    int high = firstOfInode[index + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      int record = byInode[middle];
      boolean endsBefore =
          fork(record) == Fork.DATA
              && fileOffsetSectors(record) + sectorCount(record) <= fileStartSector;
      if (endsBefore) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (int i = low; i < firstOfInode[index + 1]; i++) {
      int record = byInode[i];
      if (fork(record) != Fork.DATA || fileOffsetSectors(record) >= fileEndSector) {
        return;
      }
      if (!visitor.visit(record)) {
        return;
      }
    }
  }

  /** Whether the inode owns anything here. */
  public boolean knows(long inode) {
    return Arrays.binarySearch(inodes, inode) >= 0;
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
        && Arrays.equals(inodes, map.inodes);
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

  /** Records of one start come by inode, then file offset; dumps nearly always have them so. */
  private void sortEqualStarts() {
    int from = 0;
    while (from < size) {
      int to = from + 1;
      boolean sorted = true;
      while (to < size && starts[to] == starts[from]) {
        sorted &= compareOwners(to - 1, to) <= 0;
        to++;
      }
      if (!sorted) {
        sortByOwner(from, to);
      }
      from = to;
    }
  }

  private int compareOwners(int first, int second) {
    int byOwner = Integer.compare(owners[first], owners[second]);
    return byOwner != 0 ? byOwner : Long.compare(offsetsAndFlags[first], offsetsAndFlags[second]);
  }

  private void sortByOwner(int from, int to) {
    // Records of 2 TiB are no inode's and share with nobody, so the side table stays right.
    Integer[] order = new Integer[to - from];
    Arrays.setAll(order, i -> from + i);
    Arrays.sort(order, this::compareOwners);
    int[] sortedCounts = new int[order.length];
    int[] sortedOwners = new int[order.length];
    long[] sortedOffsets = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      sortedCounts[i] = counts[order[i]];
      sortedOwners[i] = owners[order[i]];
      sortedOffsets[i] = offsetsAndFlags[order[i]];
    }
    System.arraycopy(sortedCounts, 0, counts, from, order.length);
    System.arraycopy(sortedOwners, 0, owners, from, order.length);
    System.arraycopy(sortedOffsets, 0, offsetsAndFlags, from, order.length);
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
  private void markOverlapsAsShared() {
    long furthestEnd = 0;
    for (int i = 0; i < size; i++) {
      boolean overEarlier = starts[i] < furthestEnd;
      boolean underNext = i + 1 < size && starts[i + 1] < endSector(i);
      if (isInode(i) && (overEarlier || underNext)) {
        offsetsAndFlags[i] |= SHARED;
      }
      furthestEnd = Math.max(furthestEnd, endSector(i));
    }
  }

  private int[] orderByInode() {
    for (int owner : owners) {
      if (owner >= 0) {
        firstOfInode[owner + 1]++;
      }
    }
    for (int i = 0; i < inodes.length; i++) {
      firstOfInode[i + 1] += firstOfInode[i];
    }
    int[] ordered = new int[firstOfInode[inodes.length]];
    int[] next = firstOfInode.clone();
    for (int i = 0; i < size; i++) {
      if (owners[i] >= 0) {
        ordered[next[owners[i]]++] = i;
      }
    }
    for (int i = 0; i < inodes.length; i++) {
      sortByFileOffset(ordered, firstOfInode[i], firstOfInode[i + 1]);
    }
    return ordered;
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

  /** Collects records in the order of their starts. Not for several threads. */
  static final class Builder {
    private int size;
    private long[] starts = new long[64];
    private int[] counts = new int[64];
    private int[] owners = new int[64];
    private long[] offsetsAndFlags = new long[64];
    private long[] longCounts = new long[0];
    private int longCountsLength;
    private long coveredEnd;

    // Inode to the order in which it was first seen, by open addressing; 0 is an empty slot.
    private long[] slots = new long[64];
    private int[] slotNumbers = new int[64];
    private int inodeCount;

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
      append(start, count, numberOf(inode), offset << FLAG_BITS | flags);
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
        long gapStart = coveredEnd;
        coveredEnd = start;
        put(gapStart, start - gapStart, GAP, 0);
      }
      put(start, count, owner, offsetAndFlags);
      coveredEnd = Math.max(coveredEnd, start + count);
    }

    private void put(long start, long count, int owner, long offsetAndFlags) {
      if (size == starts.length) {
        int larger = size + (size >> 1);
        starts = Arrays.copyOf(starts, larger);
        counts = Arrays.copyOf(counts, larger);
        owners = Arrays.copyOf(owners, larger);
        offsetsAndFlags = Arrays.copyOf(offsetsAndFlags, larger);
      }
      starts[size] = start;
      counts[size] = count <= 0xFFFF_FFFFL ? (int) count : 0;
      if (counts[size] == 0) {
        longCounts = Arrays.copyOf(longCounts, Math.max(8, 2 * longCountsLength + 2));
        longCounts[longCountsLength++] = size;
        longCounts[longCountsLength++] = count;
      }
      owners[size] = owner;
      offsetsAndFlags[size] = offsetAndFlags;
      size++;
    }

    private int numberOf(long inode) {
      if (2 * inodeCount >= slots.length) {
        rehash();
      }
      int slot = slotOf(inode, slots);
      if (slots[slot] == 0) {
        slots[slot] = inode;
        slotNumbers[slot] = inodeCount++;
      }
      return slotNumbers[slot];
    }

    private void rehash() {
      long[] larger = new long[2 * slots.length];
      int[] largerNumbers = new int[larger.length];
      for (int i = 0; i < slots.length; i++) {
        if (slots[i] != 0) {
          int slot = slotOf(slots[i], larger);
          larger[slot] = slots[i];
          largerNumbers[slot] = slotNumbers[i];
        }
      }
      slots = larger;
      slotNumbers = largerNumbers;
    }

    private static int slotOf(long inode, long[] slots) {
      long mixed = inode * 0x9E3779B97F4A7C15L;
      int slot = (int) (mixed >>> 33) & (slots.length - 1);
      while (slots[slot] != 0 && slots[slot] != inode) {
        slot = (slot + 1) & (slots.length - 1);
      }
      return slot;
    }

    /** The inodes ascending; {@code owners} are changed from order of appearance to that order. */
    private long[] renumberInodes(int[] owners) {
      long[] sorted = new long[inodeCount];
      int[] numberToRank = new int[inodeCount];
      int found = 0;
      for (long inode : slots) {
        if (inode != 0) {
          sorted[found++] = inode;
        }
      }
      Arrays.sort(sorted);
      for (int rank = 0; rank < sorted.length; rank++) {
        numberToRank[slotNumbers[slotOf(sorted[rank], slots)]] = rank;
      }
      for (int i = 0; i < owners.length; i++) {
        if (owners[i] >= 0) {
          owners[i] = numberToRank[owners[i]];
        }
      }
      return sorted;
    }
  }
}
