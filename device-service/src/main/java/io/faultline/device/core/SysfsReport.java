package io.faultline.device.core;

import io.faultline.ranges.Extents;
import java.util.List;

/**
 * Lines {@code start count} in sectors, as the kernel's {@code badblocks} files in sysfs have them
 * ({@code badblocks_show} of Linux {@code block/badblocks.c}; there the text ends with a page, here
 * it is whole).
 *
 * @param unacknowledged only what those above have not been told of yet, as in md's {@code
 *     unacknowledged_bad_blocks}
 */
record SysfsReport(boolean unacknowledged) implements BadBlocksReport {

  /** What every block device has. */
  static final List<BadBlocksReport> ALL = List.of(new SysfsReport(false), new SysfsReport(true));

  @Override
  public String format() {
    return unacknowledged ? "sysfs-unacknowledged" : "sysfs";
  }

  @Override
  public Printing printing() {
    return Printing.TEXT;
  }

  @Override
  public String body(BadBlocks bad, boolean human) {
    return lines(unacknowledged ? bad.unacknowledged() : bad.known());
  }

  private static String lines(Extents ranges) {
    StringBuilder lines = new StringBuilder();
    ranges.forEach((start, count) -> lines.append(start).append(' ').append(count).append('\n'));
    return lines.toString();
  }
}
