package io.faultline.ranges;

/** Takes one range after another without boxing it. */
@FunctionalInterface
public interface RangeConsumer {

  /**
   * @param startSector the first sector of the range
   * @param sectorCount how many sectors, at least 1
   */
  void accept(long startSector, long sectorCount);
}
