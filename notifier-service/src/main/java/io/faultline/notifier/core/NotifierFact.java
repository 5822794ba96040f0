package io.faultline.notifier.core;

import io.faultline.events.Cause;
import io.faultline.events.EventType;
import io.faultline.events.Origin;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;
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

    /** Whether every query finds it as it finds the other one. */
    boolean isFoundAs(CaseHead other) {
      return openedAt.equals(other.openedAt)
          && state() == other.state()
          && severity == other.severity
          && cause == other.cause
          && Objects.equals(origin, other.origin);
    }

    CaseState state() {
      Hand said = hand;
      if (recoveredAt != null) {
        return CaseState.RESOLVED;
      }
      if (said == null) {
        return CaseState.OPEN;
      }
      if (!said.resolved()) {
        return CaseState.ACKNOWLEDGED;
      }
      return said.undone() == null ? CaseState.RESOLVED : CaseState.OPEN;
    }

    /** Since when it is resolved; null if it is not. */
    @Nullable Instant resolvedAt() {
      if (recoveredAt != null) {
        return recoveredAt;
      }
      return hand != null && state() == CaseState.RESOLVED ? hand.at() : null;
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
      int metadata,
      int processes,
      int moments,
      boolean atLeast,
      long pathChars) {

    static final CaseCounts NONE = new CaseCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, false, 0);

    long events() {
      return deviceEvents + dmEvents + fsEvents;
    }

    long events(Layer layer) {
      return switch (layer) {
        case DEVICE -> deviceEvents;
        case DM -> dmEvents;
        case FS -> fsEvents;
        // A fault is made of what the layers tell.
        case NOTIFIER -> 0;
      };
    }
  }

  /**
   * Somebody acknowledged the fault, or (if {@code resolved}) called it done.
   *
   * @param number of its moment in the time line
   * @param undone the earliest loss that was told after somebody called it done; null if none was
   */
  record Hand(
      boolean resolved,
      Instant at,
      @Nullable String by,
      @Nullable String reason,
      int number,
      @Nullable Undone undone) {}

  /** An event opened the fault again that somebody had called done. */
  record Undone(Instant at, String eventId) {

    boolean isBefore(Undone other) {
      int order = at.compareTo(other.at);
      return order < 0 || (order == 0 && eventId.compareTo(other.eventId) < 0);
    }
  }

  /**
   * @param hit the sectors that the fault hit, the first {@link Limits#SHOWN_RANGES} ranges
   * @param hitSectors how many in all
   * @param badSectors how many of them have not recovered; see {@link CaseBad}
   * @param rounded whether some of it was too much to keep and is rounded up
   * @param removed whether the device is away because of this fault
   */
  record CaseDevice(
      String device,
      Extents hit,
      long hitSectors,
      long badSectors,
      boolean rounded,
      boolean removed)
      implements NotifierFact {

    boolean outstanding() {
      return removed || badSectors > 0;
    }
  }

  /**
   * @param effect {@code data_lost}, {@code redundancy_lost} or {@code target_failed}
   * @param hit sectors of the volume, the first {@link Limits#SHOWN_RANGES} ranges
   * @param badSectors how many of them have not recovered; see {@link CaseBad}
   * @param leaves the devices that it came from, the first {@link Limits#CASE_LEAVES}
   * @param causationId the event that the first of its events was made from
   */
  record CaseVolume(
      String volume,
      String effect,
      Extents hit,
      long hitSectors,
      long badSectors,
      boolean rounded,
      SortedSet<String> leaves,
      @Nullable String causationId)
      implements NotifierFact {}

  /** A part of what has not recovered, of one device or volume; see {@link BadSectors}. */
  record CaseBad(Extents ranges) implements NotifierFact {}

  /**
   * @param effects the types of the events that told something of it
   * @param files how many of its files are hit, by the block device that they lie on
   * @param device the block device that its shutdown names, or that the event names from which its
   *     first event was made; null where there is none
   */
  record CaseFilesystem(
      String filesystem,
      SortedSet<String> effects,
      Severity severity,
      @Nullable String shutdownReason,
      SortedMap<String, Integer> files,
      @Nullable String device,
      @Nullable String causationId)
      implements NotifierFact {}

  /**
   * @param byteRanges positions in the fork, in bytes; the first {@link Limits#SHOWN_RANGES}
   * @param device the block device under its filesystem that it lies on
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
      boolean unwritten,
      String device)
      implements NotifierFact {}

  /**
   * What is hit of a filesystem and is no file.
   *
   * @param type of the event: {@code metadata_lost}, {@code log_lost}, {@code range_unowned} or
   *     {@code failure_unsupported}
   * @param owner as in the event; for a log that it is one, for what is not supported the reason
   * @param hit sectors of {@code device}, the first {@link Limits#SHOWN_RANGES} ranges
   */
  record CaseMetadata(
      String filesystem,
      EventType type,
      String owner,
      String device,
      Extents hit,
      long hitSectors,
      @Nullable Boolean rebuildable)
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
      long signals,
      @Nullable String causationId)
      implements NotifierFact {}

  /** One of more entries than are kept was counted; the hash of its kind and key. */
  record CaseSeen(long hash) implements NotifierFact {}

  /**
   * @param causationId the event that it was made from
   */
  record CaseEvent(
      String id,
      EventType type,
      Instant time,
      Layer layer,
      String source,
      long sequence,
      Severity severity,
      @Nullable String causationId)
      implements NotifierFact {}

  /**
   * Something changed about the case itself. Only what its devices tell and what people say makes
   * moments, so their numbers do not depend on how the topics are interleaved; what else opens a
   * case again that somebody had called done stands with that.
   *
   * @param number counted from 0; only the last {@link Limits#MOMENTS} are kept
   * @param until of several that follow each other and are kept as one: the time of the last
   * @param times how many they are
   * @param eventId the event that did it; null where somebody did by hand
   * @param undone the earliest loss that was told after somebody called it done
   */
  record CaseMoment(
      int number,
      Instant time,
      @Nullable Instant until,
      int times,
      Moment what,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String eventId,
      @Nullable Undone undone)
      implements NotifierFact {}

  /** What can be said of a case in its time line. */
  enum Moment {
    ACKNOWLEDGED,
    PARTLY_RECOVERED,
    RESOLVED,
    REOPENED;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Faults that were not taken up because {@link Capacity#openFaults} are open. */
  record CasesRefused(long count) implements NotifierFact {}

  /**
   * @param kind null where its {@code device_added} was never heard
   * @param state {@code active}, {@code leaving} or {@code removed}
   * @param removal the one that takes or took it away; null where none does
   */
  record DeviceKnown(
      String device,
      @Nullable String kind,
      @Nullable Long sectors,
      @Nullable Boolean dax,
      @Nullable Long generation,
      String state,
      @Nullable RemovalKnown removal)
      implements NotifierFact {}

  /**
   * @param since when it was announced or, without that, done
   * @param deadline null where it was not announced
   * @param holders whose leave is waited for, as far as the device asked them itself
   * @param mode null until the device is gone
   * @param acknowledged whether every holder gave its leave; null until the device is gone
   */
  record RemovalKnown(
      @Nullable String removalId,
      @Nullable String faultId,
      Instant since,
      @Nullable Instant deadline,
      SortedSet<String> holders,
      @Nullable String mode,
      @Nullable Boolean acknowledged) {}

  /**
   * @param targets the kinds of its targets, each once
   */
  record VolumeKnown(
      String volume,
      long sectors,
      boolean dax,
      @Nullable Long generation,
      List<String> below,
      SortedSet<String> targets)
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
