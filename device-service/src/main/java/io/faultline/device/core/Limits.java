package io.faultline.device.core;

import java.time.Duration;

/**
 * How much of everything a host may have. What is beyond is refused with the limit's name.
 *
 * @param devicesPerHost devices
 * @param deviceBytes bytes of one device
 * @param faultsPerDevice open faults, latent ones too
 * @param badRangesPerDevice ranges of poison; a fault that comes when they are reached is refused
 * @param claimsPerDevice holders of one device
 * @param devicesPerUnplug devices in one removal
 * @param removalDeadline the longest time that a planned removal may wait
 * @param acksPerRemoval acknowledgements that are told apart for one device; more are not counted
 */
public record Limits(
    int devicesPerHost,
    long deviceBytes,
    int faultsPerDevice,
    int badRangesPerDevice,
    int claimsPerDevice,
    int devicesPerUnplug,
    Duration removalDeadline,
    int acksPerRemoval) {}
