package io.faultline.fs.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of four numbers, ascending by the first, then the second, and so on: a leaf or an inner node
 * of a {@link RowTree}. The same row may be there more than once.
 *
 * <p>Where the rows are ranges, the first number is where one starts and the fourth, without its
 * {@link #FLAG_BITS}, how long it is.
 */
sealed interface SortedRows permits RowBlock, RowIndex {

  int COLUMNS = 4;

  /** The lowest bits of the fourth number, which do not belong to the length. */
  int FLAG_BITS = 2;

  /** Takes rows. */
  @FunctionalInterface
  interface Visitor {
    /** Whether to go on. */
    boolean visit(RowBlock block, int row);
  }

  /** Rows of a leaf, children of an inner node. */
  int entries();

  /** A number of the first row. */
  long first(int column);

  /** Where the range that reaches furthest ends. */
  long end();

  /**
   * The longest stretch between its first and its last row that none of its rows covers; what rows
   * elsewhere cover is not taken off, so it may be too long.
   */
  long gap();

  /**
   * Adds a row.
   *
   * @return what had to be split off and belongs behind this; null if nothing
   */
  @Nullable SortedRows insert(long a, long b, long c, long d);

  /** Takes a row away; whether it was there. */
  boolean remove(long a, long b, long c, long d);

  /** Takes all that the next one has. */
  void absorb(SortedRows next);

  /**
   * Adds the rows from {@code from} to {@code to - 1} of a sorted batch.
   *
   * @return what stands in the place of this now
   */
  List<SortedRows> merge(RowBatch batch, int from, int to);

  /** Visits all; whether the visitor would go on. */
  boolean forEach(Visitor visitor);

  /** Visits the rows from the given one on; whether the visitor would go on. */
  boolean forEachFrom(long a, long b, long c, long d, Visitor visitor);

  /** Visits the last row before the given one; whether there is one. */
  boolean lastBefore(long a, long b, long c, long d, Visitor visitor);

  /** Visits the ranges that share something with {@code [start, end)}, ascending. */
  boolean forEachOverlapping(long start, long end, Visitor visitor);

  /** Whether the search found its gap at the rows or before them. */
  boolean findGap(GapSearch search);
}
