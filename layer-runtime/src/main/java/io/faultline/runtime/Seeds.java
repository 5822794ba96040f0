package io.faultline.runtime;

/** Seeds for identities that are the same if the same record is decided again. */
final class Seeds {

  private Seeds() {}

  static long of(String topic, int partition, long offset) {
    long seed = 1125899906842597L;
    for (int i = 0; i < topic.length(); i++) {
      seed = 31 * seed + topic.charAt(i);
    }
    return mix(mix(seed + partition) + offset);
  }

  /** The finaliser of SplitMix64. */
  private static long mix(long value) {
    long mixed = value + 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
