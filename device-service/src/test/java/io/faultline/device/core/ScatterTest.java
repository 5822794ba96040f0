package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Seeds;
import org.junit.jupiter.api.Test;

class ScatterTest {

  private static final SectorRange GIBIBYTE = new SectorRange(0, 1 << 21);

  /** A seed that somebody noted gives the same ranges in every version. */
  @Test
  void aSeedGivesTheSameForEver() {
    Extents placed = new Scatter(7, 1000, 1).place(GIBIBYTE, 8);
    assertThat(placed.head(5))
        .isEqualTo(Extents.ofPairs(1088, 8, 8472, 8, 9248, 8, 13304, 8, 13424, 8));
    assertThat(placed.toList().getLast()).isEqualTo(new SectorRange(2096032, 8));
    assertThat(placed.toList().stream().mapToLong(SectorRange::startSector).sum())
        .isEqualTo(1024556504L);
    assertThat(new Scatter(-1, 3, 5).place(new SectorRange(100, 900), 1))
        .isEqualTo(Extents.ofPairs(294, 5, 896, 5, 918, 5));
  }

  @Test
  void thereAreExactlySoManyAndTheyDoNotTouch() {
    Seeds.forAll(
        5,
        gen -> {
          long unit = gen.pick(1L, 8L, 64L);
          SectorRange window =
              new SectorRange(gen.below(1000), gen.between(0, 200L * (1 + gen.size())));
          long each = gen.between(1, 20);
          Scatter one = new Scatter(gen.anyLong(), 1, each);
          long fitting = gen.noted(one.fitting(window, unit));
          if (fitting == 0) {
            assertThatThrownBy(() -> one.place(window, unit))
                .isInstanceOf(IllegalArgumentException.class);
            return;
          }
          // Also as many as fit at all.
          int ranges = (int) (gen.onceIn(3) ? fitting : gen.between(1, fitting));
          Scatter scatter = new Scatter(one.seed(), ranges, each);
          Extents placed = scatter.place(window, unit);

          // Ranges that touched would be one.
          assertThat(placed.rangeCount()).isEqualTo(ranges);
          assertThat(placed.span().intersect(window)).isEqualTo(placed.span());
          placed.forEach(
              (start, count) -> {
                assertThat(start % unit).isZero();
                assertThat(count).isEqualTo(Math.ceilDiv(each, unit) * unit);
              });
          assertThat(scatter.place(window, unit)).isEqualTo(placed);
          assertThatThrownBy(() -> new Scatter(1, (int) fitting + 1, each).place(window, unit))
              .isInstanceOf(IllegalArgumentException.class);
        });
  }

  @Test
  void theyLieAllOverTheDevice() {
    Extents placed = new Scatter(42, 4000, 1).place(GIBIBYTE, 1);
    for (long quarter = 0; quarter < 4; quarter++) {
      SectorRange window = new SectorRange(quarter << 19, 1 << 19);
      assertThat(placed.clip(window).rangeCount()).isBetween(850, 1150);
    }
  }
}
