package io.faultline.fs.above;

import org.jspecify.annotations.Nullable;

/** One of the two texts that {@code xfs_io} prints of a reverse map. */
interface DumpFormat {

  /**
   * The record of a line; null for a line that holds none (heads, the key of the flags).
   *
   * @throws BadLineException if the line is neither
   */
  @Nullable DumpLine parse(long lineNumber, String line);

  /** Whether the text says which extents are shared. */
  boolean tellsShared();
}
