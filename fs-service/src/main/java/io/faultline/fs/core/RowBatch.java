package io.faultline.fs.core;

import java.util.Arrays;

/**
 * Rows of four numbers that are collected, sorted and then taken into a {@link RowTree} at once.
 */
final class RowBatch {

  private static final int COLUMNS = SortedRows.COLUMNS;

  private long[] rows = new long[16 * COLUMNS];
  private int[] order = new int[0];
  private int size;

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void add(long a, long b, long c, long d) {
    if ((size + 1) * COLUMNS > rows.length) {
      rows = Arrays.copyOf(rows, (size + size / 2 + 1) * COLUMNS);
    }
    int at = size++ * COLUMNS;
    rows[at] = a;
    rows[at + 1] = b;
    rows[at + 2] = c;
    rows[at + 3] = d;
  }

  /** Puts the rows in their order; one look where they are in it already. */
  void sort() {
    if (order.length < size) {
      order = new int[rows.length / COLUMNS];
    }
    for (int i = 0; i < size; i++) {
      order[i] = i;
    }
    sort(0, size, new int[0]);
  }

  long a(int index) {
    return rows[order[index] * COLUMNS];
  }

  long b(int index) {
    return rows[order[index] * COLUMNS + 1];
  }

  long c(int index) {
    return rows[order[index] * COLUMNS + 2];
  }

  long d(int index) {
    return rows[order[index] * COLUMNS + 3];
  }

  /** The first of the sorted rows from {@code from} on that is not before a row of an array. */
  int firstFrom(int from, int to, long[] other, int at) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = low + high >>> 1;
      if (compare(rows, order[middle] * COLUMNS, other, at) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Merge sort; halves that follow one another are left as they are. */
  private int[] sort(int from, int to, int[] spare) {
    if (isSorted(from, to)) {
      return spare;
    }
    int middle = from + to >>> 1;
    int[] left = sort(from, middle, spare);
    left = sort(middle, to, left);
    if (left.length < middle - from) {
      left = new int[middle - from];
    }
    int lefts = middle - from;
    System.arraycopy(order, from, left, 0, lefts);
    int l = 0;
    int r = middle;
    for (int out = from; l < lefts; out++) {
      order[out] = r < to && compare(order[r], left[l]) < 0 ? order[r++] : left[l++];
    }
    return left;
  }

  private boolean isSorted(int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (compare(order[i - 1], order[i]) > 0) {
        return false;
      }
    }
    return true;
  }

  private int compare(int row, int other) {
    return compare(rows, row * COLUMNS, rows, other * COLUMNS);
  }

  private static int compare(long[] rows, int at, long[] others, int otherAt) {
    for (int column = 0; column < COLUMNS; column++) {
      int byColumn = Long.compare(rows[at + column], others[otherAt + column]);
      if (byColumn != 0) {
        return byColumn;
      }
    }
    return 0;
  }
}
