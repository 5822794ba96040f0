package io.faultline.ranges;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An immutable set of sectors, kept as ascending ranges that neither overlap nor touch, so that
 * equal sets are equal objects.
 *
 * <p>The ranges live in one {@code long[]}: start, end, start, end. Looking a sector up is a binary
 * search; set operations are one merge over both arrays. Nothing is boxed.
 */
public final class Extents {

  /** No sector at all. */
  public static final Extents EMPTY = new Extents(new long[0]);

  /**
   * {@code bounds[2i]} is where range i starts, {@code bounds[2i + 1]} where it ends (exclusive).
   */
  private final long[] bounds;

  private Extents(long[] bounds) {
    this.bounds = bounds;
  }

  /** The one range {@code [startSector, startSector + sectorCount)}; nothing if it is empty. */
  public static Extents of(long startSector, long sectorCount) {
    return of(new SectorRange(startSector, sectorCount));
  }

  public static Extents of(SectorRange range) {
    return range.isEmpty()
        ? EMPTY
        : new Extents(new long[] {range.startSector(), range.endSector()});
  }

  /**
   * From {@code start, count, start, count, …} in any order; overlaps and touching ranges are
   * merged.
   *
   * @throws IllegalArgumentException if the length is odd, or a pair is no {@link SectorRange}
   */
  public static Extents ofPairs(long... startsAndCounts) {
    if (startsAndCounts.length % 2 != 0) {
      throw new IllegalArgumentException(
          "ranges come as pairs of start and count, but there are "
              + startsAndCounts.length
              + " numbers");
    }
    Builder builder = new Builder(startsAndCounts.length / 2);
    for (int i = 0; i < startsAndCounts.length; i += 2) {
      builder.add(startsAndCounts[i], startsAndCounts[i + 1]);
    }
    return builder.build();
  }

  public static Builder builder() {
    return new Builder(8);
  }

  /** How many ranges the set has. */
  public int rangeCount() {
    return bounds.length / 2;
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Where range {@code index} starts. */
  public long startSector(int index) {
    return bounds[2 * index];
  }

  /** Where range {@code index} ends: the first sector after it. */
  public long endSector(int index) {
    return bounds[2 * index + 1];
  }

  /** How many sectors range {@code index} has, at least 1. */
  public long sectorCount(int index) {
    return bounds[2 * index + 1] - bounds[2 * index];
  }

  /** How many sectors are in the set. */
  public long totalSectors() {
    long total = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      total += bounds[i + 1] - bounds[i];
    }
    return total;
  }

  /** From the first sector of the set to its last; empty at 0 for an empty set. */
  public SectorRange span() {
    return isEmpty()
        ? new SectorRange(0, 0)
        : SectorRange.between(bounds[0], bounds[bounds.length - 1]);
  }

  public boolean contains(long sector) {
    int index = firstEndingAfter(sector);
    return index < rangeCount() && bounds[2 * index] <= sector;
  }

  /** Whether every sector of {@code range} is in the set; true for an empty range. */
  public boolean containsAll(SectorRange range) {
    if (range.isEmpty()) {
      return true;
    }
    int index = firstEndingAfter(range.startSector());
    return index < rangeCount()
        && bounds[2 * index] <= range.startSector()
        && bounds[2 * index + 1] >= range.endSector();
  }

  /** Whether the set and {@code range} share a sector. */
  public boolean intersects(SectorRange range) {
    if (range.isEmpty()) {
      return false;
    }
    int index = firstEndingAfter(range.startSector());
    return index < rangeCount() && bounds[2 * index] < range.endSector();
  }

  /** The sectors that are in this set, in {@code other}, or in both. */
  public Extents union(Extents other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    if (other.rangeCount() == 1) {
      return withRange(other.bounds[0], other.bounds[1]);
    }
    if (rangeCount() == 1) {
      return other.withRange(bounds[0], bounds[1]);
    }
    // Both are sorted by start, so one merge feeds the builder in order and it never has to sort.
    Builder merged = new Builder(rangeCount() + other.rangeCount());
    int mine = 0;
    int theirs = 0;
    while (mine < rangeCount() || theirs < other.rangeCount()) {
      boolean takeMine =
          theirs == other.rangeCount()
              || (mine < rangeCount() && startSector(mine) <= other.startSector(theirs));
      if (takeMine) {
        merged.addBounds(startSector(mine), endSector(mine));
        mine++;
      } else {
        merged.addBounds(other.startSector(theirs), other.endSector(theirs));
        theirs++;
      }
    }
    return merged.build();
  }

