package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A reverse map that changes, against a list that is searched from end to end. */
class ReverseMapChangesTest {

  private static final Comparator<MapRecord> BY_START =
      Comparator.comparingLong(MapRecord::startSector)
          .thenComparingLong(ReverseMapChangesTest::specialsFirst)
          .thenComparingLong(MapRecord::inode)
          .thenComparingLong(MapRecord::fileOffsetSectors)
          .thenComparing(MapRecord::fork)
          .thenComparingLong(MapRecord::sectorCount);

  private static long specialsFirst(MapRecord record) {
    SpecialOwner special = record.special();
    return special == null ? 0 : ~special.ordinal();
  }

  private static final Comparator<MapRecord> BY_FILE =
      Comparator.comparing(MapRecord::fork)
          .thenComparingLong(MapRecord::fileOffsetSectors)
          .thenComparingLong(MapRecord::startSector)
          .thenComparingLong(MapRecord::sectorCount);

  /** A map of a device and the list of what must be in it. */
  private static final class Both {
    final Gen gen;
    final long sectors;
    final List<MapRecord> model = new ArrayList<>();
    final ReverseMap map;
    private long nextOffset;

    Both(Gen gen) {
      this.gen = gen;
      // Now crowded, so that much is shared, now with room.
      sectors = 64 + gen.size() * gen.pick(10L, 100L, 3000L);
      map = ReverseMap.of(sectors, SpecialOwner.FREE_SPACE);
    }

    void change() {
      switch (gen.below(12)) {
        case 0, 1, 2, 3 -> removeOne();
        case 4 -> {
          if (gen.onceIn(5)) {
            removeFile();
          }
        }
        default -> insertOne();
      }
    }

    private void insertOne() {
      long count = Math.min(sectors, 1 + (gen.onceIn(50) ? gen.below(5000) : gen.below(16)));
      long start = gen.between(0, sectors - count);
      MapRecord record =
          gen.onceIn(6)
              ? MapRecord.special(start, count, gen.pick(SpecialOwner.INODES, SpecialOwner.UNKNOWN))
              : new MapRecord(
                  start,
                  count,
                  null,
                  gen.onceIn(20) ? 1L << 40 : 128 + gen.below(20),
                  gen.onceIn(8) ? gen.pick(Fork.ATTR, Fork.DATA) : Fork.DATA,
                  nextOffset,
                  false,
                  gen.onceIn(5));
      if (gen.onceIn(10) && record.special() == null) {
        record = bmbt(record);
      }
      // Data of a file do not overlap, but offsets come in any order.
      nextOffset = (nextOffset + 7919 * 5000L) % (100_003 * 5000L);
      model.add(record);
      map.insert(record);
      if (gen.onceIn(40)) {
        model.add(record);
        map.insert(record);
      }
    }

    private static MapRecord bmbt(MapRecord record) {
      return new MapRecord(
          record.startSector(),
          record.sectorCount(),
          null,
          record.inode(),
          Fork.BMBT,
          0,
          false,
          false);
    }

    private void removeOne() {
      if (!model.isEmpty()) {
        map.remove(model.remove(gen.below(model.size())));
      }
    }

    private void removeFile() {
      long inode = 128 + gen.below(20);
      int before = model.size();
      model.removeIf(record -> record.special() == null && record.inode() == inode);
      assertThat(map.removeAllOf(inode)).isEqualTo(before - model.size());
    }

    boolean isShared(MapRecord record) {
      return record.special() == null
          && overlapping(record.startSector(), record.endSector()).size() > 1;
    }

    List<MapRecord> overlapping(long start, long end) {
      return model.stream()
          .filter(record -> record.startSector() < end && record.endSector() > start)
          .sorted(BY_START)
          .toList();
    }

    MapRecord told(MapRecord record) {
      return new MapRecord(
          record.startSector(),
          record.sectorCount(),
          record.special(),
          record.inode(),
          record.fork(),
          record.fileOffsetSectors(),
          isShared(record),
          record.unwritten());
    }

    Extents owned() {
      Extents.Builder owned = Extents.builder();
      model.forEach(record -> owned.add(record.startSector(), record.sectorCount()));
      return owned.build();
    }
  }

  @Test
  void everyRangeHasTheOwnersOfTheListAfterEveryChange() {
    Seeds.forAll(
        1,
        gen -> {
          Both both = new Both(gen);
          for (int i = 0; i < 30 * gen.size(); i++) {
            both.change();
            if (gen.onceIn(10)) {
              checkRange(both);
            }
          }
          checkRange(both, 0, both.sectors);
          assertThat(both.map.size()).isEqualTo(both.model.size());
        });
  }

  private static void checkRange(Both both) {
    long start = both.gen.between(0, both.sectors - 1);
    checkRange(both, start, Math.min(both.sectors, start + 1 + both.gen.below(40)));
  }

