package io.faultline.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Examples: what is refused, and the cases at the ends that a random window may miss. */
class ExtentsTest {

  private static final long MAX = Long.MAX_VALUE;

  @Test
  void touchingAndOverlappingRangesBecomeOne() {
    assertThat(Extents.ofPairs(8, 8, 0, 8)).isEqualTo(Extents.of(0, 16));
    assertThat(Extents.ofPairs(0, 10, 2, 3, 5, 20)).isEqualTo(Extents.of(0, 25));
    assertThat(Extents.of(0, 8).union(Extents.of(8, 8)).rangeCount()).isEqualTo(1);
  }

  @Test
  void emptyRangesAddNothingWhereverTheyAre() {
    assertThat(Extents.of(5, 0)).isSameAs(Extents.EMPTY);
    assertThat(Extents.of(new SectorRange(MAX, 0))).isSameAs(Extents.EMPTY);
    assertThat(Extents.ofPairs(7, 0, MAX, 0)).isEqualTo(Extents.EMPTY);
    assertThat(Extents.ofPairs()).isEqualTo(Extents.EMPTY);
    assertThat(Extents.builder().build()).isEqualTo(Extents.EMPTY);
    assertThat(Extents.ofPairs(0, 4, 4, 0, 6, 2)).isEqualTo(Extents.ofPairs(0, 4, 6, 2));
    assertThat(Extents.EMPTY.toPairs()).isEmpty();
    assertThat(Extents.EMPTY.clip(new SectorRange(0, MAX))).isEqualTo(Extents.EMPTY);
    assertThat(Extents.of(0, 9).clip(new SectorRange(3, 0))).isEqualTo(Extents.EMPTY);
    assertThat(Extents.EMPTY.shift(MAX)).isEqualTo(Extents.EMPTY);
    assertThat(Extents.EMPTY.shift(Long.MIN_VALUE)).isEqualTo(Extents.EMPTY);
    assertThat(Extents.EMPTY.roundOut(MAX)).isEqualTo(Extents.EMPTY);
  }

  @Test
  void anEmptyRangeIsContainedAndMeetsNothing() {
    Extents set = Extents.of(10, 10);
    assertThat(set.containsAll(new SectorRange(0, 0))).isTrue();
    assertThat(set.intersects(new SectorRange(15, 0))).isFalse();
    assertThat(Extents.EMPTY.containsAll(new SectorRange(MAX, 0))).isTrue();
  }

  @Test
  void whatIsNoSetOfRangesIsRefusedWithTheReason() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Extents.ofPairs(1, 2, 3))
        .withMessageContaining("there are 3 numbers");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Extents.ofPairs(-1, 2))
        .withMessageContaining("-1+2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Extents.ofPairs(1, -2))
        .withMessageContaining("1+-2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Extents.ofPairs(MAX, 1))
        .withMessageContaining("past 2^63 - 1");
    assertThatIllegalArgumentException().isThrownBy(() -> Extents.of(0, 1).splitAt(-1));
  }

  @Test
  void unitsAndBoundariesArePositive() {
    Extents set = Extents.of(0, 8);
    for (long unit : new long[] {0, -1, Long.MIN_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.roundIn(unit))
          .withMessageContaining("not " + unit);
      assertThatIllegalArgumentException().isThrownBy(() -> set.roundOut(unit));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> set.forEachPiece(unit, (start, count) -> {}));
    }
  }

  @Test
  void theWholeNumberLineIsASetLikeAnyOther() {
    Extents all = Extents.of(0, MAX);
    assertThat(all.totalSectors()).isEqualTo(MAX);
    assertThat(all.subtract(Extents.of(5, 1))).isEqualTo(Extents.ofPairs(0, 5, 6, MAX - 6));
    assertThat(all.subtract(Extents.of(0, 1)).union(Extents.of(0, 1))).isEqualTo(all);
    assertThat(all.splitAt(MAX).from()).isEqualTo(Extents.EMPTY);
    assertThat(all.splitAt(0).before()).isEqualTo(Extents.EMPTY);
    assertThat(all.roundIn(4096)).isEqualTo(Extents.of(0, MAX - 4095));
    assertThat(all.roundIn(MAX)).isEqualTo(all);
    // 2^63 - 1 is a multiple of 7, so that nothing has to grow.
    assertThat(all.roundOut(7)).isEqualTo(all);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> all.roundOut(8))
        .withMessageContaining("rounded up to 8");
    assertThatIllegalArgumentException().isThrownBy(() -> all.shift(1));
  }

  @Test
  void piecesAtTheEndOfTheNumberLineComeToAnEnd() {
    List<String> pieces = new ArrayList<>();
    Extents.of(MAX - 10, 10)
        .forEachPiece(8, (start, count) -> pieces.add(MAX - start + ":" + count));
    // 2^63 - 8 is the last multiple of 8: three sectors before it, seven from it on.
    assertThat(pieces).containsExactly("10:3", "7:7");
    pieces.clear();
    Extents.of(0, MAX).forEachPiece(MAX, (start, count) -> pieces.add(start + ":" + count));
    assertThat(pieces).containsExactly("0:" + MAX);
  }

  @Test
  void slicesBeyondTheLastRangeAreEmptyAndNegativeOnesAreRefused() {
    Extents set = Extents.ofPairs(0, 1, 2, 1, 4, 1);
    assertThat(set.head(0)).isEqualTo(Extents.EMPTY);
    assertThat(set.head(2)).isEqualTo(Extents.ofPairs(0, 1, 2, 1));
    assertThat(set.head(3)).isSameAs(set);
    assertThat(set.slice(1, Integer.MAX_VALUE)).isEqualTo(Extents.ofPairs(2, 1, 4, 1));
    assertThat(set.slice(Integer.MAX_VALUE, Integer.MAX_VALUE)).isEqualTo(Extents.EMPTY);
    assertThatIllegalArgumentException().isThrownBy(() -> set.slice(-1, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> set.head(-1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> set.startSector(3));
  }

  @Test
  void manyRangesInDescendingOrderAreSortedOnce() {
    Extents.Builder builder = Extents.builder();
    for (int i = 99_999; i >= 0; i--) {
      builder.add(3L * i, 2);
    }
    Extents set = builder.build();
    assertThat(set.rangeCount()).isEqualTo(100_000);
    assertThat(set.totalSectors()).isEqualTo(200_000);
    assertThat(set.contains(299_998)).isTrue();
    assertThat(set.contains(299_999)).isFalse();
  }

  @Test
  void textIsCutAfterEightRanges() {
    assertThat(Extents.EMPTY).hasToString("[]");
    assertThat(Extents.ofPairs(0, 8, 16, 8)).hasToString("[0+8 16+8]");
    Extents.Builder many = Extents.builder();
    for (int i = 0; i < 10; i++) {
      many.add(2L * i, 1);
    }
    assertThat(many.build()).hasToString("[0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1 … 2 more]");
  }
}