  /** One more range: what it touches is replaced by one, everything else is copied whole. */
  private Extents withRange(long start, long end) {
    // bounds   |---|   |------|     |---|   |---|
    // range              |----------------|
    // result   |---|   |--------------------|---|
    int first = start == 0 ? 0 : firstEndingAfter(start - 1);
    int last = first;
    long from = start;
    long to = end;
    while (last < rangeCount() && startSector(last) <= end) {
      from = Math.min(from, startSector(last));
      to = Math.max(to, endSector(last));
      last++;
    }
    if (last == first + 1 && from == startSector(first) && to == endSector(first)) {
      return this;
    }
    long[] grown = new long[bounds.length - 2 * (last - first) + 2];
    System.arraycopy(bounds, 0, grown, 0, 2 * first);
    grown[2 * first] = from;
    grown[2 * first + 1] = to;
    System.arraycopy(bounds, 2 * last, grown, 2 * first + 2, bounds.length - 2 * last);
    return new Extents(grown);
  }

  /** The sectors that are in both sets. */
  public Extents intersect(Extents other) {
    if (isEmpty() || other.isEmpty()) {
      return EMPTY;
    }
    Builder both = new Builder(Math.min(rangeCount(), other.rangeCount()));
    int mine = firstEndingAfter(other.bounds[0]);
    int theirs = other.firstEndingAfter(bounds[0]);
    long end = Math.min(bounds[bounds.length - 1], other.bounds[other.bounds.length - 1]);
    while (mine < rangeCount()
        && theirs < other.rangeCount()
        && Math.max(startSector(mine), other.startSector(theirs)) < end) {
      long from = Math.max(startSector(mine), other.startSector(theirs));
      long to = Math.min(endSector(mine), other.endSector(theirs));
      if (from < to) {
        both.addBounds(from, to);
      }
      if (endSector(mine) < other.endSector(theirs)) {
        mine++;
      } else {
        theirs++;
      }
    }
    return both.build();
  }

  /** The sectors of this set that are not in {@code other}. */
  public Extents subtract(Extents other) {
    if (isEmpty() || other.isEmpty()) {
      return this;
    }
    Builder left = new Builder(rangeCount());
    int theirs = other.firstEndingAfter(bounds[0]);
    for (int mine = 0; mine < rangeCount(); mine++) {
      // mine    |--------------------------|
      // theirs     |----|        |----|        |---
      // left    |--|    |--------|    |----|
      long from = startSector(mine);
      long end = endSector(mine);
      while (theirs < other.rangeCount() && other.endSector(theirs) <= from) {
        theirs++;
      }
      for (int cut = theirs; cut < other.rangeCount() && other.startSector(cut) < end; cut++) {
        if (other.startSector(cut) > from) {
          left.addBounds(from, other.startSector(cut));
        }
        from = other.endSector(cut);
        theirs = cut;
      }
      if (from < end) {
        left.addBounds(from, end);
      }
    }
    return left.build();
  }

  /** The part of the set that lies in {@code window}. */
  public Extents clip(SectorRange window) {
    if (window.isEmpty() || isEmpty()) {
      return EMPTY;
    }
    if (bounds[0] >= window.startSector() && bounds[bounds.length - 1] <= window.endSector()) {
      return this;
    }
    int first = firstEndingAfter(window.startSector());
    Builder inside = new Builder(4);
    for (int i = first; i < rangeCount() && startSector(i) < window.endSector(); i++) {
      inside.addBounds(
          Math.max(startSector(i), window.startSector()),
          Math.min(endSector(i), window.endSector()));
    }
    return inside.build();
  }

