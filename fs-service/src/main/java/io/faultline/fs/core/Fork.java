package io.faultline.fs.core;

import java.util.Locale;

/** The part of an inode that a record belongs to. */
public enum Fork {
  /** The file's (or directory's) content. */
  DATA,
  /** Extended attributes. */
  ATTR,
  /** A block of the btree that maps the inode's extents, of either fork. */
  BMBT;

  /** As the interface writes it: {@code data}, {@code attr}, {@code bmbt}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
