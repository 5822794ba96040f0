package io.faultline.dm.core.target;

/** Takes what becomes of a target's sectors, one range after another. */
@FunctionalInterface
public interface EffectConsumer {

  /**
   * @param offset from the beginning of the target
   * @param sectorCount at least 1
   */
  void accept(Effect effect, long offset, long sectorCount);
}
