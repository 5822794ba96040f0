package io.faultline.runtime.access;

import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * A bucket of tokens for each of many keys: full at first, filled at a steady rate. Of a bucket
 * only the time is kept at which it will be full again (the generic cell rate algorithm of ITU-T
 * I.371): taking one token moves that time on by what one token needs.
 *
 * <pre>
 *          ◄────── burst × interval ──────►
 *   ───────┬───────────────────┬──────────┬────► time
 *         now             full again    not further than here
 * </pre>
 */
final class TokenBuckets {

  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final long intervalNanos;
  private final long burstNanos;
  private final int kept;

  /** The one that was used least recently is the first. */
  private final LinkedHashMap<String, Long> fullAtNanos = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param perMinute tokens that come, evenly; 0: everybody always has one
   * @param burst tokens that a full bucket has
   * @param kept keys that are remembered; the one that was used least recently is forgotten
   */
  TokenBuckets(int perMinute, int burst, int kept) {
    this.intervalNanos = perMinute == 0 ? 0 : MINUTE_NANOS / perMinute;
    this.burstNanos = intervalNanos * burst;
    this.kept = kept;
  }

  /**
   * Takes a token, if there is one.
   *
   * @return zero if it was taken; else how long until there is one
   */
  synchronized Duration take(String key, long nowNanos) {
    if (intervalNanos == 0) {
      return Duration.ZERO;
    }
    long fullAt = fullAtNanos.getOrDefault(key, nowNanos);
    long from = fullAt - nowNanos > 0 ? fullAt : nowNanos;
    long missingNanos = from + intervalNanos - nowNanos - burstNanos;
    if (missingNanos > 0) {
      return Duration.ofNanos(missingNanos);
    }
    fullAtNanos.put(key, from + intervalNanos);
    if (fullAtNanos.size() > kept) {
      fullAtNanos.pollFirstEntry();
    }
    return Duration.ZERO;
  }

  synchronized int size() {
    return fullAtNanos.size();
  }
}
