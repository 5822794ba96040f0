package io.faultline.device.below;

/**
 * How much a slice may hold and how it keeps it.
 *
 * @param hosts hosts with devices
 * @param mediaBytes of all devices together, written or not
 * @param unpublishedEvents events, and entries, that wait for Kafka; above it changes are answered
 *     503
 * @param keptAnswers answers to requests with an {@code Idempotency-Key}, for each host; the oldest
 *     are forgotten
 * @param journalSegmentBytes after how many bytes the journal begins a new segment and a snapshot
 *     is written
 * @param entryBytes what one command may write to the journal; more is refused
 * @param publishWindowBytes how much of the journal is read back at once to be published
 */
public record SliceSettings(
    int hosts,
    long mediaBytes,
    int unpublishedEvents,
    int keptAnswers,
    long journalSegmentBytes,
    long entryBytes,
    long publishWindowBytes) {}
