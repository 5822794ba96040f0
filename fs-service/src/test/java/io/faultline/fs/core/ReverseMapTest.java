package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The reverse map against a model that looks at every record. */
class ReverseMapTest {

  /** Records by start, as dumps have them: some long, many sharing. */
  private static List<MapRecord> records(Gen gen) {
    List<MapRecord> records = new ArrayList<>();
    long next = gen.below(5);
    for (int left = gen.below(8 * gen.size() + 2); left > 0; left--) {
      long count = 1 + (gen.onceIn(20) ? gen.below(5000) : gen.below(9));
      boolean file = !gen.onceIn(4);
      if (!file) {
        records.add(MapRecord.special(next, count, gen.pick(SpecialOwner.class)));
        next += count + (gen.flip() ? 0 : gen.below(7));
        continue;
      }
      int sharers = gen.onceIn(3) ? 1 + gen.below(4) : 1;
      long furthest = next + 1;
      for (int i = 0; i < sharers; i++) {
        long start = next + gen.below(3);
        long sectors = Math.max(1, count - gen.below(4));
        records.add(
            new MapRecord(
                start,
                sectors,
                null,
                1 + gen.below(10),
                sharers == 1 ? gen.pick(Fork.class) : Fork.DATA,
                10_000L * records.size(),
                false,
                gen.onceIn(5)));
        furthest = Math.max(furthest, start + sectors);
      }
      // At times the next ones lie over a long one: only a part of it is shared.
      next = gen.onceIn(6) ? next + 3 : furthest + gen.below(4);
    }
    records.sort(
        Comparator.comparingLong(MapRecord::startSector)
            .thenComparingLong(MapRecord::inode)
            .thenComparingLong(MapRecord::fileOffsetSectors));
    return records;
  }

  private static ReverseMap build(List<MapRecord> records) {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    records.forEach(builder::add);
    return builder.build(SpecialOwner.FREE_SPACE);
  }

  /** Who owns a sector, in a form that both sides can be brought into. */
  private static String describe(MapRecord record) {
    SpecialOwner special = record.special();
    return special != null
        ? special.kernelName()
        : record.inode()
            + " "
            + record.fork()
            + " "
            + (record.fork() == Fork.BMBT ? 0 : record.fileOffsetSectors())
            + " "
            + record.startSector()
            + "+"
            + record.sectorCount()
            + " "
            + record.unwritten();
  }

  @Test
  void everySectorHasTheOwnersOfTheModelAndGapsAreFree() {
    Seeds.forAll(
        2,
        gen -> {
          List<MapRecord> records = records(gen);
          ReverseMap map = build(records);
          long end = records.stream().mapToLong(MapRecord::endSector).max().orElse(0);
          assertThat(map.endSector()).isEqualTo(end);
          for (int i = 0; i < 40; i++) {
            long start = gen.between(0, end + 10);
            long stop = start + 1 + gen.below(30);
            TreeSet<String> expected = new TreeSet<>();
            for (long sector = start; sector < Math.min(stop, end); sector++) {
              boolean owned = false;
              for (MapRecord record : records) {
                boolean free = record.special() == SpecialOwner.FREE_SPACE;
                if (!free && record.startSector() <= sector && sector < record.endSector()) {
                  expected.add(describe(record));
                  owned = true;
                }
              }
              if (!owned) {
                expected.add(SpecialOwner.FREE_SPACE.kernelName());
              }
            }
            TreeSet<String> found = new TreeSet<>();
            List<Long> starts = new ArrayList<>();
            map.forEachOverlapping(
                start,
                stop,
                record -> {
                  found.add(describe(record.record()));
                  starts.add(record.startSector());
                  return true;
                });
            assertThat(found).as("%d to %d", start, stop).isEqualTo(expected);
            assertThat(starts).isSorted();
          }
        });
  }

  @Test
  void aFileHasTheExtentsOfTheModelByItsOffsets() {
    Seeds.forAll(
        2,
        gen -> {
          List<MapRecord> records = records(gen);
          ReverseMap map = build(records);
          for (long inode = 1; inode <= 11; inode++) {
            long wanted = inode;
            List<MapRecord> expected =
                records.stream()
                    .filter(record -> record.special() == null && record.inode() == wanted)
                    .sorted(
                        Comparator.comparing(MapRecord::fork)
                            .thenComparing(
                                record ->
                                    record.fork() == Fork.BMBT ? 0 : record.fileOffsetSectors()))
                    .toList();
            List<String> found = new ArrayList<>();
            map.forEachOf(
                inode,
                record -> {
                  found.add(describe(record.record()));
                  return true;
                });
            List<String> described = expected.stream().map(ReverseMapTest::describe).toList();
            assertThat(found).containsExactlyInAnyOrderElementsOf(described);
            long from = gen.between(0, 10_000L * records.size());
            long to = from + 1 + gen.below(20_000);
            List<String> inWindow = new ArrayList<>();
            map.forEachDataOf(
                inode,
                from,
                to,
                record -> {
                  inWindow.add(describe(record.record()));
                  return true;
                });
            assertThat(inWindow)
                .isSubsetOf(described)
                .containsExactlyElementsOf(
                    expected.stream()
                        .filter(record -> record.fork() == Fork.DATA)
                        .filter(record -> record.fileOffsetSectors() < to)
                        .filter(record -> record.fileOffsetSectors() + record.sectorCount() > from)
                        .map(ReverseMapTest::describe)
                        .toList());
          }
        });
  }

