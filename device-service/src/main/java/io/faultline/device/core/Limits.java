package io.faultline.device.core;

import java.time.Duration;

/**
 * How much of everything a host may have. What is beyond is refused with the limit's name.
 *
 * @param devicesPerHost devices
 * @param deviceBytes bytes of one device
 * @param faultsPerDevice open faults, latent ones too
 * @param badRangesPerDevice ranges of all faults of a device; a fault that would pass it is refused
 * @param claimsPerDevice holders of one device
 * @param devicesPerUnplug devices in one removal
 * @param removalDeadline the longest time that a planned removal may wait
 * @param acksPerRemoval acknowledgements that are told apart for one device; more are not counted
 * @param rangesPerCall ranges of one injection
 * @param faultDuration the longest time after which a transient fault heals by itself
 */
public record Limits(
    int devicesPerHost,
    long deviceBytes,
    int faultsPerDevice,
    int badRangesPerDevice,
    int claimsPerDevice,
    int devicesPerUnplug,
    Duration removalDeadline,
    int acksPerRemoval,
    int rangesPerCall,
    Duration faultDuration) {

  /** With what is usual for injections: 2^20 ranges a call, 30 days. */
  public Limits(
      int devicesPerHost,
      long deviceBytes,
      int faultsPerDevice,
      int badRangesPerDevice,
      int claimsPerDevice,
      int devicesPerUnplug,
      Duration removalDeadline,
      int acksPerRemoval) {
    this(
        devicesPerHost,
        deviceBytes,
        faultsPerDevice,
        badRangesPerDevice,
        claimsPerDevice,
        devicesPerUnplug,
        removalDeadline,
        acksPerRemoval,
        1 << 20,
        Duration.ofDays(30));
  }
}
