package io.faultline.runtime.core;

import io.faultline.events.Ulids;
import java.time.Instant;

/**
 * What a decision may know of the world besides state and input.
 *
 * @param now the time of the input
 * @param host the host it is about
 * @param ulids makes identities that are the same if the same input is decided again
 * @param sliceId the log that this host's own events are numbered in
 * @param lastSequence the sequence of the last event that this host published, 0 if none
 */
public record Stamp(Instant now, String host, Ulids ulids, String sliceId, long lastSequence) {

  /** A new identity, {@code host:ulid}. */
  public String newId() {
    return ulids.next(host);
  }
}
