package io.faultline.events;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event: a CloudEvent whose {@code data} is ours.
 *
 * @param id unique among all events of its source, {@code host:ulid}
 * @param source who tells it: {@code /hosts/local/devices/pmem0}
 * @param faultId the fault that it is an effect of, {@code host:ulid}; null if it is of none
 * @param causationId the id of the event that it was made from; null at the beginning of a chain
 * @param sequence rising per host and slice or layer, below 2^53
 * @param sliceId the log that {@code sequence} counts in: a device slice's id, or {@code dm:ulid}
 *     of a host's dm layer
 * @param traceparent W3C trace context, passed on as it came
 */
public record Event(
    String id,
    String source,
    Instant time,
    @Nullable String faultId,
    @Nullable String causationId,
    long sequence,
    String sliceId,
    @Nullable String traceparent,
    EventData data) {

  public EventType type() {
    return EventType.of(data);
  }

  public String host() {
    return data.host();
  }
}
