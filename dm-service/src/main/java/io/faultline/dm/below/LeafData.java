package io.faultline.dm.below;

import io.faultline.dm.core.Answers;
import io.faultline.ranges.Extents;

/** The bytes of leaf devices. */
public interface LeafData {

  /** Nobody can say just now; it may be tried again. */
  final class UnreachableException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnreachableException(String message) {
      super(message);
    }
  }

  /**
   * What a read gave.
   *
   * @param bytes of every sector; zeroes for the bad ones
   * @param bad sectors, the first of the read being 0: all of them if the device would not answer
   */
  record Content(byte[] bytes, Extents bad) {}

  /**
   * Reads what can be read of a part of a place.
   *
   * @param sector of the device
   */
  Content read(String host, Answers.CopyPlace place, long sector, long count)
      throws UnreachableException;

  /**
   * Writes whole sectors.
   *
   * @return whether they are on the device; if not, nothing of them is
   */
  boolean write(String host, Answers.CopyPlace place, long sector, byte[] bytes)
      throws UnreachableException;
}
