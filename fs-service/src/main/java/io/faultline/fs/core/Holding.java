package io.faultline.fs.core;

import io.faultline.events.Event;

/**
 * A block device that a filesystem has claimed.
 *
 * @param volume whether dm-service has it; else device-service
 * @param generation the device's generation at the mount
 * @param dax whether its bytes can be mapped directly
 * @param sliceId the log that the device's events are numbered in
 * @param sequence the last event of that log before the claim
 * @param revision of the claim: it is given back only if nobody claimed anew since
 */
public record Holding(
    Role role,
    String device,
    boolean volume,
    long generation,
    long sectors,
    boolean dax,
    String sliceId,
    long sequence,
    long revision) {

  Holding withRevision(long newer) {
    return new Holding(role, device, volume, generation, sectors, dax, sliceId, sequence, newer);
  }

  /**
   * Whether an event is older than the claim: it speaks of what was before the mount. Commands and
   * events come by different topics, so such an event may be heard after the mount.
   */
  boolean isOlder(Event event) {
    return event.sliceId().equals(sliceId) && event.sequence() <= sequence;
  }
}
