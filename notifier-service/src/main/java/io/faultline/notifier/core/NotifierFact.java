package io.faultline.notifier.core;

import io.faultline.events.Cause;
import io.faultline.events.Origin;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What the notifier knows of a host. A fault case is many small facts, so that one more event of a
 * large fault writes little: {@code fault/<id>} is its head, {@code fault/<id>/<kind>/<key>} an
 * entry of one of its lists.
 */
public sealed interface NotifierFact {

  /**
   * @param openedAt the time of its earliest event
   * @param cause as the lowest layer that told one tells it; null if none did yet
   * @param causeFrom that layer
   * @param severity the gravest of its events
   * @param hand what somebody said about it; null if nobody did since it opened
   * @param recoveredAt when the last of its device ranges recovered; null while some are bad, and
   *     before any were
   * @param origin the leaf and ranges that an upper layer named, until the device itself tells
   */
  record CaseHead(
      Instant openedAt,
      @Nullable Cause cause,
      @Nullable Layer causeFrom,
      Severity severity,
      CaseCounts counts,
      @Nullable Hand hand,
      @Nullable Instant recoveredAt,
      @Nullable Origin origin)
      implements NotifierFact {

    CaseState state() {
      if (recoveredAt != null || (hand != null && hand.resolved())) {
        return CaseState.RESOLVED;
      }
      return hand == null ? CaseState.OPEN : CaseState.ACKNOWLEDGED;
    }
  }

  /**
   * How many there were, kept or not.
   *
   * @param atLeast too many for exact numbers of volumes, filesystems, files and processes
   * @param pathChars characters of all paths that are kept
   */
  record CaseCounts(
      long deviceEvents,
      long dmEvents,
      long fsEvents,
      int volumes,
      int filesystems,
      int files,
      int processes,
      int moments,
      boolean atLeast,
      long pathChars) {

    static final CaseCounts NONE = new CaseCounts(0, 0, 0, 0, 0, 0, 0, 0, false, 0);

    long events() {
      return deviceEvents + dmEvents + fsEvents;
    }

    long events(Layer layer) {
      return switch (layer) {
        case DEVICE -> deviceEvents;
        case DM -> dmEvents;
        case FS -> fsEvents;
      };
    }
  }

  /** Somebody acknowledged the fault, or (if {@code resolved}) called it done. */
  record Hand(boolean resolved, Instant at, @Nullable String by, @Nullable String reason) {}

  /**
   * @param hit the sectors that the fault hit, the first {@link Limits#SHOWN_RANGES} ranges
   * @param hitSectors how many in all
   * @param bad what has not recovered; where that is too many ranges it is rounded up, never down
   * @param removed whether the device is away because of this fault
   */
  record CaseDevice(String device, Extents hit, long hitSectors, Extents bad, boolean removed)
      implements NotifierFact {

    boolean outstanding() {
      return removed || !bad.isEmpty();
    }
  }

  /**
   * @param effect {@code data_lost}, {@code redundancy_lost} or {@code target_failed}
   * @param hit sectors of the volume, the first {@link Limits#SHOWN_RANGES} ranges
   * @param bad what has not recovered, the first {@link Limits#VOLUME_RANGES} ranges
   */
  record CaseVolume(String volume, String effect, Extents hit, long hitSectors, Extents bad)
      implements NotifierFact {}

  /**
   * @param effects the types of the events that told something of it
   */
  record CaseFilesystem(
      String filesystem,
      SortedSet<String> effects,
      Severity severity,
      @Nullable String shutdownReason)
      implements NotifierFact {}

  /**
   * @param byteRanges positions in the fork, in bytes; the first {@link Limits#SHOWN_RANGES}
   */
  record CaseFile(
      String filesystem,
      long inode,
      List<String> paths,
      int pathCount,
      String fork,
      Extents byteRanges,
      long lostBytes,
      boolean shared,
      boolean unwritten)
      implements NotifierFact {}

  record CaseProcess(
      String filesystem,
      long pid,
      String mapping,
      String signal,
      String code,
      long addressOffsetBytes,
      int lsb,
      @Nullable String path,
      long signals)
      implements NotifierFact {}

  /** One of more entries than are kept was counted; the hash of its kind and key. */
  record CaseSeen(long hash) implements NotifierFact {}

  record CaseEvent(
      String id,
      String type,
      Instant time,
      Layer layer,
      String source,
      long sequence,
      Severity severity)
      implements NotifierFact {}

  /**
   * Something changed about the case itself.
   *
   * @param number counted from 0; only the last {@link Limits#MOMENTS} are kept
   * @param what {@code acknowledged}, {@code resolved}, {@code reopened}, {@code partly_recovered}
   * @param eventId the event that did it; null where somebody did by hand
   */
  record CaseMoment(
      int number,
      Instant time,
      String what,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String eventId)
      implements NotifierFact {}

  /** Faults that were not taken up because {@link Limits#OPEN_CASES} are open. */
  record CasesRefused(long count) implements NotifierFact {}

  /**
   * @param kind null where its {@code device_added} was never heard
   * @param state {@code active}, {@code leaving} or {@code removed}
   */
  record DeviceKnown(
      String device,
      @Nullable String kind,
      @Nullable Long sectors,
      @Nullable Boolean dax,
      @Nullable Long generation,
      String state)
      implements NotifierFact {}

  record VolumeKnown(
      String volume, long sectors, boolean dax, @Nullable Long generation, List<String> below)
      implements NotifierFact {}

  /**
   * @param devices data, then log and realtime where it has them; empty where its {@code
   *     filesystem_mounted} was never heard
   * @param frozenBy who holds it frozen
   */
  record FilesystemKnown(
      String filesystem,
      List<String> devices,
      @Nullable String dax,
      @Nullable Boolean rmapbt,
      boolean mounted,
      SortedSet<String> frozenBy,
      @Nullable String shutdownReason)
      implements NotifierFact {

    /** {@code mounted}, {@code frozen}, {@code shutdown} or {@code unmounted}. */
    String state() {
      if (!mounted) {
        return "unmounted";
      }
      if (shutdownReason != null) {
        return "shutdown";
      }
      return frozenBy.isEmpty() ? "mounted" : "frozen";
    }
  }
}
