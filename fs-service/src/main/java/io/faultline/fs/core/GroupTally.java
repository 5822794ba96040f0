package io.faultline.fs.core;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an allocation group has of everything that its btrees have a record for, and which blocks
 * those trees own.
 */
final class GroupTally {

  long records;
  long freeExtents;
  long freeSectors;
  long refcounts;

  /** Stretches of the trees and of inodes: start and count. */
  private final Map<SpecialOwner, TreeMap<Long, Long>> blocks = new EnumMap<>(SpecialOwner.class);

  private final Map<SpecialOwner, Long> sectors = new EnumMap<>(SpecialOwner.class);

  /** What a change makes of it starts out as it is; its stretches stay here. */
  GroupTally copyOfCounts() {
    GroupTally copy = new GroupTally();
    copy.records = records;
    copy.freeExtents = freeExtents;
    copy.freeSectors = freeSectors;
    copy.refcounts = refcounts;
    copy.sectors.putAll(sectors);
    return copy;
  }

  /** A record came ({@code by} 1) or went (-1). */
  void count(MapRecord record, int by) {
    records += by;
    SpecialOwner special = record.special();
    if (special == null) {
      return;
    }
    sectors.merge(special, by * record.sectorCount(), Long::sum);
    TreeMap<Long, Long> stretches = blocks.computeIfAbsent(special, s -> new TreeMap<>());
    if (by > 0) {
      stretches.put(record.startSector(), record.sectorCount());
    } else {
      stretches.remove(record.startSector());
    }
  }

  void shift(Neighbourhood before, Neighbourhood after) {
    freeExtents += after.freeExtents() - before.freeExtents();
    freeSectors += after.freeSectors() - before.freeSectors();
    refcounts += after.refcounts() - before.refcounts();
  }

  long sectorsOf(SpecialOwner owner) {
    return sectors.getOrDefault(owner, 0L);
  }

  /** Stretches of an owner by their starts. */
  TreeMap<Long, Long> stretchesOf(SpecialOwner owner) {
    return blocks.getOrDefault(owner, new TreeMap<>());
  }
}
