package io.faultline.notifier.core;

/**
 * How much is kept of a host's faults.
 *
 * @param openFaults cases that are not resolved; further faults are counted and refused
 * @param resolvedFaults resolved cases; the one that was resolved first makes room
 * @param badRanges ranges that are bad because of all cases, devices' and volumes' together, 16
 *     bytes each; beyond it what goes bad is rounded up to what a part of it spans
 */
public record Capacity(int openFaults, int resolvedFaults, long badRanges) {

  public static final Capacity DEFAULT = new Capacity(131_072, 16_384, 4_194_304);

  public Capacity {
    if (openFaults < 1 || resolvedFaults < 1 || badRanges < 1) {
      throw new IllegalArgumentException(
          "open faults, resolved faults and bad ranges are at least 1 each, not "
              + openFaults
              + ", "
              + resolvedFaults
              + " and "
              + badRanges);
    }
  }
}
