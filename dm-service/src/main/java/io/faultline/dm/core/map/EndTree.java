package io.faultline.dm.core.map;

import java.util.function.IntToLongFunction;

/**
 * Where pieces overlap, the ones that reach a block may begin long before it. This knows the
 * largest end of every run of {@value #RUN} pieces, of every two runs, of every four, so that what
 * ends too early is passed over at once (an implicit segment tree, half a byte a piece).
 */
final class EndTree {

  /** Pieces that are looked at one by one. */
  static final int RUN = 64;

  /**
   * Node 1 is the root, node k has the children 2k and 2k + 1; runs stand from {@link #runs} on.
   */
  private final long[] largestEnd;

  private final int runs;

  EndTree(int pieces, IntToLongFunction endOf) {
    int needed = Math.max(1, (pieces + RUN - 1) / RUN);
    runs = Integer.highestOneBit(2 * needed - 1);
    largestEnd = new long[2 * runs];
    for (int piece = 0; piece < pieces; piece++) {
      int node = runs + piece / RUN;
      largestEnd[node] = Math.max(largestEnd[node], endOf.applyAsLong(piece));
    }
    for (int node = runs - 1; node > 0; node--) {
      largestEnd[node] = Math.max(largestEnd[2 * node], largestEnd[2 * node + 1]);
    }
  }

  /** The first run from {@code run} on in which a piece ends after {@code block}; -1 if none. */
  int nextEndingAfter(long block, int run) {
    if (run >= runs) {
      return -1;
    }
    int node = runs + run;
    while (largestEnd[node] <= block) {
      // Up until there is something to the right that was not looked at.
      while ((node & 1) == 1) {
        if (node == 1) {
          return -1;
        }
        node >>= 1;
      }
      if (node == 0) {
        return -1;
      }
      node++;
    }
    while (node < runs) {
      node *= 2;
      if (largestEnd[node] <= block) {
        node++;
      }
    }
    return node - runs;
  }

  long bytes() {
    return 8L * largestEnd.length;
  }
}
