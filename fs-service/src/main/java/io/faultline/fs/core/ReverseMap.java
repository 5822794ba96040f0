package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which sectors of one block device: what XFS keeps in its reverse-mapping btrees and, the
 * other way round, in the extent lists of its inodes.
 *
 * <p>Sectors that several files share have a record for each, so records overlap, and a long one
 * may reach over many that start later. What no record covers is free space: it has no record.
 *
 * <p>Every record stands in one tree by where it starts, and an inode's in a second one by file
 * offset. Both are {@link RowTree}s of packed blocks: 10 to 21 bytes a record for both together.
 * Maps with the same records are equal, whatever the changes that led there.
 *
 * <p>Not for several threads. While a visitor is called the map must not be changed.
 */
public final class ReverseMap {

  /** Lowest bits of a record's count: see {@link SortedRows#FLAG_BITS}. */
  private static final int UNWRITTEN = 1;

  private static final int SAID_SHARED = 2;

  private static final int FORK_BITS = 2;

  /** Above the bits of an offset: a file ends before 2^63 bytes. */
  private static final int FORK_SHIFT = 60;

  private static final int REMOVED_AT_ONCE = 4096;
  private static final Fork[] FORKS = Fork.values();

  /** Takes records. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param record of use until the visitor returns
     * @return whether to go on
     */
    boolean visit(Cursor record);
  }

  /** By start, owner, file offset and fork, count and flags. */
  private final RowTree byStart;

  /** By inode, fork and file offset, start, count and flags. */
  private final RowTree byFile;

  private final long endSector;

  private ReverseMap(RowTree byStart, RowTree byFile, long endSector) {
    this.byStart = byStart;
    this.byFile = byFile;
    this.endSector = endSector;
  }

  /** A device of which everything belongs to {@code owner}. */
  public static ReverseMap of(long sectors, SpecialOwner owner) {
    Builder builder = new Builder();
    if (sectors > 0) {
      builder.add(0, sectors, owner);
    }
    return builder.build(owner);
  }

  /** How many records there are; free space has none. */
  public long size() {
    return byStart.size();
  }

  /** The first sector that is not the filesystem's any more. */
  public long endSector() {
    return endSector;
  }

  /**
   * Adds a record. It may lie over others, which makes both shared.
   *
   * @throws IllegalArgumentException if it is of free space, empty, or reaches beyond the end
   */
  public void insert(MapRecord record) {
    if (record.special() == SpecialOwner.FREE_SPACE
        || record.sectorCount() <= 0
        || record.startSector() < 0
        || record.endSector() > endSector) {
      throw new IllegalArgumentException("no record up to sector " + endSector + ": " + record);
    }
    long owner = owner(record);
    long count = countAndFlags(record.sectorCount(), record.shared(), record.unwritten());
    byStart.insert(record.startSector(), owner, offsetAndFork(record), count);
    if (owner >= 0) {
      byFile.insert(owner, position(record.fork(), offset(record)), record.startSector(), count);
    }
  }

  /** Whether there is such a record; whether it is shared does not matter. */
  public boolean contains(MapRecord record) {
    boolean[] found = {false};
    byStart.forEachFrom(
        record.startSector(),
        owner(record),
        offsetAndFork(record),
        Long.MIN_VALUE,
        (block, row) -> {
          boolean same =
              block.a(row) == record.startSector()
                  && block.b(row) == owner(record)
                  && block.c(row) == offsetAndFork(record);
          found[0] = same && (block.d(row) | SAID_SHARED) == flagged(record);
          return same && !found[0];
        });
    return found[0];
  }

  private static long flagged(MapRecord record) {
    return countAndFlags(record.sectorCount(), true, record.unwritten());
  }

  /**
   * Takes a record away; whether it is shared does not matter.
   *
   * @throws IllegalArgumentException if there is none that is otherwise the same
   */
  public void remove(MapRecord record) {
    boolean removed = record.sectorCount() > 0 && (remove(record, false) || remove(record, true));
    if (!removed) {
      throw new IllegalArgumentException("there is no record " + record);
    }
  }

  private boolean remove(MapRecord record, boolean saidShared) {
    long owner = owner(record);
    long count = countAndFlags(record.sectorCount(), saidShared, record.unwritten());
    if (!byStart.remove(record.startSector(), owner, offsetAndFork(record), count)) {
      return false;
    }
    if (owner >= 0) {
      byFile.remove(owner, position(record.fork(), offset(record)), record.startSector(), count);
    }
    return true;
  }

  /**
   * Takes all records of an inode away, in time for these.
   *
   * @return how many there were
   */
  public long removeAllOf(long inode) {
    long removed = 0;
    RowBatch rows = new RowBatch();
    do {
      rows.clear();
      byFile.forEachFrom(
          inode,
          Long.MIN_VALUE,
          Long.MIN_VALUE,
          Long.MIN_VALUE,
          (block, row) -> {
            if (block.a(row) != inode) {
              return false;
            }
            rows.add(inode, block.b(row), block.c(row), block.d(row));
            return rows.size() < REMOVED_AT_ONCE;
          });
      rows.sort();
      for (int i = 0; i < rows.size(); i++) {
        long position = rows.b(i);
        long start = rows.c(i);
        long count = rows.d(i);
        byFile.remove(inode, position, start, count);
        byStart.remove(start, inode, offsetAndFork(position), count);
      }
      removed += rows.size();
    } while (rows.size() == REMOVED_AT_ONCE);
    return removed;
  }

  /**
   * Visits every record that shares a sector with {@code [startSector, endSector)}, ascending by
   * start, inode and file offset, until the visitor has enough. Between them come the stretches of
   * free space, clipped to what was asked; nothing is visited beyond the filesystem's end.
   */
  public void forEachOverlapping(long startSector, long endSector, Visitor visitor) {
    long end = Math.min(endSector, this.endSector);
    Cursor cursor = new Cursor(this);
    long[] covered = {Math.max(0, startSector)};
    boolean[] enough = {false};
    byStart.forEachOverlapping(
        startSector,
        end,
        (block, row) -> {
          long start = block.a(row);
          if (start > covered[0] && !visitor.visit(cursor.free(covered[0], start))) {
            enough[0] = true;
            return false;
          }
          cursor.load(start, block.b(row), block.c(row), block.d(row));
          covered[0] = Math.max(covered[0], cursor.endSector());
          enough[0] = !visitor.visit(cursor);
          return !enough[0];
        });
    if (!enough[0] && covered[0] < end) {
      visitor.visit(cursor.free(covered[0], end));
    }
  }

  /** Visits every record of an inode: data fork, attribute fork, btree; each by file offset. */
  public void forEachOf(long inode, Visitor visitor) {
    Cursor cursor = new Cursor(this);
    byFile.forEachFrom(
        inode,
        Long.MIN_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE,
        (block, row) -> block.a(row) == inode && visitor.visit(cursor.loadOfFile(block, row)));
  }

  /**
   * Visits the data records of an inode that hold something of the file's sectors {@code
   * [fileStartSector, fileEndSector)}, by file offset.
   */
  public void forEachDataOf(long inode, long fileStartSector, long fileEndSector, Visitor visitor) {
    forEachOf(inode, Fork.DATA, fileStartSector, fileEndSector, visitor);
  }

  /**
   * The same of any fork. A btree's blocks have no offsets: all of them are at 0.
   *
   * @param fork of which
   */
  void forEachOf(long inode, Fork fork, long fileStartSector, long fileEndSector, Visitor visitor) {
    Cursor cursor = new Cursor(this);
    long from = position(fork, Math.min(fileStartSector, (1L << FORK_SHIFT) - 1));
    boolean[] enough = {false};
    // Data of one file do not overlap: only the last one before can reach into what is asked.
    byFile.lastBefore(
        inode,
        from,
        Long.MIN_VALUE,
        Long.MIN_VALUE,
        (block, row) -> {
          cursor.loadOfFile(block, row);
          boolean reaches =
              block.a(row) == inode
                  && cursor.fork() == fork
                  && cursor.fileOffsetSectors() + cursor.sectorCount() > fileStartSector
                  && cursor.fileOffsetSectors() < fileEndSector;
          enough[0] = reaches && !visitor.visit(cursor);
          return false;
        });
    if (enough[0]) {
      return;
    }
    byFile.forEachFrom(
        inode,
        from,
        Long.MIN_VALUE,
        Long.MIN_VALUE,
        (block, row) -> {
          cursor.loadOfFile(block, row);
          return block.a(row) == inode
              && cursor.fork() == fork
              && cursor.fileOffsetSectors() < fileEndSector
              && visitor.visit(cursor);
        });
  }

  /** Where a fork ends, in its sectors, looking no further than {@code limit}; 0 if it is empty. */
  long endOf(long inode, Fork fork, long limit) {
    Cursor cursor = new Cursor(this);
    long[] end = {0};
    byFile.lastBefore(
        inode,
        position(fork, Math.min(limit, (1L << FORK_SHIFT) - 1)),
        Long.MIN_VALUE,
        Long.MIN_VALUE,
        (block, row) -> {
          cursor.loadOfFile(block, row);
          if (block.a(row) == inode && cursor.fork() == fork) {
            end[0] = cursor.fileOffsetSectors() + cursor.sectorCount();
          }
          return false;
        });
    return end[0];
  }

  /**
   * The next free space, for an allocator; regions without any are passed over quickly.
   *
   * @param fromSector where to begin
   * @param endSector how far to look, also no further than to the map's end
   * @param minSectors how much there must be at least
   * @param alignSectors what start and count are to be multiples of
   * @param avoid what must not be in it
   * @return as much as there is in one piece; null if there is none
   */
  public @Nullable SectorRange findFree(
      long fromSector, long endSector, long minSectors, long alignSectors, Extents avoid) {
    GapSearch search =
        new GapSearch(
            fromSector, Math.min(endSector, this.endSector), minSectors, alignSectors, avoid);
    byStart.findGap(search);
    return search.result();
  }

  /** Whether more than one record lies over a sector of the range. */
  private boolean isOverlapped(long start, long end) {
    int[] records = {0};
    byStart.forEachOverlapping(start, end, (block, row) -> ++records[0] < 2);
    return records[0] == 2;
  }

  private static long owner(MapRecord record) {
    SpecialOwner special = record.special();
    return special == null ? record.inode() : ~special.ordinal();
  }

  private static long offset(MapRecord record) {
    boolean hasOffset = record.special() == null && record.fork() != Fork.BMBT;
    return hasOffset ? record.fileOffsetSectors() : 0;
  }

  private static long offsetAndFork(MapRecord record) {
    return record.special() != null ? 0 : offset(record) << FORK_BITS | record.fork().ordinal();
  }

  private static long offsetAndFork(long position) {
    return (position & (1L << FORK_SHIFT) - 1) << FORK_BITS | position >>> FORK_SHIFT;
  }

  private static long position(long offsetAndFork) {
    return (offsetAndFork & (1 << FORK_BITS) - 1) << FORK_SHIFT | offsetAndFork >>> FORK_BITS;
  }

  private static long position(Fork fork, long offset) {
    return (long) fork.ordinal() << FORK_SHIFT | offset;
  }

  private static long countAndFlags(long count, boolean shared, boolean unwritten) {
    return count << SortedRows.FLAG_BITS | (shared ? SAID_SHARED : 0) | (unwritten ? UNWRITTEN : 0);
  }

  /** Two maps are equal if they have the same records and end. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ReverseMap map
        && endSector == map.endSector
        && byStart.equals(map.byStart);
  }

  @Override
  public int hashCode() {
    return byStart.hashCode() + 31 * Long.hashCode(endSector);
  }

  @Override
  public String toString() {
    return size() + " records up to sector " + endSector;
  }

  /** A record while it is visited. */
  public static final class Cursor {
    private final ReverseMap map;
    private long start;
    private long count;
    private long owner;
    private int fork;
    private long offset;
    private int flags;

    private Cursor(ReverseMap map) {
      this.map = map;
    }

    private Cursor load(long startSector, long ownedBy, long offsetAndFork, long countAndFlags) {
      start = startSector;
      owner = ownedBy;
      fork = (int) offsetAndFork & (1 << FORK_BITS) - 1;
      offset = offsetAndFork >>> FORK_BITS;
      count = countAndFlags >>> SortedRows.FLAG_BITS;
      flags = (int) countAndFlags & (1 << SortedRows.FLAG_BITS) - 1;
      return this;
    }

    private Cursor loadOfFile(RowBlock block, int row) {
      return load(block.c(row), block.a(row), offsetAndFork(block.b(row)), block.d(row));
    }

    private Cursor free(long from, long to) {
      return load(
          from, ~SpecialOwner.FREE_SPACE.ordinal(), 0, countAndFlags(to - from, false, false));
    }

    public long startSector() {
      return start;
    }

    public long sectorCount() {
      return count;
    }

    public long endSector() {
      return start + count;
    }

    public boolean isInode() {
      return owner >= 0;
    }

    /** Whether it is no record but free space between records. */
    public boolean isFree() {
      return owner == ~SpecialOwner.FREE_SPACE.ordinal();
    }

    /**
     * The inode that owns the record.
     *
     * @throws IllegalStateException if none does
     */
    public long inode() {
      if (!isInode()) {
        throw new IllegalStateException("owned by " + special());
      }
      return owner;
    }

    /** Who owns a record that is no inode's. */
    public SpecialOwner special() {
      return SpecialOwner.ofOrdinal((int) ~owner);
    }

    public Fork fork() {
      return FORKS[fork];
    }

    /** Position in the fork, in sectors; 0 for {@link Fork#BMBT}. */
    public long fileOffsetSectors() {
      return offset;
    }

    /**
     * Whether an inode's record lies over another record, be it in part (the kernel says so of the
     * whole), or was said to be shared when it was added.
     */
    public boolean shared() {
      return isInode() && ((flags & SAID_SHARED) != 0 || map.isOverlapped(start, endSector()));
    }

    public boolean unwritten() {
      return (flags & UNWRITTEN) != 0;
    }

    /** The record as an object, to be kept. */
    public MapRecord record() {
      return record(shared());
    }

    /** The same without looking for records that share it: shared only if that was said. */
    MapRecord unshared() {
      return record((flags & SAID_SHARED) != 0);
    }

    private MapRecord record(boolean isShared) {
      return new MapRecord(
          start,
          count,
          isInode() ? null : special(),
          isInode() ? owner : 0,
          fork(),
          offset,
          isShared,
          unwritten());
    }
  }

  /**
   * Takes records in the order of their starts, as imports have them: in batches, so that each
   * block is packed once for many. Not for several threads, and of no use after {@link #build}.
   */
  static final class Builder {

    private static final int LEAST_BATCH = 1 << 13;
    private static final int LARGEST_BATCH = 1 << 20;

    private final RowTree byStart = new RowTree(true);
    private final RowTree byFile = new RowTree(false);
    private final RowBatch startBatch = new RowBatch();
    private final RowBatch fileBatch = new RowBatch();
    private final Extents.Builder free = Extents.builder();
    private long lastStart;
    private long coveredEnd;
    private long ownedEnd;
    private int enough = LEAST_BATCH;

    /** The last record that was added, still to be taken in; none if its count is 0. */
    private long start;

    private long owner;
    private long offsetAndFork;
    private long countAndFlags;

    void add(long start, long count, SpecialOwner owner) {
      check(start, count);
      if (owner == SpecialOwner.FREE_SPACE) {
        free.add(start, count);
      } else {
        append(start, ~owner.ordinal(), 0, countAndFlags(count, false, false));
      }
    }

    void add(
        long start,
        long count,
        long inode,
        Fork fork,
        long fileOffsetSectors,
        boolean shared,
        boolean unwritten) {
      check(start, count);
      long offset = fork == Fork.BMBT ? 0 : fileOffsetSectors;
      append(
          start,
          inode,
          offset << FORK_BITS | fork.ordinal(),
          countAndFlags(count, shared, unwritten));
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
      takeLast();
      flush();
      ReverseMap map = new ReverseMap(byStart, byFile, coveredEnd);
      if (gapOwner != SpecialOwner.FREE_SPACE) {
        Extents.Builder gaps = Extents.builder();
        map.forEachOverlapping(
            0,
            coveredEnd,
            record -> {
              if (record.isFree()) {
                gaps.add(record.startSector(), record.sectorCount());
              }
              return true;
            });
        gaps.build()
            .subtract(free.build())
            .forEach((start, count) -> map.insert(MapRecord.special(start, count, gapOwner)));
      }
      return map;
    }

    private void check(long start, long count) {
      if (count <= 0 || start < lastStart) {
        throw new IllegalArgumentException(
            "records come by their starts and are not empty, but " + start + "+" + count + " is");
      }
      lastStart = start;
      coveredEnd = Math.max(coveredEnd, start + count);
    }

    /**
     * That a record is shared is only kept where no other record shows it.
     *
     * <pre>
     * earlier   |------------|
     * this           |---|            starts before the furthest end so far: shows it
     * next             |-------|      starts before this one's end: shows it of this one
     * </pre>
     */
    private void append(
        long nextStart, long nextOwner, long nextOffsetAndFork, long nextCountAndFlags) {
      if (nextStart < start + (countAndFlags >>> SortedRows.FLAG_BITS)) {
        countAndFlags &= ~SAID_SHARED;
      }
      takeLast();
      start = nextStart;
      owner = nextOwner;
      offsetAndFork = nextOffsetAndFork;
      countAndFlags = start < ownedEnd ? nextCountAndFlags & ~SAID_SHARED : nextCountAndFlags;
      ownedEnd = Math.max(ownedEnd, start + (countAndFlags >>> SortedRows.FLAG_BITS));
    }

    private void takeLast() {
      if (countAndFlags == 0) {
        return;
      }
      startBatch.add(start, owner, offsetAndFork, countAndFlags);
      if (owner >= 0) {
        fileBatch.add(owner, position(offsetAndFork), start, countAndFlags);
      }
      if (startBatch.size() >= enough) {
        flush();
      }
    }

    private void flush() {
      byStart.merge(startBatch);
      byFile.merge(fileBatch);
      // Files lie together in most filesystems; where they are scattered, less is packed again and
      // again if more comes at once.
      enough =
          Math.clamp(
              fileBatch.wasScattered() ? 2L * enough : enough / 2, LEAST_BATCH, LARGEST_BATCH);
      startBatch.clear();
      fileBatch.clear();
    }
  }
}
