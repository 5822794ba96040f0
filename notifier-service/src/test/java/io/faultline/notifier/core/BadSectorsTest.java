package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BadSectorsTest {

  private static final SectorRange WINDOW = new SectorRange(0, 1 << 22);

  @Test
  void itHoldsWhatOneLargeSetWouldHold() {
    Seeds.forAll(
        1,
        30,
        gen -> {
          BadSectors parts = new BadSectors();
          BadIndex index = new BadIndex();
          Extents expected = Extents.EMPTY;
          for (int step = 0; step < gen.size(); step++) {
            Extents some = gen.onceIn(8) ? many(gen) : gen.extents(WINDOW);
            assertThat(parts.within(some)).isEqualTo(expected.intersect(some));
            assertThat(parts.missing(some)).isEqualTo(some.subtract(expected));
            if (gen.below(3) < 2) {
              apply(parts, index, parts.adding(some));
              expected = expected.union(some);
            } else {
              apply(parts, index, parts.removing(some));
              expected = expected.subtract(some);
            }
            isSame(parts, index, expected, gen.range(WINDOW));
          }
          apply(parts, index, parts.clearing());
          assertThat(parts.isEmpty()).isTrue();
          assertThat(index.isEmpty()).isTrue();
        });
  }

  private static Extents many(Gen gen) {
    Extents.Builder many = Extents.builder();
    long from = gen.below(1 << 20);
    long apart = 2 + gen.below(50);
    for (int i = 0; i < 4_096; i++) {
      many.add(from + i * apart, 1);
    }
    return many.build();
  }

  private static void isSame(
      BadSectors parts, BadIndex index, Extents expected, SectorRange window) {
    assertThat(parts.sectors()).isEqualTo(expected.totalSectors());
    assertThat(parts.isEmpty()).isEqualTo(expected.isEmpty());
    assertThat(parts.ranges()).isGreaterThanOrEqualTo(expected.rangeCount());
    assertThat(parts.head(window, 10)).isEqualTo(expected.clip(window).head(10));
    Extents.Builder all = Extents.builder();
    parts
        .parts()
        .values()
        .forEach(
            part -> {
              assertThat(part.isEmpty()).isFalse();
              assertThat(part.rangeCount()).isLessThanOrEqualTo(BadSectors.PART_RANGES);
              all.addAll(part);
            });
    assertThat(all.build()).isEqualTo(expected);
    Extents asked = Extents.of(window);
    if (expected.intersects(window)) {
      assertThat(index.near(asked)).isEqualTo(Set.of("f"));
    }
  }

  private static void apply(
      BadSectors parts, BadIndex index, Map<Long, @Nullable Extents> changed) {
    changed.forEach(
        (key, part) -> {
          index.change("f", String.valueOf(key), parts.parts().get(key), part);
          parts.put(key, part);
        });
  }
}
