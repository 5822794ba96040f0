package io.faultline.notifier.core.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When what failed is tried again.
 *
 * @param waits before the second try, the third and so on; after the last the delivery is dead
 */
public record RetrySchedule(List<Duration> waits) {

  /** Waits of one schedule. */
  public static final int MAX_WAITS = 20;

  /** The longest wait, also of those that a receiver asks for. */
  public static final Duration LONGEST = Duration.ofHours(24);

  /** A wait is up to this much shorter or longer, so that many do not come back at once. */
  static final double JITTER = 0.2;

  public RetrySchedule {
    waits = List.copyOf(waits);
    if (waits.size() > MAX_WAITS) {
      throw new IllegalArgumentException(
          "a schedule has at most " + MAX_WAITS + " waits, not " + waits.size());
    }
    for (Duration wait : waits) {
      if (wait.isNegative() || wait.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException("a wait is from PT0S to " + LONGEST + ", not " + wait);
      }
    }
  }

  /**
   * @param tries that were made, all of which failed
   * @param chance from 0 to 1, for the jitter
   * @param asked the wait that the receiver asked for; it is kept, but not beyond {@link #LONGEST}
   * @return when the next try is due; null if that was the last
   */
  @Nullable Instant next(int tries, Instant now, double chance, @Nullable Duration asked) {
    if (tries > waits.size()) {
      return null;
    }
    double factor = 1 - JITTER + 2 * JITTER * chance;
    Duration wait = Duration.ofMillis((long) (waits.get(tries - 1).toMillis() * factor));
    if (asked != null && asked.compareTo(wait) > 0) {
      wait = asked.compareTo(LONGEST) < 0 ? asked : LONGEST;
    }
    return now.plus(wait);
  }
}
