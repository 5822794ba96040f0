package io.faultline.fs.core;

import io.faultline.runtime.core.Claim;

/**
 * A block device that was just claimed for a filesystem.
 *
 * @param volume whether dm-service has it; else device-service
 * @param claim what its owner answered
 */
public record ClaimedDevice(Role role, String device, boolean volume, Claim claim) {

  Holding holding() {
    return new Holding(
        role,
        device,
        volume,
        claim.generation(),
        claim.sectors(),
        claim.dax(),
        claim.sliceId(),
        claim.sequence(),
        claim.revision());
  }
}
