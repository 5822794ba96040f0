package io.faultline.notifier.above.watch;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One try to deliver an event.
 *
 * @param attempt from 1
 * @param outcome {@code delivered} or {@code failed}; {@code resync} where events were gone before
 *     they could be delivered
 * @param status of the answer; null if there was none
 * @param error null where it was delivered
 */
public record Delivery(
    @Nullable String event,
    @Nullable String type,
    Instant time,
    int attempt,
    String outcome,
    @Nullable Integer status,
    @Nullable String error,
    long durationMillis) {}
