package io.faultline.dm.core.map;

/** Takes a map piece by piece, device by device. */
public interface PieceSink {

  /** The pieces that follow are of this device; it is known from now on, even if none follows. */
  void device(long deviceId);

  /**
   * A piece of the device that was named last.
   *
   * @param blockCount at least 1
   * @param marked of a cache: that the blocks are dirty
   */
  void add(long originBlock, long dataBlock, long blockCount, boolean marked);
}
