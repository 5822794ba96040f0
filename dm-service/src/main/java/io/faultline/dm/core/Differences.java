package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.events.Cause;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What must be told so that those who know one bad set know another one. Every fault is told of by
 * its name.
 */
final class Differences {

  private Differences() {}

  /** A volume whose table came or changed tells what that makes bad and what it makes good. */
  static void tellOfVolume(Draft draft, String volume, BadSet before, BadSet after) {
    new Telling(draft, volume, before).fromVolume(after, changes(draft, before, after, List.of()));
  }

  /** A leaf device becomes known as it is; those above hear what they had not. */
  static void tellOfDevice(Draft draft, String device, BadSet before, BadSet after) {
    String prefix = Keys.badOfDevice(device);
    before
        .entries()
        .forEach(
            (key, entry) -> {
              Extents gone = entry.ranges().subtract(after.ranges(key));
              Telling telling = new Telling(draft, device);
              BadSet.write(draft, prefix, key, entry.cause(), entry.ranges(), after.ranges(key));
              if (!gone.isEmpty()) {
                tell(telling, device, News.Kind.RECOVERED, key, entry.cause(), gone);
              }
            });
    after
        .entries()
        .forEach(
            (key, entry) -> {
              Extents newly = entry.ranges().subtract(before.ranges(key));
              Telling telling = new Telling(draft, device);
              if (before.get(key) == null) {
                BadSet.write(draft, prefix, key, entry.cause(), Extents.EMPTY, entry.ranges());
              }
              if (!newly.isEmpty()) {
                tell(telling, device, News.Kind.CORRUPTED, key, entry.cause(), newly);
              }
            });
  }

  private static void tell(
      Telling telling, String device, News.Kind kind, BadSet.Key key, Cause cause, Extents ranges) {
    telling.fromDevice(news(kind, key, cause, Origin.of(device, ranges), null), ranges, Map.of());
  }

  /**
   * What leads from one set to the other, for everybody who takes it in as {@link BadSet#apply}
   * does. What is not bad any more comes first: a sector that passed from one fault to another is
   * bad at the end. That redundancy is lost is said only where data is not lost, and again where
   * data is not lost any more.
   *
   * @param triggers what was heard; recovered media errors go on as what they were recovered with
   */
  static List<Change> changes(Draft draft, BadSet before, BadSet after, List<News> triggers) {
    List<Change> changes = new ArrayList<>();
    BadSet known = before.copy();
    Extents lostAfter = after.loss();
    for (News trigger : triggers) {
      recovered(trigger, known, after, lostAfter, changes);
    }
    for (BadSet.Key key : List.copyOf(known.entries().keySet())) {
      BadSet.Entry entry = known.get(key);
      Extents gone = known.ranges(key).subtract(after.ranges(key));
      if (entry != null && !gone.isEmpty()) {
        tell(draft, News.Kind.RECOVERED, key, entry.cause(), gone, triggers, known, changes);
      }
    }
    Extents lostBefore = before.loss();
    after
        .entries()
        .forEach(
            (key, entry) -> {
              if (key.effect().isLoss()) {
                Extents newly = entry.ranges().subtract(known.ranges(key));
                tell(
                    draft,
                    News.Kind.CORRUPTED,
                    key,
                    entry.cause(),
                    newly,
                    triggers,
                    known,
                    changes);
              }
            });
    after
        .entries()
        .forEach(
            (key, entry) -> {
              if (key.effect() == Effect.REDUNDANCY_LOST) {
                Extents told = known.ranges(key).subtract(lostBefore);
                Extents newly = entry.ranges().subtract(lostAfter).subtract(told);
                tell(
                    draft,
                    News.Kind.REDUNDANCY_LOST,
                    key,
                    entry.cause(),
                    newly,
                    triggers,
                    known,
                    changes);
              }
            });
    return changes;
  }

  /** What media errors left, told as it was heard: rewritten or zeroed, whatever the fault. */
  private static void recovered(
      News trigger, BadSet known, BadSet after, Extents lostAfter, List<Change> changes) {
    RecoveredData data = trigger.data();
    if (trigger.kind() != News.Kind.RECOVERED || data == null || data == RecoveredData.RETURNED) {
      return;
    }
    Extents.Builder all = Extents.builder();
    known
        .entries()
        .forEach(
            (key, entry) -> {
              if (BadSet.isHealed(key, entry, data)) {
                all.addAll(entry.ranges().subtract(after.ranges(key)));
              }
            });
    Extents gone = all.build().subtract(lostAfter);
    if (!gone.isEmpty()) {
      known.apply(trigger, gone);
      changes.add(new Change(trigger, gone));
    }
  }

  private static void tell(
      Draft draft,
      News.Kind kind,
      BadSet.Key key,
      Cause cause,
      Extents ranges,
      List<News> triggers,
      BadSet known,
      List<Change> changes) {
    if (!ranges.isEmpty()) {
      BadSet.Entry fault = BadSet.readOne(draft, key.leaf(), key.faultId());
      Origin origin = fault == null ? null : Origin.of(key.leaf(), fault.ranges());
      News news = news(kind, key, cause, origin, triggerOf(kind, key, triggers));
      known.apply(news, ranges);
      changes.add(new Change(news, ranges));
    }
  }

  /** The news of the same fault that was heard, if this follows from it. */
  private static @Nullable News triggerOf(News.Kind kind, BadSet.Key key, List<News> triggers) {
    for (News trigger : triggers) {
      boolean sameFault = Objects.equals(trigger.faultId(), key.faultId());
      if (sameFault && (kind == News.Kind.RECOVERED) == (trigger.kind() == News.Kind.RECOVERED)) {
        return trigger;
      }
    }
    return triggers.isEmpty() ? null : triggers.getFirst();
  }

  private static News news(
      News.Kind kind,
      BadSet.Key key,
      Cause cause,
      @Nullable Origin origin,
      @Nullable News trigger) {
    boolean same = trigger != null && Objects.equals(trigger.faultId(), key.faultId());
    return new News(
        kind,
        key.faultId(),
        trigger == null ? null : trigger.causationId(),
        cause,
        kind == News.Kind.CORRUPTED && key.effect() == Effect.TARGET_FAILED,
        key.leaf(),
        same && trigger.leaf().equals(key.leaf()) && trigger.origin() != null
            ? trigger.origin()
            : origin,
        cause == Cause.DEVICE_REMOVED,
        kind == News.Kind.RECOVERED ? RecoveredData.RETURNED : null,
        null,
        null,
        same && kind == News.Kind.CORRUPTED ? trigger.consumedBy() : null);
  }
}
