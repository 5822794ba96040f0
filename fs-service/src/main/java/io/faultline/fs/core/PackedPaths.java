package io.faultline.fs.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.ranges.Varints;

/** Pairs of inode and path as bytes: inode, length of the name, name in UTF-8. */
public final class PackedPaths {

  private final Varints.Writer out = new Varints.Writer(PackedRecords.PART_BYTES + 8192);

  /**
   * Adds a name.
   *
   * @return whether the part is full and should be {@link #take taken}
   */
  public boolean add(long inode, String path) {
    byte[] name = path.getBytes(UTF_8);
    out.number(inode);
    out.number(name.length);
    out.raw(name);
    return out.length() >= PackedRecords.PART_BYTES;
  }

  public boolean isEmpty() {
    return out.length() == 0;
  }

  /** The part so far; the next one begins. */
  public byte[] take() {
    byte[] part = out.toBytes();
    out.clear();
    return part;
  }
}
