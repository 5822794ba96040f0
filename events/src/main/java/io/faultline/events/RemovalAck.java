package io.faultline.events;

/**
 * Credit of a planned removal comes back: the one message that travels downward through Kafka.
 *
 * @param device the leaf that is leaving
 * @param removalId the removal it belongs to
 * @param holder who returns it, {@code fs:data}, {@code dm:vol0}
 * @param credit the share, above 0 and below 2^53
 * @param reason why the way ends here: {@code frozen_and_shut_down}, {@code not_held}, {@code
 *     gone}, …
 */
public record RemovalAck(
    String host, String device, String removalId, String holder, long credit, String reason)
    implements EventData {}
