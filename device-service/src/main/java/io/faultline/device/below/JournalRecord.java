package io.faultline.device.below;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands in the journal and in a snapshot. Names are for ever, components may be added. */
sealed interface JournalRecord {

  /**
   * One decision: what is so from now on, and what is to be published.
   *
   * @param number counts entries of the slice from 1, without gaps
   */
  record Entry(
      long number, String host, Instant time, List<StoredFact> facts, List<StoredEvent> events)
      implements JournalRecord {}

  /**
   * The first record of a snapshot.
   *
   * @param number the last entry that is in it
   * @param sequence of the last event up to there
   */
  record SnapshotBegins(long number, long sequence) implements JournalRecord {}

  record SnapshotFact(String host, StoredFact fact) implements JournalRecord {}

  /** The last record of a snapshot; without it the snapshot is none. */
  record SnapshotEnds(long facts) implements JournalRecord {}

  /**
   * @param value null takes the key away
   */
  record StoredFact(String key, byte @Nullable [] value) {}

  /** An event as it will be published, however often that is tried. */
  record StoredEvent(
      String id,
      String source,
      @Nullable String faultId,
      @Nullable String causationId,
      long sequence,
      @Nullable String traceparent,
      byte[] data) {}
}
