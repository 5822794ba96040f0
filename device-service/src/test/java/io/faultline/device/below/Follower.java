package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** A layer above that knows devices by their events only, and checks how those come. */
final class Follower {

  private final Map<String, Map<String, Extents>> bad = new TreeMap<>();
  private final Set<String> removed = new HashSet<>();
  private final Set<String> ids = new HashSet<>();
  private final boolean missesSome;
  private long lastSequence;

  Follower() {
    this(false);
  }

  private Follower(boolean missesSome) {
    this.missesSome = missesSome;
  }

  /** One who does not mind gaps: what was lost before it was told is never told. */
  static Follower whoMissesSome() {
    return new Follower(true);
  }

  /** Takes everything that waits; says that it is published if {@code marks}. */
  void drain(Slice slice, boolean marks) throws InterruptedException {
    while (true) {
      List<Backlog.Unpublished> next = slice.backlog().next(1000, Duration.ZERO);
      for (Backlog.Unpublished entry : next) {
        entry.events().forEach(event -> hear(slice, event));
      }
      if (next.isEmpty() || !marks) {
        return;
      }
      slice.backlog().published(next.getLast().number());
    }
  }

  private void hear(Slice slice, Event event) {
    assertThat(event.sliceId()).isEqualTo(slice.sliceId());
    if (event.sequence() <= lastSequence) {
      assertThat(ids).as("a repeated sequence has the same id").contains(event.id());
      return;
    }
    if (!missesSome) {
      assertThat(event.sequence()).as("sequences have no gaps").isEqualTo(lastSequence + 1);
    }
    assertThat(ids.add(event.id())).as("ids are unique").isTrue();
    lastSequence = event.sequence();
    switch (event.data()) {
      case CorruptedRange corrupted when corrupted.cause() == Cause.MEDIA_ERROR ->
          bad.computeIfAbsent(corrupted.device(), name -> new TreeMap<>())
              .merge(Objects.requireNonNull(event.faultId()), corrupted.ranges(), Extents::union);
      case CorruptedRange left -> removed.add(left.device());
      case RangeRecovered back when back.cause() == Cause.DEVICE_REMOVED ->
          removed.remove(back.device());
      case RangeRecovered over when over.data() == RecoveredData.RETURNED ->
          bad.getOrDefault(over.device(), Map.of())
              .computeIfPresent(
                  Objects.requireNonNull(event.faultId()),
                  (faultId, ranges) -> ranges.subtract(over.ranges()));
      case RangeRecovered healed ->
          bad.getOrDefault(healed.device(), Map.of())
              .replaceAll((faultId, ranges) -> ranges.subtract(healed.ranges()));
      case DeviceEvent.DeviceRemoved gone when gone.mode().equals("deleted") -> {
        bad.remove(gone.device());
        removed.remove(gone.device());
      }
      default -> {}
    }
  }

  Extents bad(String device) {
    Extents all = Extents.EMPTY;
    for (Extents ranges : bad.getOrDefault(device, Map.of()).values()) {
      all = all.union(ranges);
    }
    return all;
  }

  boolean isRemoved(String device) {
    return removed.contains(device);
  }

  long lastSequence() {
    return lastSequence;
  }
}
