package io.faultline.dm.core.map;

import java.util.function.IntToLongFunction;

/**
 * Orders millions of keys by their digits (least significant first), in time linear in their number
 * and with eight bytes a key beside them. Keys that are equal stay as they stand.
 */
final class RadixOrder {

  private static final int DIGIT_BITS = 11;
  private static final int DIGITS = 1 << DIGIT_BITS;

  private RadixOrder() {}

  /** 0, 1, 2, ... */
  static int[] asTheyCome(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    return order;
  }

  /**
   * @param order indexes of keys
   * @param key from 0 up
   * @return the same indexes, by ascending keys; {@code order} may be used up for it
   */
  static int[] by(int[] order, IntToLongFunction key) {
    long largest = 0;
    boolean ascending = true;
    long before = 0;
    for (int index : order) {
      long value = key.applyAsLong(index);
      largest = Math.max(largest, value);
      ascending &= value >= before;
      before = value;
    }
    if (ascending) {
      return order;
    }
    int[] from = order;
    int[] to = new int[order.length];
    for (int shift = 0; largest >>> shift != 0; shift += DIGIT_BITS) {
      deal(from, to, key, shift);
      int[] swapped = from;
      from = to;
      to = swapped;
    }
    return from;
  }

  private static void deal(int[] from, int[] to, IntToLongFunction key, int shift) {
    int[] places = new int[DIGITS + 1];
    for (int index : from) {
      places[digit(key.applyAsLong(index), shift) + 1]++;
    }
    for (int i = 0; i < DIGITS; i++) {
      places[i + 1] += places[i];
    }
    for (int index : from) {
      to[places[digit(key.applyAsLong(index), shift)]++] = index;
    }
  }

  private static int digit(long key, int shift) {
    return (int) (key >>> shift) & (DIGITS - 1);
  }
}