  private static void checkRange(Both both, long start, long end) {
    List<MapRecord> found = new ArrayList<>();
    List<MapRecord> free = new ArrayList<>();
    List<Long> starts = new ArrayList<>();
    both.map.forEachOverlapping(
        start,
        end,
        cursor -> {
          MapRecord record = cursor.record();
          (record.special() == SpecialOwner.FREE_SPACE ? free : found).add(record);
          starts.add(record.startSector());
          return true;
        });
    assertThat(found)
        .as("%d to %d", start, end)
        .isEqualTo(both.overlapping(start, end).stream().map(both::told).toList());
    Extents unowned = Extents.of(start, end - start).subtract(both.owned());
    assertThat(free)
        .isEqualTo(
            unowned.toList().stream()
                .map(
                    range ->
                        MapRecord.special(
                            range.startSector(), range.sectorCount(), SpecialOwner.FREE_SPACE))
                .toList());
    assertThat(starts).isSorted();
  }

  @Test
  void everyFileHasTheExtentsOfTheListAfterEveryChange() {
    Seeds.forAll(
        1,
        gen -> {
          Both both = new Both(gen);
          for (int i = 0; i < 30 * gen.size(); i++) {
            both.change();
            if (gen.onceIn(20)) {
              checkFile(both, 128 + gen.below(21));
            }
          }
          checkFile(both, 1L << 40);
        });
  }

  private static void checkFile(Both both, long inode) {
    List<MapRecord> expected =
        both.model.stream()
            .filter(record -> record.special() == null && record.inode() == inode)
            .sorted(BY_FILE)
            .map(both::told)
            .toList();
    List<MapRecord> found = new ArrayList<>();
    both.map.forEachOf(inode, cursor -> found.add(cursor.record()));
    assertThat(found).isEqualTo(expected);
    long from = both.gen.below(1_000_000);
    long to = from + 1 + both.gen.below(1_000_000);
    List<MapRecord> data = new ArrayList<>();
    both.map.forEachDataOf(inode, from, to, cursor -> data.add(cursor.record()));
    assertThat(data)
        .as("inode %d from %d to %d", inode, from, to)
        .containsExactlyInAnyOrderElementsOf(
            expected.stream()
                .filter(record -> record.fork() == Fork.DATA && record.fileOffsetSectors() < to)
                .filter(record -> record.fileOffsetSectors() + record.sectorCount() > from)
                .toList());
  }

  @Test
  void theNextFreeSpaceIsThatOfTheList() {
    Seeds.forAll(
        1,
        gen -> {
          Both both = new Both(gen);
          for (int i = 0; i < 20 * gen.size(); i++) {
            both.change();
            if (gen.onceIn(5)) {
              checkGap(both);
            }
          }
        });
  }

  private static void checkGap(Both both) {
    Gen gen = both.gen;
    long from = gen.between(0, both.sectors);
    long end = gen.flip() ? both.sectors : gen.between(0, both.sectors);
    long align = gen.pick(1L, 2L, 8L, 128L);
    long least = align * (1 + gen.below(5));
    Extents avoid = gen.flip() ? Extents.EMPTY : Extents.ofPairs(gen.pairs(all(both)));
    assertThat(both.map.findFree(from, end, least, align, avoid))
        .as("from %d to %d, %d at %d, not %s", from, end, least, align, avoid)
        .isEqualTo(firstFree(both, from, end, least, align, avoid));
  }

  private static SectorRange all(Both both) {
    return new SectorRange(0, both.sectors);
  }

  private static @Nullable SectorRange firstFree(
      Both both, long from, long end, long least, long align, Extents avoid) {
    if (from >= end) {
      return null;
    }
    Extents free = Extents.of(from, end - from).subtract(both.owned()).subtract(avoid);
    for (SectorRange range : free.roundIn(align).toList()) {
      if (range.sectorCount() >= least) {
        return range;
      }
    }
    return null;
  }

  @Test
  void mapsWithTheSameRecordsAreEqualHoweverTheyCameToThem() {
    Seeds.forAll(
        1,
        gen -> {
          Both both = new Both(gen);
          for (int i = 0; i < 30 * gen.size(); i++) {
            both.change();
          }
          ReverseMap inserted = ReverseMap.of(both.sectors, SpecialOwner.FREE_SPACE);
          List<MapRecord> left = new ArrayList<>(both.model);
          while (!left.isEmpty()) {
            inserted.insert(left.remove(gen.below(left.size())));
          }
          assertThat(inserted).isEqualTo(both.map).hasSameHashCodeAs(both.map);
          ReverseMap.Builder builder = new ReverseMap.Builder();
          both.model.stream().sorted(BY_START).forEach(builder::add);
          ReverseMap built = builder.build(SpecialOwner.FREE_SPACE);
          if (built.endSector() == both.sectors) {
            assertThat(built).isEqualTo(both.map);
          }
          if (!both.model.isEmpty()) {
            inserted.remove(both.model.getFirst());
            assertThat(inserted).isNotEqualTo(both.map);
          }
        });
  }

