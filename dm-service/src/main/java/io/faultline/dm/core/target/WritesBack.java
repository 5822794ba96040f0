package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;

/**
 * A cache: some of its sectors are newer on a fast device than on the origin, until they are
 * written back.
 */
public interface WritesBack extends Importable {

  /** Takes runs of sectors that are only on the fast device. */
  @FunctionalInterface
  interface DirtyConsumer {
    /**
     * @param offset of the target, and of the origin
     * @param legOffset on the fast device
     */
    void accept(long offset, long legOffset, long sectorCount);
  }

  /** What of a range of a leg has no other copy, in any order; nothing but for the fast leg. */
  void dirty(int leg, long legOffset, long sectorCount, DirtyConsumer out);

  /** The leg that it is written back to; offsets of the target are its offsets. */
  int originLeg();

  /**
   * The same target where these sectors, of those that its map says are newer on the fast device,
   * are as new on the origin.
   *
   * @param offsets of the target
   */
  WritesBack writtenBack(Extents offsets);
}
