package io.faultline.dm.core.map;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Block numbers below 2^48, one after another: four bytes each, and two more from the first on that
 * needs them.
 */
final class BlockColumn {

  private int[] low;
  private char @Nullable [] high;

  BlockColumn(int capacity) {
    low = new int[capacity];
  }

  long get(int index) {
    long value = low[index] & 0xFFFF_FFFFL;
    return high == null ? value : value | (long) high[index] << 32;
  }

  void set(int index, long block) {
    low[index] = (int) block;
    if (high == null && block >>> 32 != 0) {
      high = new char[low.length];
    }
    if (high != null) {
      high[index] = (char) (block >>> 32);
    }
  }

  int capacity() {
    return low.length;
  }

  void resize(int capacity) {
    low = Arrays.copyOf(low, capacity);
    if (high != null) {
      high = Arrays.copyOf(high, capacity);
    }
  }

  /** The column in another order: element i is what stood at {@code order[i]}. */
  BlockColumn inOrder(int[] order) {
    BlockColumn ordered = new BlockColumn(order.length);
    for (int i = 0; i < order.length; i++) {
      ordered.low[i] = low[order[i]];
    }
    if (high != null) {
      char[] ofOrdered = new char[order.length];
      for (int i = 0; i < order.length; i++) {
        ofOrdered[i] = high[order[i]];
      }
      ordered.high = ofOrdered;
    }
    return ordered;
  }

  /** How many bytes the numbers take. */
  long bytes() {
    return 4L * low.length + (high == null ? 0 : 2L * high.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockColumn column
        && Arrays.equals(low, column.low)
        && Arrays.equals(high, column.high);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(low);
  }
}