  /**
   * The set with every sector moved by {@code deltaSectors}.
   *
   * @throws IllegalArgumentException if a sector would fall before 0 or past 2^63 - 1
   */
  public Extents shift(long deltaSectors) {
    if (isEmpty() || deltaSectors == 0) {
      return this;
    }
    span().shift(deltaSectors);
    long[] moved = bounds.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += deltaSectors;
    }
    return new Extents(moved);
  }

  /**
   * The part before {@code sector} and the part from {@code sector} on; a range across it is cut.
   */
  public Split splitAt(long sector) {
    return new Split(
        clip(SectorRange.between(0, sector)), clip(SectorRange.between(sector, Long.MAX_VALUE)));
  }

  /**
   * Grown outwards until every range starts and ends at a multiple of {@code unitSectors}.
   *
   * @throws IllegalArgumentException if the unit is not positive or an end would pass 2^63 - 1
   */
  public Extents roundOut(long unitSectors) {
    requireUnit(unitSectors);
    Builder grown = new Builder(rangeCount());
    for (int i = 0; i < rangeCount(); i++) {
      long start = startSector(i) - startSector(i) % unitSectors;
      long beyond = endSector(i) % unitSectors;
      long end = beyond == 0 ? endSector(i) : endSector(i) - beyond + unitSectors;
      if (end < 0) {
        throw new IllegalArgumentException(
            "the end of "
                + startSector(i)
                + "+"
                + sectorCount(i)
                + " rounded up to "
                + unitSectors
                + " is past 2^63 - 1");
      }
      grown.addBounds(start, end);
    }
    return grown.build();
  }

  /** Shrunk inwards to whole units of {@code unitSectors}; a range without a whole unit goes. */
  public Extents roundIn(long unitSectors) {
    requireUnit(unitSectors);
    Builder shrunk = new Builder(rangeCount());
    for (int i = 0; i < rangeCount(); i++) {
      long end = endSector(i) - endSector(i) % unitSectors;
      long into = startSector(i) % unitSectors;
      if (into == 0 || startSector(i) <= Long.MAX_VALUE - unitSectors) {
        long start = into == 0 ? startSector(i) : startSector(i) - into + unitSectors;
        if (start < end) {
          shrunk.addBounds(start, end);
        }
      }
    }
    return shrunk.build();
  }

  /** Calls {@code consumer} for each range, ascending. */
  public void forEach(RangeConsumer consumer) {
    for (int i = 0; i < bounds.length; i += 2) {
      consumer.accept(bounds[i], bounds[i + 1] - bounds[i]);
    }
  }

  /**
   * Calls {@code consumer} for each range cut at every multiple of {@code boundarySectors},
   * ascending: no piece crosses such a boundary (a stripe's chunk, an allocation group).
   *
   * @throws IllegalArgumentException if the boundary is not positive
   */
  public void forEachPiece(long boundarySectors, RangeConsumer consumer) {
    requireUnit(boundarySectors);
    for (int i = 0; i < rangeCount(); i++) {
      long from = startSector(i);
      while (from < endSector(i)) {
        long toBoundary = boundarySectors - from % boundarySectors;
        long count = Math.min(toBoundary, endSector(i) - from);
        consumer.accept(from, count);
        from += count;
      }
    }
  }

  /** As {@code start, count, start, count, …}, ascending: the form of the JSON interface. */
  public long[] toPairs() {
    long[] pairs = bounds.clone();
    for (int i = 0; i < pairs.length; i += 2) {
      pairs[i + 1] -= pairs[i];
    }
    return pairs;
  }

  public List<SectorRange> toList() {
    List<SectorRange> ranges = new ArrayList<>(rangeCount());
    forEach((start, count) -> ranges.add(new SectorRange(start, count)));
    return ranges;
  }

  /** The first {@code ranges} ranges of the set; the set itself if it has no more. */
  public Extents head(int ranges) {
    return slice(0, ranges);
  }

  /**
   * At most {@code ranges} ranges, from range {@code firstRange} on; none if there are not so many.
   *
   * @throws IllegalArgumentException if a number is negative
   */
  public Extents slice(int firstRange, int ranges) {
    if (firstRange < 0 || ranges < 0) {
      throw new IllegalArgumentException("no " + ranges + " ranges from range " + firstRange);
    }
    int from = Math.min(firstRange, rangeCount());
    int to = (int) Math.min((long) from + ranges, rangeCount());
    if (from == 0 && to == rangeCount()) {
      return this;
    }
    return from >= to ? EMPTY : new Extents(Arrays.copyOfRange(bounds, 2 * from, 2 * to));
  }

  /** The index of the first range that ends after {@code sector}; {@link #rangeCount()} if none. */
  public int firstEndingAfter(long sector) {
    int low = 0;
    int high = rangeCount();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bounds[2 * middle + 1] > sector) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Extents extents && Arrays.equals(bounds, extents.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  /** As {@code [start+count start+count …]}, cut after eight. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Math.min(rangeCount(), 8); i++) {
      text.append(i == 0 ? "" : " ").append(startSector(i)).append('+').append(sectorCount(i));
    }
    if (rangeCount() > 8) {
      text.append(" … ").append(rangeCount() - 8).append(" more");
    }
    return text.append(']').toString();
  }

  private static void requireUnit(long unitSectors) {
    if (unitSectors <= 0) {
      throw new IllegalArgumentException("a unit has at least one sector, not " + unitSectors);
    }
  }

  /** The two sides of {@link #splitAt}. */
  public record Split(Extents before, Extents from) {}

  /**
   * Collects ranges in any order; {@link #build} sorts them if it must and merges what overlaps or
   * touches. Not for several threads.
   */
  public static final class Builder {

    /** Numbers from which on an array grows by a quarter instead of by itself. */
    private static final int LARGE = 1 << 20;

    private long[] bounds;
    private int length;
    private boolean ascending = true;

    private Builder(int expectedRanges) {
      bounds = new long[Math.max(2, 2 * expectedRanges)];
    }

    /**
     * Adds a range; an empty one adds nothing.
     *
     * @throws IllegalArgumentException if it is no {@link SectorRange}
     */
    public Builder add(long startSector, long sectorCount) {
      return add(new SectorRange(startSector, sectorCount));
    }

    public Builder add(SectorRange range) {
      if (!range.isEmpty()) {
        addBounds(range.startSector(), range.endSector());
      }
      return this;
    }

    public Builder addAll(Extents extents) {
      for (int i = 0; i < extents.rangeCount(); i++) {
        addBounds(extents.startSector(i), extents.endSector(i));
      }
      return this;
    }

    private void addBounds(long start, long end) {
      if (length > 0 && start < bounds[length - 2]) {
        ascending = false;
      }
      // While ranges come in order the last one grows; that is nearly always.
      if (ascending && length > 0 && start <= bounds[length - 1]) {
        bounds[length - 1] = Math.max(bounds[length - 1], end);
        return;
      }
      if (length == bounds.length) {
        // Large ones grow by less: what is copied is much, and so is what would lie idle.
        int more = bounds.length < LARGE ? bounds.length : bounds.length / 4 & ~1;
        bounds = Arrays.copyOf(bounds, Math.addExact(bounds.length, more));
      }
      bounds[length++] = start;
      bounds[length++] = end;
    }

    /** The set of all that was added. The builder may go on; the set does not change. */
    public Extents build() {
      if (length == 0) {
        return EMPTY;
      }
      if (!ascending) {
        sortAndMerge();
      }
      return new Extents(Arrays.copyOf(bounds, length));
    }

    private void sortAndMerge() {
      // Starts and ends sorted apart give the same union: a range of the union begins where as many
      // ranges have begun as have ended, and ends where the counts meet again.
      int ranges = length / 2;
      long[] starts = new long[ranges];
      long[] ends = new long[ranges];
      for (int i = 0; i < ranges; i++) {
        starts[i] = bounds[2 * i];
        ends[i] = bounds[2 * i + 1];
      }
      Arrays.sort(starts);
      Arrays.sort(ends);
      int out = 0;
      int first = 0;
      for (int i = 0; i < ranges; i++) {
        if (i + 1 == ranges || starts[i + 1] > ends[i]) {
          bounds[out++] = starts[first];
          bounds[out++] = ends[i];
          first = i + 1;
        }
      }
      length = out;
      ascending = true;
    }
  }
}
