package io.faultline.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Every operation of {@link Extents} against a {@link BitSet} that holds the same sectors, in a
 * small window at 0, somewhere in the middle, or right below 2^63.
 */
class ExtentsLawsTest {

  private static final int CASES = 25;

  /** Bit i of a model stands for sector {@code startSector + i} of the window. */
  private static SectorRange window(Gen gen) {
    long width = 2 + 4L * gen.size();
    long start =
        gen.pick(0L, 1L, 1L << 31, (1L << 53) - width / 2, Long.MAX_VALUE - width, gen.anyLong());
    return gen.noted(new SectorRange(Math.min(start, Long.MAX_VALUE - width), width));
  }

  /** A set and the model of it, both made from the same pairs. */
  private record Sample(Extents set, BitSet bits) {
    static Sample of(Gen gen, SectorRange window) {
      long[] pairs = gen.pairs(window);
      BitSet bits = new BitSet();
      for (int i = 0; i < pairs.length; i += 2) {
        int start = (int) (pairs[i] - window.startSector());
        bits.set(start, start + (int) pairs[i + 1]);
      }
      return new Sample(gen.noted(Extents.ofPairs(pairs)), bits);
    }
  }

  /** Also compares the normal form: the runs of a bit set neither overlap nor touch. */
  private static void assertSame(Extents set, BitSet bits, SectorRange window) {
    List<Long> pairs = new ArrayList<>();
    for (int start = bits.nextSetBit(0); start >= 0; ) {
      int end = bits.nextClearBit(start);
      pairs.add(window.startSector() + start);
      pairs.add((long) end - start);
      start = bits.nextSetBit(end);
    }
    assertThat(set.toPairs()).containsExactly(pairs.stream().mapToLong(pair -> pair).toArray());
    assertThat(set.rangeCount()).isEqualTo(pairs.size() / 2);
    assertThat(set.totalSectors()).isEqualTo(bits.cardinality());
    assertThat(set.isEmpty()).isEqualTo(bits.isEmpty());
  }

  private static BitSet or(BitSet a, BitSet b) {
    BitSet result = (BitSet) a.clone();
    result.or(b);
    return result;
  }

  private static BitSet and(BitSet a, BitSet b) {
    BitSet result = (BitSet) a.clone();
    result.and(b);
    return result;
  }

  private static BitSet andNot(BitSet a, BitSet b) {
    BitSet result = (BitSet) a.clone();
    result.andNot(b);
    return result;
  }

  private static BitSet bits(SectorRange range, SectorRange window) {
    BitSet bits = new BitSet();
    bits.set(
        (int) (range.startSector() - window.startSector()),
        (int) (range.endSector() - window.startSector()));
    return bits;
  }

