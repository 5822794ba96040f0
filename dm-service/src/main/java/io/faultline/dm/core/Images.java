package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.events.Cause;
import io.faultline.ranges.Extents;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The bad sets below, seen through a table.
 *
 * <p>Where every sector hangs on one sector below, each fault has its image, whatever the others
 * do. Where it hangs on several, what is lost depends on all faults together, and is told of the
 * one that made it so: faults are taken in the order of their ids, which is that of their times,
 * and each has what is lost with it and all before it and was not lost without it.
 *
 * <pre>
 * leg 0, fault 1   |=========|
 * leg 1, fault 2        |=========|
 * told of fault 1  |rrrr|rrrr|            r redundancy lost
 * told of fault 2       |LLLL|rrrr|       L data lost
 * </pre>
 *
 * That a fault takes redundancy away it says of itself, whatever others do.
 */
final class Images {

  /** A fault without a name is what the table says itself: legs that are to be rebuilt. */
  static final String NO_FAULT = "";

  private Images() {}

  /**
   * @param stale what legs on a block device below missed, by fault
   */
  static BadSet of(Table table, Map<String, BadSet> below, Map<String, BadSet> stale) {
    return table.joint() ? joint(table, below, stale) : simple(table, below);
  }

  private static BadSet simple(Table table, Map<String, BadSet> below) {
    TreeMap<BadSet.Key, Map<String, Extents>> byFault = new TreeMap<>();
    TreeMap<BadSet.Key, Cause> causes = new TreeMap<>();
    below.forEach(
        (lower, bad) ->
            bad.entries()
                .forEach(
                    (key, entry) -> {
                      byFault
                          .computeIfAbsent(key, any -> new TreeMap<>())
                          .put(lower, entry.ranges());
                      causes.put(key, entry.cause());
                    }));
    BadSet image = new BadSet();
    byFault.forEach(
        (key, ranges) ->
            image.set(key, Objects.requireNonNull(causes.get(key)), table.lost(ranges)));
    return image;
  }

  private static BadSet joint(Table table, Map<String, BadSet> below, Map<String, BadSet> stale) {
    TreeSet<BadSet.Key> faults = new TreeSet<>();
    below.values().forEach(set -> set.entries().keySet().forEach(key -> faults.add(anyOf(key))));
    stale.values().forEach(set -> set.entries().keySet().forEach(key -> faults.add(anyOf(key))));
    BadSet image = new BadSet();
    Losses losses = new Losses(table, faults, below, stale);
    Map<String, Extents> allStale = new TreeMap<>();
    for (BadSet.Key fault : faults) {
      Map<String, Extents> bad = lossOf(fault, below);
      Map<String, Extents> missed = lossOf(fault, stale);
      Extents weakened = table.weakened(without(union(bad, missed), allStale));
      allStale = union(allStale, missed);
      losses.add(bad, missed);
      if (!fault.faultId().equals(NO_FAULT)) {
        Cause cause = Objects.requireNonNullElse(causeOf(fault, below, stale), Cause.MEDIA_ERROR);
        // What a map took away below stays the loss of a map.
        Effect effect =
            hasData(fault, below) || hasData(fault, stale)
                ? Effect.DATA_LOST
                : Effect.TARGET_FAILED;
        image.add(fault.with(Effect.TARGET_FAILED), cause, losses.newlyFailed());
        image.add(fault.with(effect), cause, losses.newlyLost());
        image.set(
            fault.with(Effect.REDUNDANCY_LOST),
            cause,
            weakened.union(weakImage(table, fault, below)));
      }
    }
    return image;
  }

  /** What is lost with one fault after another. */
  private static final class Losses {
    private final Table table;

    /** What is lost in the end; null where it does not help to know it. */
    private final @Nullable Extents atLast;

    private Map<String, Extents> bad = new TreeMap<>();
    private Map<String, Extents> stale = new TreeMap<>();
    private Extents lost = Extents.EMPTY;
    private Extents failed = Extents.EMPTY;
    private Extents newlyLost = Extents.EMPTY;
    private Extents newlyFailed = Extents.EMPTY;

