package io.faultline.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.math.BigInteger;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class SectorRangeTest {

  private static final long MAX = Long.MAX_VALUE;

  private static SectorRange smallRange(Gen gen) {
    return gen.range(new SectorRange(0, gen.size() + 2));
  }

  private static BitSet bits(SectorRange range) {
    BitSet bits = new BitSet();
    bits.set((int) range.startSector(), (int) range.endSector());
    return bits;
  }

  @Test
  void containsOverlapsAndIntersectAgreeWithABitSet() {
    Seeds.forAll(
        40,
        gen -> {
          SectorRange a = smallRange(gen);
          SectorRange b = smallRange(gen);
          BitSet both = bits(a);
          both.and(bits(b));
          assertThat(a.overlaps(b)).isEqualTo(!both.isEmpty());
          assertThat(bits(a.intersect(b))).isEqualTo(both);
          assertThat(a.isEmpty()).isEqualTo(bits(a).isEmpty());
          for (int sector = 0; sector < gen.size() + 3; sector++) {
            assertThat(a.contains(sector)).isEqualTo(bits(a).get(sector));
          }
        });
  }

  @Test
  void everyPairOfNumbersIsARangeExactlyIfItsEndIsAtMostTheLargestNumber() {
    BigInteger max = BigInteger.valueOf(MAX);
    Seeds.forAll(
        100,
        gen -> {
          long start = gen.noted(gen.flip() ? gen.anyLong() : ~gen.anyLong());
          long count = gen.noted(gen.flip() ? gen.anyLong() : ~gen.anyLong());
          boolean valid =
              start >= 0
                  && count >= 0
                  && BigInteger.valueOf(start).add(BigInteger.valueOf(count)).compareTo(max) <= 0;
          if (valid) {
            assertThat(new SectorRange(start, count).endSector()).isEqualTo(start + count);
          } else {
            assertThatIllegalArgumentException().isThrownBy(() -> new SectorRange(start, count));
          }
        });
  }

  @Test
  void betweenTakesWhatIsAscendingAndNotNegativeAndNothingElse() {
    Seeds.forAll(
        100,
        gen -> {
          long start = gen.noted(gen.between(Long.MIN_VALUE, MAX));
          long end = gen.noted(gen.flip() ? gen.anyLong() : gen.between(Long.MIN_VALUE, MAX));
          if (start >= 0 && end >= start) {
            assertThat(SectorRange.between(start, end).endSector()).isEqualTo(end);
          } else {
            assertThatIllegalArgumentException().isThrownBy(() -> SectorRange.between(start, end));
          }
        });
  }

  @Test
  void shiftMovesOrRefusesAsUnboundedNumbersWould() {
    Seeds.forAll(
        100,
        gen -> {
          SectorRange range = gen.range(new SectorRange(0, MAX));
          long delta =
              gen.noted(
                  gen.onceIn(9) ? Long.MIN_VALUE : gen.flip() ? gen.anyLong() : -gen.anyLong());
          BigInteger start = BigInteger.valueOf(range.startSector()).add(BigInteger.valueOf(delta));
          BigInteger end = BigInteger.valueOf(range.endSector()).add(BigInteger.valueOf(delta));
          if (start.signum() >= 0 && end.bitLength() <= 63) {
            SectorRange moved = range.shift(delta);
            assertThat(moved.startSector()).isEqualTo(start.longValueExact());
            assertThat(moved.sectorCount()).isEqualTo(range.sectorCount());
            assertThat(moved.shift(-delta)).isEqualTo(range);
          } else {
            assertThatIllegalArgumentException().isThrownBy(() -> range.shift(delta));
          }
        });
  }

  @Test
  void intersectIsCommutativeInWhatItContainsAndStaysInBoth() {
    Seeds.forAll(
        60,
        gen -> {
          SectorRange a = gen.range(new SectorRange(0, MAX));
          SectorRange b = gen.range(new SectorRange(0, MAX));
          SectorRange both = a.intersect(b);
          assertThat(b.intersect(a)).isEqualTo(both);
          assertThat(both.isEmpty()).isEqualTo(!a.overlaps(b));
          if (!both.isEmpty()) {
            assertThat(both.intersect(a)).isEqualTo(both);
            assertThat(both.intersect(b)).isEqualTo(both);
          }
        });
  }

  @Test
  void aRangeMayEndAtTheLargestNumberAndNotOneLater() {
    assertThat(new SectorRange(MAX - 1, 1).endSector()).isEqualTo(MAX);
    assertThat(new SectorRange(0, MAX).contains(MAX - 1)).isTrue();
    assertThat(new SectorRange(0, MAX).contains(MAX)).isFalse();
    assertThat(new SectorRange(MAX, 0).isEmpty()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SectorRange(MAX, 1))
        .withMessageContaining(MAX + "+1")
        .withMessageContaining("past 2^63 - 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SectorRange(-1, 1))
        .withMessageContaining("-1+1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SectorRange(MAX - 1, 1).shift(1))
        .withMessageContaining("past 2^63 - 1");
    assertThatIllegalArgumentException().isThrownBy(() -> new SectorRange(5, 1).shift(-6));
  }

  @Test
  void anEmptyRangeContainsAndOverlapsNothing() {
    SectorRange empty = new SectorRange(5, 0);
    assertThat(empty.contains(5)).isFalse();
    assertThat(empty.overlaps(new SectorRange(0, 10))).isFalse();
    assertThat(new SectorRange(0, 10).overlaps(empty)).isFalse();
    assertThat(empty.overlaps(empty)).isFalse();
    assertThat(new SectorRange(0, 10).intersect(empty).isEmpty()).isTrue();
  }

  @Test
  void sortsByStartThenCountAndPrintsAsTheKernelDoes() {
    Seeds.forAll(
        20,
        gen -> {
          SectorRange a = smallRange(gen);
          SectorRange b = smallRange(gen);
          assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b));
          assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
          if (a.startSector() < b.startSector()) {
            assertThat(a).isLessThan(b);
          }
        });
    assertThat(new SectorRange(3, 1)).isLessThan(new SectorRange(3, 2));
    assertThat(new SectorRange(2048, 8)).hasToString("2048+8");
  }
}