  @Test
  void unionIntersectAndSubtractAreThoseOfSets() {
    Seeds.forAll(
        2 * CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          Sample b = Sample.of(gen, window);
          assertSame(a.set, a.bits, window);
          assertSame(a.set.union(b.set), or(a.bits, b.bits), window);
          assertSame(a.set.intersect(b.set), and(a.bits, b.bits), window);
          assertSame(a.set.subtract(b.set), andNot(a.bits, b.bits), window);
        });
  }

  @Test
  void setAlgebraHolds() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Extents a = gen.extents(window);
          Extents b = gen.extents(window);
          Extents c = gen.extents(window);
          Extents all = Extents.of(window);

          assertThat(a.union(b)).isEqualTo(b.union(a));
          assertThat(a.intersect(b)).isEqualTo(b.intersect(a));
          assertThat(a.union(b).union(c)).isEqualTo(a.union(b.union(c)));
          assertThat(a.intersect(b).intersect(c)).isEqualTo(a.intersect(b.intersect(c)));
          assertThat(a.intersect(b.union(c))).isEqualTo(a.intersect(b).union(a.intersect(c)));
          assertThat(a.union(b.intersect(c))).isEqualTo(a.union(b).intersect(a.union(c)));
          // De Morgan, with the window as the universe.
          assertThat(all.subtract(a.union(b)))
              .isEqualTo(all.subtract(a).intersect(all.subtract(b)));
          assertThat(all.subtract(a.intersect(b)))
              .isEqualTo(all.subtract(a).union(all.subtract(b)));
          assertThat(all.subtract(all.subtract(a))).isEqualTo(a);
          assertThat(a.subtract(b)).isEqualTo(a.intersect(all.subtract(b)));
          assertThat(a.subtract(b).subtract(c)).isEqualTo(a.subtract(b.union(c)));
          assertThat(a.subtract(b).union(a.intersect(b))).isEqualTo(a);
          assertThat(a.union(b).totalSectors() + a.intersect(b).totalSectors())
              .isEqualTo(a.totalSectors() + b.totalSectors());
        });
  }

  @Test
  void emptyAndItselfAreNeutralOrAbsorbing() {
    Seeds.forAll(
        CASES,
        gen -> {
          Extents a = gen.extents(window(gen));
          assertThat(a.union(Extents.EMPTY)).isEqualTo(a);
          assertThat(Extents.EMPTY.union(a)).isEqualTo(a);
          assertThat(a.union(a)).isEqualTo(a);
          assertThat(a.intersect(a)).isEqualTo(a);
          assertThat(a.intersect(Extents.EMPTY)).isEqualTo(Extents.EMPTY);
          assertThat(Extents.EMPTY.intersect(a)).isEqualTo(Extents.EMPTY);
          assertThat(a.subtract(a)).isEqualTo(Extents.EMPTY);
          assertThat(a.subtract(Extents.EMPTY)).isEqualTo(a);
          assertThat(Extents.EMPTY.subtract(a)).isEqualTo(Extents.EMPTY);
        });
  }

  @Test
  void clipIsTheIntersectionWithOneRange() {
    Seeds.forAll(
        2 * CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          SectorRange part = gen.range(window);
          assertSame(a.set.clip(part), and(a.bits, bits(part, window)), window);
          assertThat(a.set.clip(part)).isEqualTo(a.set.intersect(Extents.of(part)));
        });
  }

  @Test
  void lookupsAgreeWithTheModelAtEverySectorAndForEveryRange() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          for (int i = 0; i < window.sectorCount(); i++) {
            long sector = window.startSector() + i;
            assertThat(a.set.contains(sector)).isEqualTo(a.bits.get(i));
            int index = a.set.firstEndingAfter(sector);
            assertThat(index == a.set.rangeCount()).isEqualTo(a.bits.nextSetBit(i) < 0);
            if (index < a.set.rangeCount()) {
              assertThat(Math.max(sector, a.set.startSector(index)) - window.startSector())
                  .isEqualTo(a.bits.nextSetBit(i));
            }
          }
          SectorRange range = gen.range(window);
          BitSet ofRange = bits(range, window);
          assertThat(a.set.containsAll(range)).isEqualTo(andNot(ofRange, a.bits).isEmpty());
          assertThat(a.set.intersects(range)).isEqualTo(ofRange.intersects(a.bits));
          assertThat(a.set.contains(-1)).isFalse();
          assertThat(a.set.contains(Long.MIN_VALUE)).isFalse();
          assertThat(a.set.contains(Long.MAX_VALUE)).isFalse();
        });
  }

  @Test
  void spanReachesFromTheFirstSectorToTheLast() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          if (a.bits.isEmpty()) {
            assertThat(a.set.span()).isEqualTo(new SectorRange(0, 0));
          } else {
            assertThat(a.set.span().startSector() - window.startSector())
                .isEqualTo(a.bits.nextSetBit(0));
            assertThat(a.set.span().endSector() - window.startSector()).isEqualTo(a.bits.length());
          }
        });
  }

  @Test
  void shiftMovesEverySectorAndComesBack() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          long low = -window.startSector();
          long high = Long.MAX_VALUE - window.endSector();
          long delta = gen.noted(gen.pick(low, high, 0L, gen.between(low, high)));
          SectorRange moved = window.shift(delta);
          assertSame(a.set.shift(delta), a.bits, moved);
          assertThat(a.set.shift(delta).shift(-delta)).isEqualTo(a.set);
        });
  }

  @Test
  void shiftPastEitherEndIsRefusedWhole() {
    Seeds.forAll(
        CASES,
        gen -> {
          Extents a = gen.extents(window(gen));
          if (!a.isEmpty()) {
            long tooFarDown = -a.span().startSector() - 1 - gen.below(3);
            long room = Long.MAX_VALUE - a.span().endSector();
            assertThatIllegalArgumentException().isThrownBy(() -> a.shift(tooFarDown));
            assertThatIllegalArgumentException().isThrownBy(() -> a.shift(Long.MIN_VALUE));
            if (room < Long.MAX_VALUE) {
              assertThatIllegalArgumentException().isThrownBy(() -> a.shift(room + 1));
            }
            assertThatIllegalArgumentException().isThrownBy(() -> a.shift(Long.MAX_VALUE));
          }
        });
  }

  @Test
  void splitAtCutsTheSetInTwo() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          long sector = gen.noted(gen.between(window.startSector(), window.endSector()));
          int cut = (int) (sector - window.startSector());
          Extents.Split split = a.set.splitAt(sector);
          assertSame(split.before(), a.bits.get(0, cut), window);
          BitSet from = (BitSet) a.bits.clone();
          from.clear(0, cut);
          assertSame(split.from(), from, window);
          assertThat(split.before().union(split.from())).isEqualTo(a.set);
        });
  }

  @Test
  void roundInKeepsTheUnitsThatAreWholeAndRoundOutTakesThoseThatAreTouched() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          long unit = gen.noted(1 + gen.between(0, gen.size()));
          Extents.Builder whole = Extents.builder();
          Extents.Builder touched = Extents.builder();
          long first = window.startSector() - window.startSector() % unit;
          for (long at = first; at < window.endSector() && at <= Long.MAX_VALUE - unit; ) {
            SectorRange one = new SectorRange(at, unit);
            if (a.set.containsAll(one)) {
              whole.add(one);
            }
            if (a.set.intersects(one)) {
              touched.add(one);
            }
            at += unit;
          }
          assertThat(a.set.roundIn(unit)).isEqualTo(whole.build());
          boolean lastUnitIsCutOff =
              !a.set.isEmpty() && a.set.span().endSector() > Long.MAX_VALUE - Long.MAX_VALUE % unit;
          if (lastUnitIsCutOff) {
            assertThatIllegalArgumentException().isThrownBy(() -> a.set.roundOut(unit));
          } else {
            assertThat(a.set.roundOut(unit)).isEqualTo(touched.build());
            assertThat(a.set.roundOut(unit).roundIn(unit)).isEqualTo(a.set.roundOut(unit));
          }
        });
  }

  @Test
  void roundingByAnyUnitNeverOverflowsInSilence() {
    Seeds.forAll(
        CASES,
        gen -> {
          Extents a = gen.extents(window(gen));
          long unit = gen.noted(Math.max(1, gen.anyLong()));
          Extents in = a.roundIn(unit);
          assertThat(in.subtract(a)).isEqualTo(Extents.EMPTY);
          assertThat(in.roundIn(unit)).isEqualTo(in);
          try {
            Extents out = a.roundOut(unit);
            assertThat(a.subtract(out)).isEqualTo(Extents.EMPTY);
            assertThat(out.roundOut(unit)).isEqualTo(out);
          } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("past 2^63 - 1");
          }
        });
  }

  @Test
  void piecesCoverTheSetInOrderAndNeverCrossABoundary() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          long boundary =
              gen.noted(gen.onceIn(4) ? Math.max(1, gen.anyLong()) : 1 + gen.below(1 + gen.size()));
          List<SectorRange> pieces = new ArrayList<>();
          a.set.forEachPiece(boundary, (start, count) -> pieces.add(new SectorRange(start, count)));
          BitSet covered = new BitSet();
          long end = -1;
          for (SectorRange piece : pieces) {
            assertThat(piece.isEmpty()).isFalse();
            assertThat(piece.startSector()).isGreaterThanOrEqualTo(end);
            assertThat(piece.startSector() / boundary)
                .isEqualTo((piece.endSector() - 1) / boundary);
            // A cut that no boundary asked for would make two pieces of one.
            assertThat(piece.startSector() == end && end % boundary != 0).isFalse();
            end = piece.endSector();
            covered.or(bits(piece, window));
          }
          assertThat(covered).isEqualTo(a.bits);
        });
  }

  @Test
  void iterationGivesEveryRangeOnceAscending() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          List<SectorRange> seen = new ArrayList<>();
          a.set.forEach((start, count) -> seen.add(new SectorRange(start, count)));
          assertThat(a.set.toList()).isEqualTo(seen);
          assertThat(seen).isSorted().hasSize(a.set.rangeCount());
          for (int i = 0; i < seen.size(); i++) {
            assertThat(a.set.startSector(i)).isEqualTo(seen.get(i).startSector());
            assertThat(a.set.endSector(i)).isEqualTo(seen.get(i).endSector());
            assertThat(a.set.sectorCount(i)).isEqualTo(seen.get(i).sectorCount());
          }
        });
  }

  @Test
  void sliceAndHeadTakeRangesByTheirPosition() {
    Seeds.forAll(
        CASES,
        gen -> {
          Extents a = gen.extents(window(gen));
          int from = gen.below(a.rangeCount() + 2);
          int count = gen.onceIn(5) ? Integer.MAX_VALUE : gen.below(a.rangeCount() + 2);
          List<SectorRange> expected = a.toList().stream().skip(from).limit(count).toList();
          assertThat(a.slice(from, count).toList()).isEqualTo(expected);
          assertThat(a.head(count).toList()).isEqualTo(a.toList().stream().limit(count).toList());
          int cut = gen.below(a.rangeCount() + 1);
          assertThat(a.head(cut).union(a.slice(cut, Integer.MAX_VALUE))).isEqualTo(a);
        });
  }

  @Test
  void pairsGoOutAndComeBack() {
    Seeds.forAll(
        CASES,
        gen -> {
          Extents a = gen.extents(window(gen));
          assertThat(Extents.ofPairs(a.toPairs())).isEqualTo(a);
        });
  }

  @Test
  void theOrderInWhichRangesAreAddedDoesNotMatter() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          long[] pairs = gen.pairs(window);
          List<SectorRange> ranges = new ArrayList<>();
          for (int i = 0; i < pairs.length; i += 2) {
            ranges.add(new SectorRange(pairs[i], pairs[i + 1]));
          }
          Extents expected = Extents.ofPairs(pairs);
          Collections.shuffle(ranges, new Random(gen.anyLong()));
          Extents.Builder shuffled = Extents.builder();
          ranges.forEach(shuffled::add);
          assertThat(shuffled.build()).isEqualTo(expected).hasSameHashCodeAs(expected);

          Collections.sort(ranges);
          Extents.Builder sorted = Extents.builder();
          ranges.forEach(range -> sorted.add(range.startSector(), range.sectorCount()));
          assertThat(sorted.build()).isEqualTo(expected).hasSameHashCodeAs(expected);
        });
  }

  @Test
  void aBuilderGoesOnAfterItHasBuiltAndWhatItBuiltStays() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Sample a = Sample.of(gen, window);
          Sample b = Sample.of(gen, window);
          Sample c = Sample.of(gen, window);
          Extents.Builder builder = Extents.builder().addAll(a.set);
          Extents first = builder.build();
          Extents second = builder.addAll(b.set).build();
          Extents third = builder.addAll(c.set).build();
          assertSame(first, a.bits, window);
          assertSame(second, or(a.bits, b.bits), window);
          assertSame(third, or(or(a.bits, b.bits), c.bits), window);
          assertThat(builder.build()).isEqualTo(third);
        });
  }

  @Test
  void setsAreEqualExactlyIfTheyHaveTheSameSectors() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = new SectorRange(0, 2 + gen.below(1 + gen.size()));
          Sample a = Sample.of(gen, window);
          Sample b = Sample.of(gen, window);
          assertThat(a.set.equals(b.set)).isEqualTo(a.bits.equals(b.bits));
          if (a.set.equals(b.set)) {
            assertThat(a.set).hasSameHashCodeAs(b.set);
          }
          assertThat(a.set.equals(null)).isFalse();
        });
  }

  @Test
  void operationsLeaveTheirOperandsAlone() {
    Seeds.forAll(
        CASES,
        gen -> {
          SectorRange window = window(gen);
          Extents a = gen.extents(window);
          Extents b = gen.extents(window);
          long[] pairs = a.toPairs();
          a.union(b);
          a.subtract(b);
          a.intersect(b);
          a.clip(gen.range(window));
          a.shift(-window.startSector());
          a.splitAt(window.startSector());
          a.roundIn(3);
          Arrays.fill(a.toPairs(), 0);
          assertThat(a.toPairs()).isEqualTo(pairs);
        });
  }
}
