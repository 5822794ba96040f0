package io.faultline.notifier.core.delivery;

import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FaultEvent.FaultGrew;
import io.faultline.events.FaultEvent.FaultOpened;
import io.faultline.notifier.core.Layer;
import io.faultline.notifier.core.delivery.DeliveryFact.Group;
import io.faultline.notifier.core.delivery.DeliveryFact.Lifted;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a watcher does not want to hear of for a while, and the faults for which that has ended. */
final class Mutes {

  private final Deciding<?> deciding;
  private final List<Mute> mutes;

  Mutes(Deciding<?> deciding, List<Mute> mutes) {
    this.deciding = deciding;
    this.mutes = mutes;
  }

  /**
   * A fault that grows is not muted any more.
   *
   * @return whether one was until now
   */
  boolean heard(Layer layer, Event event, Instant now) {
    String fault = event.faultId();
    boolean grew =
        event.data() instanceof FaultEvent told
            && !(told instanceof FaultOpened)
            && !told.grown().isEmpty();
    if (fault == null || !grew) {
      return false;
    }
    boolean lifted = false;
    for (Mute mute : mutes) {
      if (holds(mute, layer, event, now)) {
        deciding.fact(DeliveryState.lifted(mute.name(), fault), new Lifted(now));
        lifted = true;
      }
    }
    return lifted;
  }

  boolean holds(Layer layer, Event event, Instant now) {
    return mutes.stream().anyMatch(mute -> holds(mute, layer, event, now));
  }

  private boolean holds(Mute mute, Layer layer, Event event, Instant now) {
    return mute.holds(now)
        && mute.covers(layer, event)
        && (event.faultId() == null || !deciding.state().isLifted(mute.name(), event.faultId()));
  }

  /** Until when nothing is to be said of the fault; null if something may be. */
  @Nullable Instant until(Group group, Instant now) {
    if (mutes.isEmpty()) {
      return null;
    }
    Event event =
        new Event(
            group.faultId(),
            "/hosts/" + group.host() + "/faults",
            now,
            group.faultId(),
            null,
            0,
            "",
            null,
            new FaultGrew(group.host(), group.fault(), List.of()));
    Instant until = null;
    for (Mute mute : mutes) {
      boolean later = until == null || until.isBefore(mute.until());
      if (later && holds(mute, Layer.NOTIFIER, event, now)) {
        until = mute.until();
      }
    }
    return until;
  }

  /** The fault is over. */
  void forget(String faultId) {
    for (String key : Set.copyOf(deciding.state().lifted())) {
      if (key.endsWith("/" + faultId)) {
        deciding.fact(Objects.requireNonNull(key), null);
      }
    }
  }
}
