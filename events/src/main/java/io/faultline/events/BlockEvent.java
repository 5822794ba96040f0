package io.faultline.events;

import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something about ranges of a block device. A device and a volume tell it in the same shape,
 * because to the layer above there is no difference.
 */
public sealed interface BlockEvent extends EventData {

  /**
   * Ranges a part holds at most; a larger set comes as several events with {@code part} and {@code
   * last}.
   */
  int MAX_RANGES_PER_PART = 4096;

  /** The block device (device or volume) in whose sectors {@link #ranges} are. */
  String device();

  /** Sectors of {@link #device}. */
  Extents ranges();

  /**
   * Whether the whole device is meant, however large it is; {@link #ranges} names it all the same.
   */
  boolean whole();

  /** The leaf and its ranges that this came from. */
  @Nullable Origin origin();

  /** Position of this event among the parts of one set, from 0. */
  int part();

  /** Whether this is the last part of its set. */
  boolean last();

  /**
   * These ranges read back wrong or not at all. The kernel's {@code ->corrupted_range()}.
   *
   * @param consumedBy whose own load found it; null where nobody's did
   */
  record CorruptedRange(
      String host,
      String device,
      Extents ranges,
      boolean whole,
      Cause cause,
      @Nullable Origin origin,
      int part,
      boolean last,
      @Nullable ConsumedBy consumedBy)
      implements BlockEvent {

    public CorruptedRange(
        String host,
        String device,
        Extents ranges,
        boolean whole,
        Cause cause,
        @Nullable Origin origin,
        int part,
        boolean last) {
      this(host, device, ranges, whole, cause, origin, part, last, null);
    }
  }

  /**
   * The device is about to leave, the kernel's {@code MF_MEM_PRE_REMOVE}. Whoever is named in
   * {@code credits} returns that credit with a {@link RemovalAck} when it is ready, or passes it
   * on.
   *
   * @param removalId {@code host:ulid}
   * @param deadline when the device goes in any case; only the device judges it
   * @param credits holder ({@code dm:vol0}, {@code fs:data}) to its share, above 0 and below 2^53
   */
  record MfMemPreRemove(
      String host,
      String device,
      Extents ranges,
      boolean whole,
      Cause cause,
      @Nullable Origin origin,
      int part,
      boolean last,
      String removalId,
      Instant deadline,
      Map<String, Long> credits)
      implements BlockEvent {}

  /** These ranges can be used again; {@code data} says what is in them now. */
  record RangeRecovered(
      String host,
      String device,
      Extents ranges,
      boolean whole,
      Cause cause,
      @Nullable Origin origin,
      int part,
      boolean last,
      RecoveredData data)
      implements BlockEvent {}

  /** These ranges still read right, but from fewer copies than before. */
  record RedundancyLost(
      String host,
      String device,
      Extents ranges,
      boolean whole,
      Cause cause,
      @Nullable Origin origin,
      int part,
      boolean last)
      implements BlockEvent {}
}
