package io.faultline.ranges;

/**
 * A half-open range of 512-byte sectors: {@code [startSector, startSector + sectorCount)}.
 *
 * <p>Every sector is in {@code [0, Long.MAX_VALUE)}, so neither end can overflow.
 *
 * @param startSector the first sector, not negative
 * @param sectorCount how many sectors, not negative; 0 is an empty range, which contains nothing
 *     and overlaps nothing
 */
public record SectorRange(long startSector, long sectorCount) implements Comparable<SectorRange> {

  /** Bytes in a sector, on every device: the kernel's unit, whatever the logical block size. */
  public static final int SECTOR_BYTES = 512;

  /**
   * @throws IllegalArgumentException if a value is negative or the end is past {@link
   *     Long#MAX_VALUE}
   */
  public SectorRange {
    if (startSector < 0 || sectorCount < 0) {
      throw new IllegalArgumentException(
          "a range starts at 0 or later and has no negative count: "
              + startSector
              + "+"
              + sectorCount);
    }
    if (startSector > Long.MAX_VALUE - sectorCount) {
      throw new IllegalArgumentException(
          "the end of " + startSector + "+" + sectorCount + " is past 2^63 - 1");
    }
  }

  /** The range {@code [startSector, endSector)}. */
  public static SectorRange between(long startSector, long endSector) {
    return new SectorRange(startSector, endSector - startSector);
  }

  /** The first sector that is not in the range any more. */
  public long endSector() {
    return startSector + sectorCount;
  }

  public boolean isEmpty() {
    return sectorCount == 0;
  }

  public boolean contains(long sector) {
    return sector >= startSector && sector < endSector();
  }

  /** Whether the two share a sector; an empty range shares none. */
  public boolean overlaps(SectorRange other) {
    return Math.max(startSector, other.startSector) < Math.min(endSector(), other.endSector());
  }

  /** What both have; empty (at the later start) if they share nothing. */
  public SectorRange intersect(SectorRange other) {
    long start = Math.max(startSector, other.startSector);
    long end = Math.min(endSector(), other.endSector());
    return new SectorRange(start, Math.max(0, end - start));
  }

  /**
   * The range moved by {@code deltaSectors}.
   *
   * @throws IllegalArgumentException if it would begin before 0 or end past 2^63 - 1
   */
  public SectorRange shift(long deltaSectors) {
    long start = startSector + deltaSectors;
    boolean overflowed = deltaSectors > 0 && start < 0;
    if (overflowed) {
      throw new IllegalArgumentException(this + " moved by " + deltaSectors + " is past 2^63 - 1");
    }
    return new SectorRange(start, sectorCount);
  }

  @Override
  public int compareTo(SectorRange other) {
    int byStart = Long.compare(startSector, other.startSector);
    return byStart != 0 ? byStart : Long.compare(sectorCount, other.sectorCount);
  }

  /** As the kernel's logs write it: {@code start+count}. */
  @Override
  public String toString() {
    return startSector + "+" + sectorCount;
  }
}
