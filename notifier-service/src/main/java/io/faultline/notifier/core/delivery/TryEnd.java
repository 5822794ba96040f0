package io.faultline.notifier.core.delivery;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a try ended.
 *
 * @param startedAt when it was begun
 * @param status of the answer; null if there was none, or the sink has no such thing
 * @param error null where it was taken
 * @param answer the first bytes of the answer as text; null if it had none
 * @param retryAfter what the receiver asked for
 */
public record TryEnd(
    Outcome outcome,
    Instant startedAt,
    long durationMillis,
    @Nullable Integer status,
    @Nullable String error,
    @Nullable String answer,
    @Nullable Duration retryAfter) {

  /** Whether it was taken. */
  public enum Outcome {
    TAKEN,
    FAILED,
    /** The receiver wants no more calls, ever: 410. */
    UNWANTED
  }
}
