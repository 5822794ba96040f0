package io.faultline.runtime.core;

import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.util.List;

/**
 * The answer to a claim: what the one who stands on a block device from now on must know of it.
 *
 * @param generation of the block device; everything asked of it later carries this
 * @param sectors its size
 * @param dax whether its bytes can be mapped directly
 * @param logicalBlockBytes the least that the hardware reads and writes
 * @param ranges what is known bad now, in its sectors
 * @param sequence events of slice {@code sliceId} up to this one are in {@code ranges} and {@code
 *     faults} already
 * @param sliceId the log that {@code sequence} counts in
 * @param faults the same bad ranges by fault
 * @param revision rises with every claim of the device; releasing under an old one does nothing
 */
public record Claim(
    long generation,
    long sectors,
    boolean dax,
    long logicalBlockBytes,
    Extents ranges,
    long sequence,
    String sliceId,
    List<KnownFault> faults,
    long revision) {

  /** One that does not say has blocks of 512 bytes. */
  public Claim {
    logicalBlockBytes = logicalBlockBytes == 0 ? 512 : logicalBlockBytes;
  }

  /** A fault that a block device has, and the ranges that it still stands for. */
  public record KnownFault(String faultId, Cause cause, Extents ranges) {}
}
