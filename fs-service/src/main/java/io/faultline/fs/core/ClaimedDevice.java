package io.faultline.fs.core;

import java.util.List;

/**
 * What the owner of a block device answered to a claim.
 *
 * @param sliceId the log that {@code sequence} counts in
 * @param sequence the event up to which {@code faults} is what the device knows
 * @param faults what is bad now, by fault
 */
public record ClaimedDevice(
    Holding holding, String sliceId, long sequence, List<KnownFault> faults) {}