  @Test
  void whatSeveralRecordsOwnIsSharedAndNothingElse() {
    Seeds.forAll(
        2,
        gen -> {
          List<MapRecord> records = records(gen);
          ReverseMap map = build(records);
          List<MapRecord> owned =
              records.stream().filter(each -> each.special() != SpecialOwner.FREE_SPACE).toList();
          map.forEachOverlapping(
              0,
              map.endSector(),
              record -> {
                long owners =
                    owned.stream()
                        .filter(other -> other.startSector() < record.endSector())
                        .filter(other -> other.endSector() > record.startSector())
                        .count();
                assertThat(record.shared())
                    .as(record.record().toString())
                    .isEqualTo(record.isInode() && owners > 1);
                return true;
              });
        });
  }

  @Test
  void partsBringBackWhatWasPacked() {
    Seeds.forAll(
        2,
        gen -> {
          List<MapRecord> records = records(gen);
          PackedRecords packed = new PackedRecords();
          ReverseMap.Builder unpacked = new ReverseMap.Builder();
          for (MapRecord record : records) {
            packed.add(record);
            if (gen.onceIn(10)) {
              PackedRecords.unpack(packed.take(), unpacked);
            }
          }
          PackedRecords.unpack(packed.take(), unpacked);
          assertThat(unpacked.build(SpecialOwner.FREE_SPACE)).isEqualTo(build(records));
        });
  }

  @Test
  void recordsBeyondTwoTebibytesKeepTheirLength() {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    long huge = 5L << 32;
    builder.add(0, 8, SpecialOwner.STATIC_FS_METADATA);
    builder.add(8, huge, SpecialOwner.UNKNOWN);
    builder.add(8 + huge, 16, 130, Fork.DATA, 0, false, false);
    builder.add(100 + huge, (1L << 32) - 1, SpecialOwner.JOURNALLING_LOG);
    ReverseMap map = builder.build(SpecialOwner.FREE_SPACE);
    List<Long> counts = new ArrayList<>();
    map.forEachOverlapping(
        0,
        Long.MAX_VALUE,
        record -> {
          counts.add(record.sectorCount());
          return true;
        });
    assertThat(counts).containsExactly(8L, huge, 16L, 76L, (1L << 32) - 1);
  }

  @Test
  void aLongRecordIsFoundFromFarBehindItsStart() {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    builder.add(0, 1_000_000, 500, Fork.DATA, 0, true, false);
    for (int i = 1; i < 100_000; i++) {
      builder.add(10L * i, 5, 1000 + i % 7, Fork.DATA, 10L * i, true, false);
    }
    ReverseMap map = builder.build(SpecialOwner.FREE_SPACE);
    List<Long> inodes = new ArrayList<>();
    map.forEachOverlapping(
        999_991,
        999_992,
        record -> {
          inodes.add(record.inode());
          return true;
        });
    assertThat(inodes).hasSize(2).contains(500L);
  }

  @Test
  void pathsAreFoundBothWays() {
    Seeds.forAll(
        2,
        gen -> {
          PackedPaths packed = new PackedPaths();
          PathIndex index = new PathIndex();
          TreeMap<String, Long> model = new TreeMap<>();
          for (int i = gen.below(10 * gen.size() + 1); i > 0; i--) {
            String path = "/" + gen.name() + (gen.flip() ? "/ä b" : "");
            if (model.putIfAbsent(path, 1L + gen.below(9)) == null) {
              packed.add(model.get(path), path);
            }
            if (gen.onceIn(9)) {
              index.addPart(packed.take());
            }
          }
          index.addPart(packed.take());
          assertThat(index.size()).isEqualTo(model.size());
          model.forEach((path, inode) -> assertThat(index.inodeOf(path)).isEqualTo(inode));
          assertThat(index.inodeOf("/nobody/knows/it")).isZero();
          for (long inode = 1; inode < 11; inode++) {
            long wanted = inode;
            assertThat(index.pathsOf(inode))
                .containsExactlyElementsOf(
                    model.keySet().stream()
                        .filter(path -> model.get(path) == wanted)
                        .limit(PathIndex.MAX_PATHS_TOLD)
                        .toList());
          }
        });
  }
}
