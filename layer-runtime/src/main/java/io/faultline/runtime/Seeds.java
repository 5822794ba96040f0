package io.faultline.runtime;

import io.faultline.events.Ulids;

/** Seeds for identities that are the same if the same record is decided again. */
final class Seeds {

  private Seeds() {}

  static long of(String topic, int partition, long offset) {
    long seed = 1125899906842597L;
    for (int i = 0; i < topic.length(); i++) {
      seed = 31 * seed + topic.charAt(i);
    }
    return Ulids.mix(Ulids.mix(seed + partition) + offset);
  }
}
