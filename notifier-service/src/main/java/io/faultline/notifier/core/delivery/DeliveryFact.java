package io.faultline.notifier.core.delivery;

import io.faultline.events.FaultEvent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of the deliveries to one watcher. Names of records and components are for ever.
 *
 * <p>Keys: {@code head}; {@code held/<host>}; {@code try/<n>} and {@code dead/<n>}, which are
 * rings; {@code notice/<n>}; {@code group/<fault>}; {@code lifted/<mute>/<fault>}.
 */
public sealed interface DeliveryFact {

  /** What is counted since a watcher was made. */
  enum Count {
    /** Events and notifications that were taken. */
    DELIVERED,
    /** Calls that were made. */
    TRIES,
    /** Calls that failed. */
    FAILED,
    /** Deliveries that were given up; see {@link Dead}. */
    DEAD,
    /** What a mute kept back. */
    MUTED,
    /** What was kept back because of a device's removal. */
    INHIBITED,
    /** Times that retention was quicker than the watcher. */
    RESYNCS,
    /** Notices that were made; the next has this number. */
    NOTICES,
    /** Lines of the log of tries; the next has this number. */
    LINES,
    /** Faults that were let go of because there were too many. */
    FORGOTTEN
  }

  /**
   * How far the watcher is, and what was counted.
   *
   * @param watcherId whose it is; that of another watcher of the same name means nothing
   * @param replay the last replay that was carried out
   * @param place everything before it is done, is not for the watcher, or is of a held host
   * @param disabled the watcher's revision at which the receiver wanted no more; null if it did not
   * @param failing failed tries since the last that was taken
   * @param lastError of the last try that failed; null since one was taken
   */
  record Head(
      String watcherId,
      @Nullable String replay,
      Place place,
      Map<Count, Long> counts,
      @Nullable Long disabled,
      long failing,
      @Nullable Instant lastDelivered,
      @Nullable String lastError)
      implements DeliveryFact {

    /** Of a watcher that begins at that place. */
    public static Head begin(String watcherId, @Nullable String replay, Place place) {
      return new Head(watcherId, replay, place, Map.of(), null, 0, null, null);
    }

    /** How many there were. */
    public long count(Count of) {
      return counts.getOrDefault(of, 0L);
    }
  }

  /**
   * A host whose events are not delivered as they are read: one of them waits for its next try, or
   * it has fallen behind. They are in the log, from here on.
   *
   * @param place where it goes on
   * @param tries that were made of the first event; 0 if none was
   * @param due when that is tried again; null: as soon as may be
   * @param id of that event; null where it was not tried
   */
  record Held(HostPlace place, int tries, @Nullable Instant due, @Nullable String id)
      implements DeliveryFact {}

  /**
   * One try, as it is shown.
   *
   * @param number from 0, the key's place in the ring comes from it
   * @param attempt from 1
   * @param outcome {@code delivered}, {@code failed}, {@code dead} (failed, and it was the last),
   *     {@code disabled}, {@code muted} or {@code resync}
   * @param next when it is tried again
   */
  record Tried(
      long number,
      String id,
      String type,
      String host,
      Instant time,
      int attempt,
      String outcome,
      @Nullable Integer status,
      @Nullable String error,
      @Nullable String answer,
      long durationMillis,
      @Nullable Instant next)
      implements DeliveryFact {}

  /**
   * What was given up, and where it stands.
   *
   * @param ref null for a notification, which is not in a log
   */
  record Dead(
      long number,
      String id,
      String type,
      String host,
      int tries,
      Instant time,
      String reason,
      @Nullable Ref ref,
      @Nullable Content content)
      implements DeliveryFact {}

  /** A record of a followed topic. */
  record Ref(int fingerprint, int slot, long offset) {}

  /**
   * Something to deliver that is not in a log as it is, or again by hand; in order per host.
   *
   * @param ref the event to send again; else null
   * @param content what to say; else null
   */
  record Notice(
      long number,
      String id,
      String type,
      String host,
      @Nullable String faultId,
      Instant time,
      int tries,
      Instant due,
      @Nullable Ref ref,
      @Nullable Content content)
      implements DeliveryFact {}

  /**
   * What a notice says: of a fault, once for all that happened to it since the notification before;
   * or of events that retention took.
   *
   * @param fault null for a gap
   * @param changes {@code opened}, {@code grew}, {@code acknowledged}, {@code resolved}, {@code
   *     reopened}; {@code repeated} where nothing did
   * @param number counts the notifications of this fault, from 1
   * @param severityBefore as it was told last; null the first time
   * @param gap what is missing; null for a fault
   */
  record Content(
      FaultEvent.@Nullable Fault fault,
      List<String> changes,
      int number,
      @Nullable String severityBefore,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String gap) {

    static Content ofGap(String detail) {
      return new Content(null, List.of(), 0, null, null, null, detail);
    }
  }

  /**
   * What is known of a fault to a watcher that is told of faults.
   *
   * @param changes since the last notification
   * @param notified how many there were
   * @param flushAt when the next is due; null if none is
   * @param severityTold in the notification before; null if there was none
   */
  record Group(
      String faultId,
      String host,
      FaultEvent.Fault fault,
      List<String> changes,
      int notified,
      @Nullable Instant notifiedAt,
      @Nullable String severityTold,
      @Nullable Instant flushAt,
      @Nullable String by,
      @Nullable String reason)
      implements DeliveryFact {

    boolean resolved() {
      return fault.state().equals("resolved");
    }
  }

  /** A mute does not hold for that fault any more: it grew. */
  record Lifted(Instant at) implements DeliveryFact {}
}
