package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The union of faults, against a count for each sector. */
class FaultCoverTest {

  @Test
  void whatIsBadIsWhatSomeFaultStandsFor() {
    // Enough ranges for several chunks, and ranges that reach over many of them.
    Seeds.forAll(
        1,
        12,
        gen -> {
          int sectors = 100 + 1000 * gen.size();
          int[] counts = new int[sectors];
          FaultCover cover = new FaultCover();
          List<Extents> inside = new ArrayList<>();
          for (int step = 0; step < 12; step++) {
            if (inside.isEmpty() || gen.below(3) > 0) {
              Extents added = set(gen, sectors);
              inside.add(added);
              cover.add(added);
              count(counts, added, 1);
            } else {
              Extents whole = inside.remove(gen.below(inside.size()));
              Extents left = gen.flip() ? Extents.EMPTY : whole.subtract(set(gen, sectors));
              cover.remove(whole.subtract(left));
              count(counts, whole.subtract(left), -1);
              inside.add(left);
            }
            check(gen, cover, counts);
          }
          inside.forEach(cover::remove);
          assertThat(cover.all()).isEqualTo(Extents.EMPTY);
          assertThat(cover.totalSectors()).isZero();
        });
  }

  private static void check(Gen gen, FaultCover cover, int[] counts) {
    Extents bad = bad(counts);
    assertThat(cover.all()).isEqualTo(bad);
    assertThat(cover.totalSectors()).isEqualTo(bad.totalSectors());
    for (int i = 0; i < 20; i++) {
      long start = gen.below(counts.length);
      SectorRange window = new SectorRange(start, gen.below(counts.length));
      assertThat(cover.clip(window)).isEqualTo(bad.clip(window));
      assertThat(cover.intersects(window)).isEqualTo(bad.intersects(window));
      int next = bad.firstEndingAfter(start);
      long first = next == bad.rangeCount() ? -1 : Math.max(start, bad.startSector(next));
      assertThat(cover.firstFrom(start)).isEqualTo(first);
    }
    Extents some = set(gen, counts.length);
    assertThat(cover.intersect(some)).isEqualTo(bad.intersect(some));
  }

  private static Extents set(Gen gen, int sectors) {
    Extents.Builder set = Extents.builder();
    int start = gen.below(sectors);
    int count = 1 + gen.below(gen.flip() ? 3 : sectors);
    int stride = count + 1 + gen.below(3);
    if (gen.flip()) {
      count = 1;
      stride = 2 + gen.below(4);
    }
    for (long at = start; at + count <= sectors; at += stride) {
      set.add(at, count);
    }
    return set.build();
  }

  private static void count(int[] counts, Extents ranges, int delta) {
    ranges.forEach(
        (start, count) -> {
          for (long sector = start; sector < start + count; sector++) {
            counts[(int) sector] += delta;
          }
        });
  }

  private static Extents bad(int[] counts) {
    Extents.Builder bad = Extents.builder();
    for (int sector = 0; sector < counts.length; sector++) {
      if (counts[sector] > 0) {
        bad.add(sector, 1);
      }
    }
    return bad.build();
  }

  @Test
  void nobodyLetsGoOfWhatHeDoesNotHold() {
    FaultCover cover = new FaultCover();
    cover.add(Extents.of(10, 10));
    assertThatThrownBy(() -> cover.remove(Extents.of(15, 10)))
        .isInstanceOf(IllegalStateException.class);
  }
}
