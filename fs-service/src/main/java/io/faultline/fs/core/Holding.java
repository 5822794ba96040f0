package io.faultline.fs.core;

/**
 * A block device that a filesystem has claimed.
 *
 * @param volume whether dm-service has it; else device-service
 * @param generation the device's generation at the mount
 * @param dax whether its bytes can be mapped directly
 * @param revision of the claim: it is given back only if nobody claimed anew since
 */
public record Holding(
    Role role,
    String device,
    boolean volume,
    long generation,
    long sectors,
    boolean dax,
    long revision) {

  Holding withRevision(long newer) {
    return new Holding(role, device, volume, generation, sectors, dax, newer);
  }
}
