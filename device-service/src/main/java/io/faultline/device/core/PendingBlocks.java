package io.faultline.device.core;

import java.util.ArrayList;
import java.util.List;

/** Bad logical blocks one by one, as the pending lists of disks have them. */
final class PendingBlocks {

  private PendingBlocks() {}

  /** The first of them, ascending. */
  static List<Long> first(BadBlocks bad, int limit) {
    List<Long> blocks = new ArrayList<>();
    for (long[] range : bad.inLogicalBlocks((start, count) -> new long[] {start, count})) {
      for (long i = 0; i < range[1]; i++) {
        if (blocks.size() == limit) {
          return blocks;
        }
        blocks.add(range[0] + i);
      }
    }
    return blocks;
  }
}
