package io.faultline.fs.above;

import org.jspecify.annotations.Nullable;

/** One of the two texts that {@code xfs_io} prints of a reverse map. */
interface DumpFormat {

  /**
   * @param whole whether the line has its end
   * @return the record of a line; null for a line that holds none (heads, the key of the flags).
   * @throws BadLineException if the line is neither
   */
  @Nullable DumpLine parse(long lineNumber, String line, boolean whole);

  /** Whether the text says which extents are shared. */
  boolean tellsShared();
}
