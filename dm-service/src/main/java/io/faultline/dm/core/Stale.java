package io.faultline.dm.core;

import io.faultline.events.Cause;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the legs of a redundant volume missed: it is as good as bad there until the volume is
 * resynchronised. A leg that was healed by zeroing missed what stood there. A leg whose device left
 * missed what was written since, unless the volume could not go on without it. A leg that was
 * written anew, be it through the volume or by a repair, is in step.
 */
final class Stale {

  private final Draft draft;
  private final String volume;
  private final Table table;
  private final Map<String, BadSet> sets = new TreeMap<>();

  Stale(Draft draft, String volume, Table table) {
    this.draft = draft;
    this.volume = volume;
    this.table = table;
    if (table.redundant()) {
      for (String lower : table.below()) {
        sets.put(lower, BadSet.read(draft, Keys.stale(volume, lower)));
      }
    }
  }

  /** By block device below. */
  Map<String, BadSet> sets() {
    return sets;
  }

  /** By block device below, whatever the fault. */
  Map<String, Extents> loss() {
    Map<String, Extents> loss = new TreeMap<>();
    sets.forEach((lower, set) -> loss.put(lower, set.loss()));
    return loss;
  }

  boolean isEmpty() {
    return sets.values().stream().allMatch(set -> set.entries().isEmpty());
  }

  /**
   * Something below was healed.
   *
   * @param heardBefore what was bad below until now
   */
  void recovered(Map<String, List<Change>> below, Map<String, BadSet> heardBefore) {
    below.forEach(
        (lower, changes) -> {
          for (Change change : changes) {
            BadSet set = sets.get(lower);
            if (set == null || change.news().kind() != News.Kind.RECOVERED) {
              continue;
            }
            if (change.news().data() == RecoveredData.REWRITTEN) {
              written(lower, set, change.ranges());
            } else if (change.news().data() == RecoveredData.ZEROED) {
              zeroed(lower, set, change.ranges(), heardBefore.get(lower));
            }
          }
        });
  }

  private void written(String lower, BadSet set, Extents ranges) {
    for (BadSet.Key key : List.copyOf(set.entries().keySet())) {
      put(lower, set, key, Cause.MEDIA_ERROR, set.ranges(key).subtract(ranges));
    }
  }

  private void zeroed(String lower, BadSet set, Extents ranges, BadSet bad) {
    Extents ofLegs = table.redundantLegs(lower, ranges);
    bad.entries()
        .forEach(
            (key, entry) -> {
              if (entry.cause() == Cause.MEDIA_ERROR && key.effect().isLoss()) {
                Extents missed = entry.ranges().intersect(ofLegs);
                BadSet.Key fault = new BadSet.Key(key.leaf(), key.faultId());
                put(lower, set, fault, entry.cause(), set.ranges(fault).union(missed));
              }
            });
  }

  /**
   * Something below left.
   *
   * @param lost what the volume has lost now
   * @return whether a leg missed something by that
   */
  boolean leftBehind(Map<String, List<Change>> below, Extents lost) {
    boolean[] missedSomething = new boolean[1];
    below.forEach(
        (lower, changes) -> {
          for (Change change : changes) {
            BadSet set = sets.get(lower);
            News news = change.news();
            if (set != null
                && news.kind() == News.Kind.CORRUPTED
                && news.cause() == Cause.DEVICE_REMOVED) {
              Extents missed = table.goesOnWithout(lower, change.ranges(), lost);
              BadSet.Key fault = new BadSet.Key(news.leaf(), String.valueOf(news.faultId()));
              missedSomething[0] |= !missed.isEmpty();
              put(lower, set, fault, news.cause(), set.ranges(fault).union(missed));
            }
          }
        });
    return missedSomething[0];
  }

  /** Legs that the table says are to be rebuilt. */
  void begin() {
    for (String lower : table.below()) {
      BadSet set = sets.get(lower);
      Extents rebuilt = table.outOfStep(lower);
      if (set != null && !rebuilt.isEmpty()) {
        put(lower, set, new BadSet.Key(lower, Images.NO_FAULT), Cause.MEDIA_ERROR, rebuilt);
      }
    }
  }

  /** Another table: what is no leg of a redundant target any more is forgotten. */
  static void moved(Draft draft, String volume, Table old, Table table) {
    for (String lower : old.below()) {
      BadSet set = BadSet.read(draft, Keys.stale(volume, lower));
      BadSet kept = new BadSet();
      set.entries()
          .forEach(
              (key, entry) -> {
                boolean ofTable = key.faultId().equals(Images.NO_FAULT);
                if (!ofTable) {
                  kept.set(key, entry.cause(), table.redundantLegs(lower, entry.ranges()));
                }
              });
      kept.replaceAll(draft, Keys.stale(volume, lower));
    }
    new Stale(draft, volume, table).begin();
  }

  /**
   * A leg has these sectors again.
   *
   * @return whether it had missed any of them
   */
  boolean copied(String lower, Extents ranges) {
    BadSet set = sets.get(lower);
    if (set == null || set.loss().intersect(ranges).isEmpty()) {
      return false;
    }
    written(lower, set, ranges);
    return true;
  }

  /** A leg does not have what was written there, and others do. */
  void missed(String lower, Extents ranges) {
    BadSet set = sets.get(lower);
    if (set != null) {
      BadSet.Key key = new BadSet.Key(lower, Images.NO_FAULT);
      put(lower, set, key, Cause.MEDIA_ERROR, set.ranges(key).union(ranges));
    }
  }

  private void put(String lower, BadSet set, BadSet.Key key, Cause cause, Extents ranges) {
    Extents before = set.ranges(key);
    if (!before.equals(ranges)) {
      BadSet.Entry known = set.get(key);
      Cause told = known == null ? cause : known.cause();
      BadSet.write(draft, Keys.stale(volume, lower), key, told, before, ranges);
      set.set(key, told, ranges);
    }
  }
}
