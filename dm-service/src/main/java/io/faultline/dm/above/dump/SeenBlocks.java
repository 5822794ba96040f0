package io.faultline.dm.above.dump;

import java.util.HashMap;
import java.util.Map;

/** Which block numbers have come: a bit each, in pages that are made when they are needed. */
final class SeenBlocks {

  private static final int PAGE_BITS = 15;
  private static final int WORDS = 1 << (PAGE_BITS - 6);

  private final Map<Long, long[]> pages = new HashMap<>();
  private long lastPage = -1;
  private long[] last = {};

  /** Adds a block; whether it was not there. */
  boolean add(long block) {
    long page = block >>> PAGE_BITS;
    if (page != lastPage) {
      last = pages.computeIfAbsent(page, any -> new long[WORDS]);
      lastPage = page;
    }
    int word = (int) (block >>> 6) & (WORDS - 1);
    long bit = 1L << block;
    boolean isNew = (last[word] & bit) == 0;
    last[word] |= bit;
    return isNew;
  }
}
