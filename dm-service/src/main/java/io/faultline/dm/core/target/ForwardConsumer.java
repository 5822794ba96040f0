package io.faultline.dm.core.target;

/** Takes the way down of a target's sectors, ascending. */
public interface ForwardConsumer {

  /**
   * {@code sectorCount} sectors from {@code offset} of the target lie at {@code lowerSector} of
   * {@code device}.
   */
  void piece(long offset, long sectorCount, String device, long lowerSector);

  /**
   * A part of the piece before this call, or all of it, can be read at {@code lowerSector} of
   * {@code device} instead: another leg, a clean copy.
   */
  default void alternative(long offset, long sectorCount, String device, long lowerSector) {}

  /** {@code sectorCount} sectors from {@code offset} of the target lie nowhere. */
  void hole(long offset, long sectorCount, HoleKind kind);
}
