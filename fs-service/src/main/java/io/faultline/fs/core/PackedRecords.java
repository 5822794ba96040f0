package io.faultline.fs.core;

import io.faultline.ranges.Varints;

/**
 * Reverse-map records as bytes, about ten each: the form in which an import travels in parts and is
 * kept. Each part stands for itself; within one, starts are distances from the start before.
 *
 * <pre>
 * distance of the start | count | owner | only for an inode: flags and fork | file offset (not bmbt)
 * owner = inode * 2, or special owner * 2 + 1
 * </pre>
 */
public final class PackedRecords {

  /** A part is closed as soon as it is this large. */
  public static final int PART_BYTES = 256 * 1024;

  private static final int SHARED = 4;
  private static final int UNWRITTEN = 8;
  private static final int FORK_MASK = 3;
  private static final Fork[] FORKS = Fork.values();

  private final Varints.Writer out = new Varints.Writer(PART_BYTES + 64);
  private long lastStart;
  private int records;

  /**
   * Adds a record that starts at the one before or later.
   *
   * @return whether the part is full and should be {@link #take taken}
   */
  public boolean add(MapRecord record) {
    out.number(record.startSector() - lastStart);
    lastStart = record.startSector();
    out.number(record.sectorCount());
    SpecialOwner special = record.special();
    if (special != null) {
      out.number(2L * special.ordinal() + 1);
    } else {
      out.number(2 * record.inode());
      out.number(
          record.fork().ordinal()
              | (record.shared() ? SHARED : 0)
              | (record.unwritten() ? UNWRITTEN : 0));
      if (record.fork() != Fork.BMBT) {
        out.number(record.fileOffsetSectors());
      }
    }
    records++;
    return out.length() >= PART_BYTES;
  }

  public boolean isEmpty() {
    return records == 0;
  }

  /** The part so far; the next one begins. */
  public byte[] take() {
    byte[] part = out.toBytes();
    out.clear();
    lastStart = 0;
    records = 0;
    return part;
  }

  /**
   * Adds the records of a part to {@code builder}.
   *
   * @throws IllegalArgumentException if it is no such part
   */
  static void unpack(byte[] part, ReverseMap.Builder builder) {
    Varints.Reader in = new Varints.Reader(part);
    long start = 0;
    while (in.hasMore()) {
      start += in.number();
      long count = in.number();
      long owner = in.number();
      if ((owner & 1) == 1) {
        builder.add(start, count, SpecialOwner.ofOrdinal((int) (owner >>> 1)));
        continue;
      }
      int flags = (int) in.number();
      Fork fork = FORKS[flags & FORK_MASK];
      long offset = fork == Fork.BMBT ? 0 : in.number();
      builder.add(
          start, count, owner >>> 1, fork, offset, (flags & SHARED) != 0, (flags & UNWRITTEN) != 0);
    }
  }
}
