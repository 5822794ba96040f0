package io.faultline.dm.core;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What devices and volumes have told, worked out from the leaves up and remembered for as long as
 * the draft does not change. Some of it may be given instead of being worked out: how it was before
 * a step, or how far a resumed volume has got.
 */
final class Told {

  private final Draft draft;
  private final Map<String, BadSet> known = new HashMap<>();

  Told(Draft draft) {
    this.draft = draft;
  }

  /** From here on that block device has told this. */
  Told given(String block, BadSet told) {
    known.put(block, told);
    return this;
  }

  BadSet of(String block) {
    BadSet before = known.get(block);
    if (before != null) {
      return before;
    }
    BadSet told =
        draft.isVolume(block)
            ? image(block, draft.live(block))
            : BadSet.read(draft, Keys.badOfDevice(block));
    known.put(block, told);
    return told;
  }

  /** What a volume would have told with this table. */
  BadSet image(String volume, Table table) {
    Map<String, BadSet> below = new TreeMap<>();
    Map<String, BadSet> stale = new TreeMap<>();
    for (String lower : table.below()) {
      below.put(lower, heard(volume, lower));
      stale.put(lower, stale(volume, lower));
    }
    return Images.of(table, below, stale);
  }

  BadSet heard(String volume, String lower) {
    DmFact.Volume fact = draft.volume(volume);
    return fact != null && fact.suspended()
        ? BadSet.read(draft, Keys.badAsHeard(volume, lower))
        : of(lower);
  }

  private BadSet stale(String volume, String lower) {
    return BadSet.read(draft, Keys.stale(volume, lower));
  }
}