    Losses(
        Table table,
        TreeSet<BadSet.Key> faults,
        Map<String, BadSet> below,
        Map<String, BadSet> stale) {
      this.table = table;
      atLast =
          table.losesBySupport() && faults.size() > 1
              ? Table.lossOf(table.answer(allLoss(below), allLoss(stale)))
              : null;
    }

    private static Map<String, Extents> allLoss(Map<String, BadSet> sets) {
      Map<String, Extents> loss = new TreeMap<>();
      sets.forEach((lower, set) -> loss.put(lower, set.loss()));
      return loss;
    }

    void add(Map<String, Extents> moreBad, Map<String, Extents> moreStale) {
      newlyLost = Extents.EMPTY;
      newlyFailed = Extents.EMPTY;
      if (atLast != null
          && table.supported(union(moreBad, moreStale)).intersect(atLast).isEmpty()) {
        // It has no part in anything that is lost in the end.
        return;
      }
      Map<Effect, Extents> image;
      if (table.additive()) {
        image = table.answer(moreBad);
      } else {
        bad = union(bad, moreBad);
        stale = union(stale, moreStale);
        image = table.answer(bad, stale);
      }
      newlyFailed = image.getOrDefault(Effect.TARGET_FAILED, Extents.EMPTY).subtract(failed);
      newlyLost = Table.lossOf(image).subtract(lost).subtract(newlyFailed);
      failed = failed.union(newlyFailed);
      lost = lost.union(newlyLost).union(newlyFailed);
    }

    Extents newlyLost() {
      return newlyLost;
    }

    Extents newlyFailed() {
      return newlyFailed;
    }
  }

  private static BadSet.Key anyOf(BadSet.Key key) {
    return key.with(Effect.DATA_LOST);
  }

  private static Map<String, Extents> lossOf(BadSet.Key fault, Map<String, BadSet> sets) {
    Map<String, Extents> loss = new TreeMap<>();
    sets.forEach(
        (lower, set) -> {
          Extents ranges = set.ranges(fault).union(set.ranges(fault.with(Effect.TARGET_FAILED)));
          if (!ranges.isEmpty()) {
            loss.put(lower, ranges);
          }
        });
    return loss;
  }

  private static boolean hasData(BadSet.Key fault, Map<String, BadSet> sets) {
    return sets.values().stream().anyMatch(set -> set.get(fault) != null);
  }

  private static @Nullable Cause causeOf(
      BadSet.Key fault, Map<String, BadSet> below, Map<String, BadSet> stale) {
    Cause cause = null;
    for (Effect effect : Effect.values()) {
      for (Map<String, BadSet> sets : List.of(below, stale)) {
        for (BadSet set : sets.values()) {
          BadSet.Entry entry = set.get(fault.with(effect));
          if (entry != null && cause == null) {
            cause = entry.cause();
          }
        }
      }
    }
    return cause;
  }

  /** Redundancy that a volume below has lost is redundancy lost here, for those sectors. */
  private static Extents weakImage(Table table, BadSet.Key fault, Map<String, BadSet> below) {
    Map<String, Extents> weak = new TreeMap<>();
    below.forEach(
        (lower, set) -> {
          Extents ranges = set.ranges(fault.with(Effect.REDUNDANCY_LOST));
          if (!ranges.isEmpty()) {
            weak.put(lower, ranges.subtract(set.loss()));
          }
        });
    return weak.isEmpty() ? Extents.EMPTY : table.supported(weak);
  }

  static Map<String, Extents> without(Map<String, Extents> some, Map<String, Extents> others) {
    Map<String, Extents> left = new TreeMap<>();
    some.forEach(
        (lower, ranges) ->
            left.put(lower, ranges.subtract(others.getOrDefault(lower, Extents.EMPTY))));
    return left;
  }

  private static Map<String, Extents> union(Map<String, Extents> one, Map<String, Extents> other) {
    Map<String, Extents> both = new TreeMap<>(one);
    other.forEach((lower, ranges) -> both.merge(lower, ranges, Extents::union));
    return both;
  }
}
