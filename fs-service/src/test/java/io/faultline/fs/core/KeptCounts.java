package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Looks at a filesystem from inside: counts that are kept must be what counting gives. */
record KeptCounts(FsState state, String name) {

  void check() {
    FsFact.Filesystem filesystem = Objects.requireNonNull(state.filesystems.get(name));
    Contents contents = Objects.requireNonNull(state.contentsOf(filesystem));
    Geometry geometry = Objects.requireNonNull(contents.disk()).geometry();
    ReverseMap map = state.map(filesystem, Role.DATA);
    long[] covered = {0};
    map.forEachOverlapping(
        0,
        geometry.sectors(),
        record -> {
          assertThat(record.startSector() % geometry.blockSectors()).isZero();
          assertThat(record.sectorCount() % geometry.blockSectors()).isZero();
          boolean overlaps = record.startSector() < covered[0];
          assertThat(overlaps && (!record.isInode() || record.fork() != Fork.DATA)).isFalse();
          covered[0] = Math.max(covered[0], record.endSector());
          return true;
        });
    assertThat(covered[0]).isEqualTo(geometry.sectors());
    for (int ag = 0; ag < geometry.agCount(); ag++) {
      GroupTally kept = contents.tally(geometry, ag);
      GroupTally counted = Tallying.of(map, geometry.agStart(ag), geometry.agEnd(ag));
      assertThat(counts(kept)).as("group " + ag).isEqualTo(counts(counted));
    }
    ReverseMap realtime = contents.map(Role.REALTIME);
    List<ReverseMap> maps = realtime == null ? List.of(map) : List.of(map, realtime);
    contents.inodes.forEach(
        (number, inode) -> {
          List<Long> found = new ArrayList<>(List.of(0L, 0L, 0L));
          for (ReverseMap each : maps) {
            each.forEachOf(
                number,
                record -> {
                  int fork = record.fork().ordinal();
                  long by =
                      record.fork() == Fork.DATA
                          ? 1
                          : record.sectorCount() / geometry.blockSectors();
                  found.set(fork, found.get(fork) + by);
                  return true;
                });
          }
          assertThat(found)
              .as("inode " + number)
              .containsExactly(inode.dataExtents(), inode.attrBlocks(), inode.bmbtBlocks());
        });
  }

  private static List<Long> counts(GroupTally tally) {
    List<Long> counts =
        new ArrayList<>(
            List.of(tally.records, tally.freeExtents, tally.freeSectors, tally.refcounts));
    for (SpecialOwner owner : SpecialOwner.values()) {
      counts.add(tally.sectorsOf(owner));
    }
    return counts;
  }
}
