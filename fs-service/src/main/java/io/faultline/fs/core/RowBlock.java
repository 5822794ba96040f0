package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A leaf of a {@link RowTree}: up to {@value #MAX_ROWS} rows in an array of bits.
 *
 * <pre>
 * row      |  a  |  b  |  c  |  d  |  a  |  b  | …        each less the smallest of its column, in
 * bits     | wa  | wb  | wc  | wd  |                      as many bits as the largest of it needs
 * </pre>
 *
 * <p>A row that fits is put in by moving the bits behind it; one that does not makes the columns
 * wider. The array is hardly longer than what it holds, so that blocks that are half full cost
 * half.
 */
final class RowBlock implements SortedRows {

  static final int MAX_ROWS = 256;

  private static final long STALE = -1;

  private final boolean ranges;
  private long[] words = new long[0];
  private int size;

  private long baseA;
  private long baseB;
  private long baseC;
  private long baseD;
  private long maskA;
  private long maskB;
  private long maskC;
  private long maskD;
  private int bitsB;
  private int bitsC;
  private int bitsD;
  private int rowBits;

  private long end = Long.MIN_VALUE;

  /** No range is longer; may be too large after a removal. */
  private long longest;

  private long gap = STALE;

  /**
   * @param ranges whether the rows are ranges
   */
  RowBlock(boolean ranges) {
    this.ranges = ranges;
  }

  private RowBlock(boolean ranges, long[] rows, int from, int count) {
    this(ranges);
    encode(rows, from, count);
  }

  long a(int row) {
    return baseA + (bits(row * rowBits) & maskA);
  }

  long b(int row) {
    return baseB + (bits(row * rowBits + bitsB) & maskB);
  }

  long c(int row) {
    return baseC + (bits(row * rowBits + bitsC) & maskC);
  }

  long d(int row) {
    return baseD + (bits(row * rowBits + bitsD) & maskD);
  }

  private long end(int row) {
    return a(row) + (d(row) >>> FLAG_BITS);
  }

  /** The 64 bits from {@code at} on; there is always one word more than the rows need. */
  private long bits(int at) {
    int word = at >>> 6;
    int shift = at & 63;
    return words[word] >>> shift | words[word + 1] << 1 << (63 - shift);
  }

  @Override
  public int entries() {
    return size;
  }

  @Override
  public long first(int column) {
    return switch (column) {
      case 0 -> a(0);
      case 1 -> b(0);
      case 2 -> c(0);
      default -> d(0);
    };
  }

  @Override
  public long end() {
    return end;
  }

  @Override
  public long gap() {
    if (gap == STALE) {
      long widest = 0;
      long covered = size == 0 ? 0 : end(0);
      for (int row = 1; row < size; row++) {
        widest = Math.max(widest, a(row) - covered);
        covered = Math.max(covered, end(row));
      }
      gap = widest;
    }
    return gap;
  }

  @Override
  public @Nullable SortedRows insert(long a, long b, long c, long d) {
    int at = lowerBound(a, b, c, d);
    if (size < MAX_ROWS) {
      put(at, a, b, c, d);
      return null;
    }
    if (at == MAX_ROWS) {
      // What grows at its end leaves full blocks behind.
      RowBlock next = new RowBlock(ranges);
      next.put(0, a, b, c, d);
      return next;
    }
    int middle = MAX_ROWS / 2;
    long[] rows = new long[MAX_ROWS * COLUMNS];
    decode(0, MAX_ROWS, rows, 0);
    RowBlock next = new RowBlock(ranges, rows, middle, MAX_ROWS - middle);
    encode(rows, 0, middle);
    if (at > middle) {
      next.put(at - middle, a, b, c, d);
    } else {
      put(at, a, b, c, d);
    }
    return next;
  }

  private void put(int at, long a, long b, long c, long d) {
    boolean fits =
        size > 0
            && fits(a, baseA, maskA)
            && fits(b, baseB, maskB)
            && fits(c, baseC, maskC)
            && fits(d, baseD, maskD);
    if (!fits) {
      long[] rows = new long[(size + 1) * COLUMNS];
      decode(0, at, rows, 0);
      set(rows, at, a, b, c, d);
      decode(at, size, rows, at + 1);
      encode(rows, 0, size + 1);
      return;
    }
    int neededWords = words((size + 1) * rowBits);
    if (neededWords > words.length) {
      int roomy = words(Math.min(MAX_ROWS, size + 1 + size / 16) * rowBits);
      words = Arrays.copyOf(words, Math.max(neededWords, roomy));
    }
    makeRoom(at * rowBits);
    write(at * rowBits, a - baseA, maskA);
    write(at * rowBits + bitsB, b - baseB, maskB);
    write(at * rowBits + bitsC, c - baseC, maskC);
    write(at * rowBits + bitsD, d - baseD, maskD);
    size++;
    if (ranges) {
      long count = d >>> FLAG_BITS;
      end = Math.max(end, a + count);
      longest = Math.max(longest, count);
      gap = STALE;
    }
  }

  private static boolean fits(long value, long base, long mask) {
    return value >= base && (value - base & ~mask) == 0;
  }

  /** So many that {@link #bits} may look at two from wherever a row ends. */
  private static int words(int bits) {
    return (bits >>> 6) + 2;
  }

  /** Moves everything from a bit on by a row's width. */
  private void makeRoom(int fromBit) {
    int byWords = rowBits >>> 6;
    int byBits = rowBits & 63;
    int from = fromBit >>> 6;
    long kept = (1L << fromBit) - 1;
    long border = words[from];
    long moved = border & ~kept;
    for (int to = words((size + 1) * rowBits) - 2; to >= from + byWords; to--) {
      int source = to - byWords;
      long high = source == from ? moved : words[source];
      long low = source - 1 > from ? words[source - 1] : source - 1 == from ? moved : 0;
      words[to] = byBits == 0 ? high : high << byBits | low >>> 64 - byBits;
    }
    if (byWords > 0) {
      words[from] = border & kept;
    } else {
      words[from] |= border & kept;
    }
  }

  private void closeUp(int fromBit) {
    int byWords = rowBits >>> 6;
    int byBits = rowBits & 63;
    int from = fromBit >>> 6;
    long kept = (1L << fromBit) - 1;
    long border = words[from] & kept;
    int last = words(size * rowBits) - 2;
    for (int to = from; to <= last; to++) {
      long low = to + byWords <= last ? words[to + byWords] : 0;
      long high = to + byWords + 1 <= last ? words[to + byWords + 1] : 0;
      long word = byBits == 0 ? low : low >>> byBits | high << 64 - byBits;
      words[to] = to == from ? border | word & ~kept : word;
    }
  }

  private void write(int at, long value, long mask) {
    int word = at >>> 6;
    int shift = at & 63;
    words[word] = words[word] & ~(mask << shift) | value << shift;
    long above = mask >>> 1 >>> 63 - shift;
    if (above != 0) {
      words[word + 1] = words[word + 1] & ~above | value >>> 1 >>> 63 - shift;
    }
  }

  @Override
  public boolean remove(long a, long b, long c, long d) {
    int at = lowerBound(a, b, c, d);
    if (at == size || compare(at, a, b, c, d) != 0) {
      return false;
    }
    boolean reachesEnd = ranges && end(at) == end;
    closeUp(at * rowBits);
    size--;
    int needed = words(size * rowBits);
    if (words.length > needed + needed / 8) {
      words = Arrays.copyOf(words, needed);
    }
    gap = STALE;
    if (reachesEnd) {
      findEnd();
    }
    return true;
  }

  private void findEnd() {
    end = Long.MIN_VALUE;
    for (int row = 0; row < size; row++) {
      end = Math.max(end, end(row));
    }
  }

  @Override
  public void absorb(SortedRows next) {
    RowBlock block = (RowBlock) next;
    long[] rows = new long[(size + block.size) * COLUMNS];
    decode(0, size, rows, 0);
    block.decode(0, block.size, rows, size);
    encode(rows, 0, size + block.size);
  }

  @Override
  public List<SortedRows> merge(RowBatch batch, int from, int to) {
    int total = size + to - from;
    // What is appended leaves full blocks behind, what is mixed in blocks of the same size.
    boolean appended = size == 0 || compare(size - 1, batch, from) <= 0;
    int each = appended ? MAX_ROWS : Math.ceilDiv(total, Math.ceilDiv(total, MAX_ROWS));
    List<SortedRows> made = new ArrayList<>(total / each + 1);
    long[] rows = new long[Math.min(each, total) * COLUMNS];
    int filled = 0;
    int own = 0;
    int added = from;
    while (own < size || added < to) {
      if (added == to || own < size && compare(own, batch, added) <= 0) {
        set(rows, filled++, a(own), b(own), c(own), d(own));
        own++;
      } else {
        set(rows, filled++, batch.a(added), batch.b(added), batch.c(added), batch.d(added));
        added++;
      }
      if (filled == each || own == size && added == to) {
        made.add(new RowBlock(ranges, rows, 0, filled));
        filled = 0;
      }
    }
    return made;
  }

  private int compare(int row, RowBatch batch, int other) {
    return compare(row, batch.a(other), batch.b(other), batch.c(other), batch.d(other));
  }

  /** The first row that is not before the given one. */
  private int lowerBound(long a, long b, long c, long d) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = low + high >>> 1;
      if (compare(middle, a, b, c, d) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private int compare(int row, long a, long b, long c, long d) {
    int byA = Long.compare(a(row), a);
    if (byA != 0) {
      return byA;
    }
    int byB = Long.compare(b(row), b);
    if (byB != 0) {
      return byB;
    }
    int byC = Long.compare(c(row), c);
    return byC != 0 ? byC : Long.compare(d(row), d);
  }

  @Override
  public boolean forEach(Visitor visitor) {
    return forEachFromRow(0, visitor);
  }

  @Override
  public boolean forEachFrom(long a, long b, long c, long d, Visitor visitor) {
    return forEachFromRow(lowerBound(a, b, c, d), visitor);
  }

  private boolean forEachFromRow(int from, Visitor visitor) {
    for (int row = from; row < size; row++) {
      if (!visitor.visit(this, row)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean lastBefore(long a, long b, long c, long d, Visitor visitor) {
    int row = lowerBound(a, b, c, d) - 1;
    if (row >= 0) {
      visitor.visit(this, row);
    }
    return row >= 0;
  }

  @Override
  public boolean forEachOverlapping(long start, long end, Visitor visitor) {
    // A range that starts further back than the longest one is long does not reach so far.
    int row = lowerBound(start - longest + 1, Long.MIN_VALUE, Long.MIN_VALUE, Long.MIN_VALUE);
    for (; row < size && a(row) < end; row++) {
      if (end(row) > start && !visitor.visit(this, row)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean findGap(GapSearch search) {
    for (int row = 0; row < size; row++) {
      if (search.covers(a(row), end(row))) {
        return true;
      }
    }
    return false;
  }

  private void decode(int from, int to, long[] rows, int at) {
    for (int row = from; row < to; row++) {
      set(rows, at + row - from, a(row), b(row), c(row), d(row));
    }
  }

  private static void set(long[] rows, int row, long a, long b, long c, long d) {
    int at = row * COLUMNS;
    rows[at] = a;
    rows[at + 1] = b;
    rows[at + 2] = c;
    rows[at + 3] = d;
  }

  /** Becomes the given rows. */
  private void encode(long[] rows, int from, int count) {
    long[] least = new long[COLUMNS];
    long[] masks = new long[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
      long smallest = Long.MAX_VALUE;
      long largest = Long.MIN_VALUE;
      for (int row = from; row < from + count; row++) {
        smallest = Math.min(smallest, rows[row * COLUMNS + column]);
        largest = Math.max(largest, rows[row * COLUMNS + column]);
      }
      least[column] = smallest;
      masks[column] = count == 0 ? 0 : mask(largest - smallest);
    }
    baseA = least[0];
    baseB = least[1];
    baseC = least[2];
    baseD = least[3];
    maskA = masks[0];
    maskB = masks[1];
    maskC = masks[2];
    maskD = masks[3];
    bitsB = Long.bitCount(maskA);
    bitsC = bitsB + Long.bitCount(maskB);
    bitsD = bitsC + Long.bitCount(maskC);
    rowBits = bitsD + Long.bitCount(maskD);
    size = count;
    words = new long[words(count * rowBits)];
    end = Long.MIN_VALUE;
    longest = 0;
    gap = STALE;
    for (int row = 0; row < count; row++) {
      int source = (from + row) * COLUMNS;
      write(row * rowBits, rows[source] - baseA, maskA);
      write(row * rowBits + bitsB, rows[source + 1] - baseB, maskB);
      write(row * rowBits + bitsC, rows[source + 2] - baseC, maskC);
      write(row * rowBits + bitsD, rows[source + 3] - baseD, maskD);
      if (ranges) {
        long length = rows[source + 3] >>> FLAG_BITS;
        end = Math.max(end, rows[source] + length);
        longest = Math.max(longest, length);
      }
    }
  }

  /** Ones for as many bits as {@code largest} needs. */
  private static long mask(long largest) {
    return largest == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(largest);
  }
}