  /** So many that there are inner nodes above inner nodes. */
  @Test
  void aLargeMapGrowsAndShrinksInAnyOrder() {
    int files = 60_000;
    int[] order = new int[files];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < files; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    ReverseMap.Builder builder = new ReverseMap.Builder();
    ReverseMap.Builder even = new ReverseMap.Builder();
    for (int i = 0; i < files; i++) {
      builder.add(extent(i));
      if (i % 2 == 0) {
        even.add(extent(i));
      }
    }
    // So that both end at the same sector.
    even.add(extent(files));
    builder.add(extent(files));
    ReverseMap built = builder.build(SpecialOwner.FREE_SPACE);
    ReverseMap grown = ReverseMap.of(built.endSector(), SpecialOwner.FREE_SPACE);
    for (int i : order) {
      grown.insert(extent(i));
    }
    assertThat(grown).isNotEqualTo(built);
    grown.insert(extent(files));
    assertThat(grown).isEqualTo(built);
    assertThat(grown.findFree(0, grown.endSector(), 8, 8, Extents.EMPTY)).isNull();
    for (int i : order) {
      if (i % 2 == 1) {
        grown.remove(extent(i));
      }
    }
    assertThat(grown).isEqualTo(even.build(SpecialOwner.FREE_SPACE));
    assertThat(grown.findFree(0, grown.endSector(), 8, 8, Extents.EMPTY))
        .isEqualTo(new SectorRange(8, 8));
    for (int i : order) {
      if (i % 2 == 0) {
        assertThat(grown.removeAllOf(extent(i).inode())).isLessThanOrEqualTo(files);
      }
    }
    grown.removeAllOf(extent(files).inode());
    assertThat(grown).isEqualTo(ReverseMap.of(built.endSector(), SpecialOwner.FREE_SPACE));
  }

  private static MapRecord extent(int number) {
    return MapRecord.data(8L * number, 8, 128 + number % 1000 * 7L, 8L * number);
  }

  @Test
  void whatIsNotThereIsNotRemovedAndWhatIsNoRecordIsNotInserted() {
    ReverseMap map = ReverseMap.of(64, SpecialOwner.FREE_SPACE);
    map.insert(MapRecord.data(8, 8, 131, 0));
    for (MapRecord wrong :
        List.of(
            MapRecord.data(8, 7, 131, 0),
            MapRecord.data(8, 8, 132, 0),
            MapRecord.data(8, 8, 131, 8),
            MapRecord.special(8, 8, SpecialOwner.INODES))) {
      assertThatThrownBy(() -> map.remove(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
    for (MapRecord wrong :
        List.of(
            MapRecord.data(60, 5, 131, 0),
            MapRecord.data(60, 0, 131, 0),
            MapRecord.special(16, 8, SpecialOwner.FREE_SPACE))) {
      assertThatThrownBy(() -> map.insert(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
    map.remove(MapRecord.data(8, 8, 131, 0));
    assertThat(map.size()).isZero();
  }

  @Test
  void whatWasSharedIsNotWhenTheOtherOwnerIsGone() {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    builder.add(0, 8, 131, Fork.DATA, 0, true, false);
    builder.add(0, 8, 132, Fork.DATA, 0, true, false);
    builder.add(8, 8, 133, Fork.DATA, 0, true, false);
    ReverseMap map = builder.build(SpecialOwner.FREE_SPACE);
    assertThat(shared(map)).containsExactly(131L, 132L, 133L);
    map.remove(MapRecord.data(0, 8, 132, 0));
    assertThat(shared(map)).as("what only the dump says stays").containsExactly(133L);
    map.remove(MapRecord.data(8, 8, 133, 0));
    assertThat(shared(map)).isEmpty();
  }

  private static List<Long> shared(ReverseMap map) {
    List<Long> inodes = new ArrayList<>();
    map.forEachOverlapping(
        0,
        map.endSector(),
        record -> {
          if (record.shared()) {
            inodes.add(record.inode());
          }
          return true;
        });
    return inodes;
  }

  @Test
  void withoutAReverseMapOnlyWhatTheDumpCallsFreeIsFree() {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    builder.add(8, 8, SpecialOwner.FREE_SPACE);
    builder.add(24, 8, SpecialOwner.UNKNOWN);
    builder.add(40, 16, SpecialOwner.FREE_SPACE);
    ReverseMap map = builder.build(SpecialOwner.UNKNOWN);
    assertThat(map.endSector()).isEqualTo(56);
    assertThat(map.findFree(0, 56, 8, 8, Extents.EMPTY)).isEqualTo(new SectorRange(8, 8));
    assertThat(map.findFree(0, 56, 16, 8, Extents.EMPTY)).isEqualTo(new SectorRange(40, 16));
    assertThat(map.size()).as("unknown at 0, 16, 24 and 32").isEqualTo(4);
  }
}
