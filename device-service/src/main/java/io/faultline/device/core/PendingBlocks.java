package io.faultline.device.core;

import java.util.ArrayList;
import java.util.List;

/** Bad logical blocks one by one, as the pending lists of disks have them. */
final class PendingBlocks {

  private PendingBlocks() {}

  /** The first of them, ascending. */
  static List<Long> first(BadBlocks bad, int limit) {
    List<Long> blocks = new ArrayList<>();
    bad.forEachInLogicalBlocks(
        (start, count) -> {
          for (long block = start; block < start + count && blocks.size() < limit; block++) {
            blocks.add(block);
          }
        });
    return blocks;
  }
}
