package io.faultline.dm.core.target;

/** Takes what is reckoned from sectors of a target. */
@FunctionalInterface
public interface CheckConsumer {

  /**
   * Each of these sectors of a leg is a sum, in {@link Galois}, that has the target's sector at
   * {@code offset} in it, times {@code factor}.
   *
   * @param summands how many sectors of the target are in the sum
   */
  void check(long offset, long sectorCount, int leg, long legOffset, int factor, int summands);
}
