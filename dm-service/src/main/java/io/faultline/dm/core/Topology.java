package io.faultline.dm.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Who stands on whom, by live tables. There are no cycles: a table that would close one is refused.
 */
final class Topology {

  private final Map<String, Integer> levels = new HashMap<>();
  private final Map<String, Set<String>> above = new HashMap<>();
  private final List<String> upwards;

  /** Volumes that have a joint target. */
  private final Set<String> joint = new HashSet<>();

  /** Devices and volumes with a joint one somewhere above. */
  private final Set<String> belowJoint = new HashSet<>();

  Topology(SortedMap<String, Table> live) {
    live.forEach(
        (volume, table) -> {
          for (String lower : table.below()) {
            above.computeIfAbsent(lower, any -> new TreeSet<>()).add(volume);
          }
        });
    for (String volume : live.keySet()) {
      level(volume, live);
    }
    upwards = new ArrayList<>(live.keySet());
    upwards.sort(Comparator.comparing(this::levelOf).thenComparing(Comparator.naturalOrder()));
    for (String volume : upwards) {
      if (Objects.requireNonNull(live.get(volume)).joint()) {
        joint.add(volume);
      }
    }
    for (String volume : upwards.reversed()) {
      if (joint.contains(volume) || belowJoint.contains(volume)) {
        belowJoint.addAll(Objects.requireNonNull(live.get(volume)).below());
      }
    }
  }

  /** Whether what a volume tells must be worked out from everything that is bad below it. */
  boolean isJoint(String block) {
    return joint.contains(block);
  }

  /** Whether such a volume stands on it, directly or not. */
  boolean isBelowJoint(String block) {
    return belowJoint.contains(block);
  }

  private int level(String block, SortedMap<String, Table> live) {
    Table table = live.get(block);
    if (table == null) {
      return 0;
    }
    Integer known = levels.get(block);
    if (known != null) {
      return known;
    }
    int highest = 0;
    for (String lower : table.below()) {
      highest = Math.max(highest, level(lower, live));
    }
    levels.put(block, highest + 1);
    return highest + 1;
  }

  /** 0 for a device, else one more than the highest of those below. */
  int levelOf(String block) {
    return levels.getOrDefault(block, 0);
  }

  /** The volumes that stand on it directly, by name. */
  Set<String> directlyAbove(String block) {
    return above.getOrDefault(block, Set.of());
  }

  /** Every volume above it, the lower ones first, those of a level by name. */
  List<String> allAbove(String block) {
    Set<String> found = new TreeSet<>();
    List<String> open = new ArrayList<>(directlyAbove(block));
    while (!open.isEmpty()) {
      String volume = open.removeLast();
      if (found.add(volume)) {
        open.addAll(directlyAbove(volume));
      }
    }
    return upwards.stream().filter(found::contains).toList();
  }

  /** In this order every volume comes after all that it stands on. */
  Comparator<String> upwards() {
    return Comparator.comparing(this::levelOf).thenComparing(Comparator.naturalOrder());
  }
}
