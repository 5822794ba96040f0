package io.faultline.notifier.core.delivery;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FaultEvent.FaultAcknowledged;
import io.faultline.events.FaultEvent.FaultGrew;
import io.faultline.events.FaultEvent.FaultOpened;
import io.faultline.events.FaultEvent.FaultReopened;
import io.faultline.events.FaultEvent.FaultResolved;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.DeliveryFact.Content;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Group;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import io.faultline.notifier.core.delivery.DeliveryState.Due;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a watcher is told that is told of faults as a whole: one notification for each, when it has
 * waited for what belongs to it, again when something happens to it or nothing does for long.
 */
final class FaultGroups<E> {

  /** The type of what is sent. */
  static final String TYPE = "io.faultline.fault";

  /** Faults of one watcher; with more the one that was told of longest ago is let go of. */
  static final int MAX_GROUPS = 16_384;

  private static final String REPEATED = "repeated";
  private static final String SEVERITY = "severity";

  private final Deciding<E> deciding;
  private final Notices<E> notices;
  private final Mutes mutes;
  private final Grouping grouping;

  FaultGroups(Deciding<E> deciding, Notices<E> notices, Mutes mutes, Grouping grouping) {
    this.deciding = deciding;
    this.notices = notices;
    this.mutes = mutes;
    this.grouping = grouping;
  }

  /** Something happened to a fault. */
  void heard(Event event, FaultEvent told, Instant now) {
    String id = Objects.requireNonNullElse(event.faultId(), event.id());
    Group known = deciding.state().groups().get(id);
    if (known == null && deciding.state().groups().size() >= MAX_GROUPS) {
      forgetOne();
    }
    boolean quiet = known != null && ofRemovalItself(told);
    boolean lifted = false;
    if (quiet) {
      deciding.count(Count.INHIBITED);
    } else {
      lifted = mutes.heard(Layer.NOTIFIER, event, now);
    }
    List<String> changes = new ArrayList<>(known == null ? List.of() : known.changes());
    if (!quiet) {
      String change = change(told);
      changes.remove(change);
      changes.add(change);
    }
    keep(
        new Group(
            id,
            told.host(),
            told.fault(),
            changes,
            known == null ? 0 : known.notified(),
            known == null ? null : known.notifiedAt(),
            known == null ? null : known.severityTold(),
            flushAt(known, quiet, lifted, now),
            by(told, known),
            reason(told, known)));
  }

  private void keep(Group group) {
    deciding.fact(DeliveryState.group(group.faultId()), group);
  }

  private @Nullable Instant flushAt(
      @Nullable Group known, boolean quiet, boolean lifted, Instant now) {
    if (known == null) {
      return now.plus(grouping.groupWait());
    }
    Instant told = known.notifiedAt();
    boolean waits = told == null || !known.changes().isEmpty();
    if (quiet || (waits && !lifted)) {
      return known.flushAt();
    }
    Instant next = told == null ? now : told.plus(grouping.groupInterval());
    return next.isBefore(now) ? now : next;
  }

  /** A removal is one piece of news: what it reaches follows from it. */
  private static boolean ofRemovalItself(FaultEvent told) {
    return told instanceof FaultGrew
        && told.fault().cause() == Cause.DEVICE_REMOVED
        && !told.grown().contains(SEVERITY);
  }

  private static String change(FaultEvent told) {
    return switch (told) {
      case FaultOpened _ -> "opened";
      case FaultReopened _ -> "reopened";
      case FaultGrew _ -> "grew";
      case FaultAcknowledged _ -> "acknowledged";
      case FaultResolved _ -> "resolved";
    };
  }

  private static @Nullable String by(FaultEvent told, @Nullable Group known) {
    return switch (told) {
      case FaultAcknowledged acknowledged -> acknowledged.by();
      case FaultResolved resolved -> resolved.by();
      case FaultOpened _, FaultReopened _ -> null;
      case FaultGrew _ -> known == null ? null : known.by();
    };
  }

