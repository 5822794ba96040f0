package io.faultline.dm.core;

import io.faultline.dm.core.target.Effect;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What every volume above would suffer if sectors of a device or volume were bad, and would not if
 * they were good. Where redundancy is at stake that depends on what else is bad already.
 */
final class WhatIf {

  private final Draft draft;
  private final Told told;
  private final String origin;
  private final Extents asked;

  /** What could not be read of each block device, with what is asked for and without it. */
  private final Map<String, Extents> with = new TreeMap<>();

  private final Map<String, Extents> without = new TreeMap<>();

  /** What would still be read right, but from fewer copies. */
  private final Map<String, Extents> weak = new TreeMap<>();

  WhatIf(Draft draft, String origin, Extents asked) {
    this.draft = draft;
    this.told = new Told(draft);
    this.origin = origin;
    this.asked = asked;
  }

  List<Answers.Touched> touched() {
    // Where nothing is redundant what is bad already changes nothing.
    boolean stateMatters = draft.topology().isBelowJoint(origin);
    Extents now = stateMatters ? told.of(origin).loss() : Extents.EMPTY;
    with.put(origin, now.union(asked));
    without.put(origin, now.subtract(asked));
    List<Answers.Touched> touched = new ArrayList<>();
    for (String volume : draft.topology().allAbove(origin)) {
      suffer(volume, stateMatters, touched);
    }
    return touched;
  }

  private void suffer(String volume, boolean stateMatters, List<Answers.Touched> touched) {
    Table table = draft.live(volume);
    Map<String, Extents> badWith = new TreeMap<>();
    Map<String, Extents> badWithout = new TreeMap<>();
    Map<String, Extents> newlyBad = new TreeMap<>();
    Map<String, Extents> newlyWeak = new TreeMap<>();
    for (String lower : table.below()) {
      Extents bad = with.get(lower);
      if (bad == null) {
        if (stateMatters) {
          Extents now = told.of(lower).loss();
          badWith.put(lower, now);
          badWithout.put(lower, now);
        }
        continue;
      }
      Extents good = without.getOrDefault(lower, Extents.EMPTY);
      badWith.put(lower, bad);
      badWithout.put(lower, good);
      put(newlyBad, lower, bad.subtract(good));
      put(newlyWeak, lower, weak.getOrDefault(lower, Extents.EMPTY));
    }
    Map<String, Extents> stale = new Stale(draft, volume, table).loss();
    Map<Effect, Extents> after = table.answer(badWith, stale);
    Map<Effect, Extents> before =
        badWithout.values().stream().allMatch(Extents::isEmpty) && stale.isEmpty()
            ? Map.of()
            : table.answer(badWithout, stale);
    Extents lostBefore = Table.lossOf(before);
    with.put(volume, Table.lossOf(after));
    without.put(volume, lostBefore);
    Extents lost = of(after, Effect.DATA_LOST).subtract(lostBefore);
    Extents failed = of(after, Effect.TARGET_FAILED).subtract(of(before, Effect.TARGET_FAILED));
    Extents fewer =
        table
            .weakened(Images.without(newlyBad, stale))
            .union(table.supported(newlyWeak))
            .subtract(Table.lossOf(after));
    weak.put(volume, fewer);
    add(touched, volume, Effect.DATA_LOST, table.shown(lost));
    add(touched, volume, Effect.TARGET_FAILED, table.shown(failed));
    add(touched, volume, Effect.REDUNDANCY_LOST, table.shown(fewer));
  }

  private static Extents of(Map<Effect, Extents> image, Effect effect) {
    return image.getOrDefault(effect, Extents.EMPTY);
  }

  private static void put(Map<String, Extents> to, String lower, Extents ranges) {
    if (!ranges.isEmpty()) {
      to.put(lower, ranges);
    }
  }

  private static void add(
      List<Answers.Touched> touched, String volume, Effect effect, Extents ranges) {
    if (!ranges.isEmpty()) {
      touched.add(new Answers.Touched(volume, ranges.toPairs(), effect.word()));
    }
  }
}