  private static @Nullable String reason(FaultEvent told, @Nullable Group known) {
    return switch (told) {
      case FaultAcknowledged acknowledged -> acknowledged.reason();
      case FaultResolved resolved -> resolved.reason();
      case FaultOpened _, FaultReopened _ -> null;
      case FaultGrew _ -> known == null ? null : known.reason();
    };
  }

  /** Of too many, the one of which nothing is to be said and was said longest ago. */
  private void forgetOne() {
    deciding.state().groups().values().stream()
        .filter(group -> group.changes().isEmpty())
        .min(
            (one, other) ->
                Objects.requireNonNullElse(one.notifiedAt(), Instant.MIN)
                    .compareTo(Objects.requireNonNullElse(other.notifiedAt(), Instant.MIN)))
        .ifPresent(
            group -> {
              deciding.count(Count.FORGOTTEN);
              deciding.fact(DeliveryState.group(group.faultId()), null);
            });
  }

  /** Whether there is room for one more fault. */
  boolean wantsMore() {
    return deciding.state().groups().size() < 2 * MAX_GROUPS;
  }

  /** Says what is due. */
  void tick(Instant now) {
    for (Due due :
        new TreeSet<>(deciding.state().flushes().headSet(new Due(now, "\uffff"), true))) {
      flush(Objects.requireNonNull(deciding.state().groups().get(due.key())), now);
    }
  }

  private void flush(Group group, Instant now) {
    if (notices.isUnsaid(group.faultId())) {
      // What waits for its next try is said first; then this is looked at again.
      keep(at(group, now.plusSeconds(1)));
      return;
    }
    Instant muted = mutes.until(group, now);
    boolean inhibited = inhibited(group);
    if (muted == null && !inhibited) {
      say(group, now);
      return;
    }
    deciding.count(muted != null ? Count.MUTED : Count.INHIBITED);
    if (group.resolved()) {
      deciding.fact(DeliveryState.group(group.faultId()), null);
    } else {
      keep(at(group, muted != null ? muted : now.plus(grouping.groupInterval())));
    }
  }

  private static Group at(Group group, @Nullable Instant flushAt) {
    return new Group(
        group.faultId(),
        group.host(),
        group.fault(),
        group.changes(),
        group.notified(),
        group.notifiedAt(),
        group.severityTold(),
        flushAt,
        group.by(),
        group.reason());
  }

  /** The device that it is on is away: what else is wrong with it is no news until it is back. */
  private boolean inhibited(Group group) {
    if (group.fault().cause() == Cause.DEVICE_REMOVED || group.fault().devices().isEmpty()) {
      return false;
    }
    for (String removal : deciding.state().removals(group.host())) {
      Group away = Objects.requireNonNull(deciding.state().groups().get(removal));
      if (away.fault().devices().containsAll(group.fault().devices())) {
        return true;
      }
    }
    return false;
  }

  private void say(Group group, Instant now) {
    int number = group.notified() + 1;
    List<String> changes = group.changes().isEmpty() ? List.of(REPEATED) : group.changes();
    long notice = notices.nextNumber();
    notices.add(
        new Notice(
            notice,
            group.faultId() + "~" + notice,
            TYPE,
            group.host(),
            group.faultId(),
            now,
            0,
            now,
            null,
            new Content(
                group.fault(),
                changes,
                number,
                group.severityTold(),
                group.by(),
                group.reason(),
                null)));
    if (group.resolved()) {
      deciding.fact(DeliveryState.group(group.faultId()), null);
      mutes.forget(group.faultId());
      return;
    }
    boolean repeats = group.fault().state().equals("open");
    keep(
        new Group(
            group.faultId(),
            group.host(),
            group.fault(),
            List.of(),
            number,
            now,
            group.fault().severity(),
            repeats ? now.plus(grouping.repeatInterval()) : null,
            group.by(),
            group.reason()));
  }

  @Nullable Instant nextDue() {
    return deciding.state().flushes().isEmpty() ? null : deciding.state().flushes().first().at();
  }
}
