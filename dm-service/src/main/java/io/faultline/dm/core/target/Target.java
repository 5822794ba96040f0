package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of a table, as the rules see it. Offsets count sectors from the beginning of the target,
 * leg offsets from the beginning of the leg.
 *
 * <p>There are two ways up. Where every sector hangs on one sector below at most, each bad range is
 * answered on its own ({@link #answer(int, long, long, EffectConsumer)}), and what was told is
 * never looked at again. Where a sector hangs on several below (copies, parity, checksums, a map in
 * metadata) the target is {@link #joint}: it is asked with everything that is bad below it at once
 * ({@link #answer(List, List, EffectConsumer)}).
 */
public interface Target {

  /** How many sectors of the volume it makes, at least 1. */
  long sectorCount();

  /**
   * What stands in the table after the type, as {@code dmsetup table} prints it but with devices by
   * name; empty if nothing does.
   */
  String arguments();

  /** Why it cannot stand on these devices; null if it can. What it needs of {@link #legs} apart. */
  default Parsed.@Nullable Refused misfit(LowerDevices lower) {
    return null;
  }

  /** Everything below that it reads; a device may come several times. */
  List<Leg> legs();

  /** The way down of {@code [offset, offset + sectorCount)}, whole and ascending. */
  void forward(long offset, long sectorCount, ForwardConsumer out);

  /**
   * The way up: every offset that shows a sector of this range of the leg, in any order. For a leg
   * whose role is {@link LegRole#DATA}.
   */
  void inverse(int leg, long legOffset, long sectorCount, RangeConsumer out);

  /**
   * What it means that this range of the leg went bad and nothing else: lost where it shows. A
   * target that has no map fails as a whole; a log is nothing to anybody.
   */
  default void answer(int leg, long legOffset, long sectorCount, EffectConsumer out) {
    switch (legs().get(leg).role()) {
      case DATA ->
          inverse(
              leg,
              legOffset,
              sectorCount,
              (offset, count) -> out.accept(Effect.DATA_LOST, offset, count));
      case METADATA -> out.accept(Effect.TARGET_FAILED, 0, sectorCount());
      case LOG -> {}
    }
  }

  /**
   * Whether a sector may hang on several sectors below. What such a target suffers is worked out
   * from everything that is bad, not from each news by itself.
   */
  default boolean joint() {
    for (Leg leg : legs()) {
      if (leg.role() == LegRole.METADATA) {
        return true;
      }
    }
    return false;
  }

  /**
   * What it means that all of this is bad at the same time. What is lost is said wherever it is
   * lost with both sets; that redundancy is lost is said of what is in {@code bad} and not in
   * {@code absent}, for what was absent before is no loss any more.
   *
   * @param bad for each of {@link #legs}, in its offsets and within it
   * @param absent in the same form what missed writes and counts as not being there; empty unless
   *     the target is {@link #redundant}
   */
  default void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    for (int i = 0; i < bad.size(); i++) {
      int leg = i;
      bad.get(i).forEach((from, count) -> answer(leg, from, count, out));
    }
  }

  /**
   * Whether a joint target loses with several ranges what it loses with each of them and no more:
   * it has units or a map, but nothing that is kept twice.
   */
  default boolean additive() {
    return false;
  }

  /**
   * Every offset that this range of the leg has a part in, be it as a copy or as what makes up for
   * others: what a loss of redundancy below is passed on to.
   */
  default void support(int leg, long legOffset, long sectorCount, RangeConsumer out) {
    answer(
        leg,
        legOffset,
        sectorCount,
        (effect, offset, count) -> {
          if (effect != Effect.TARGET_FAILED) {
            out.accept(offset, count);
          }
        });
  }

  /**
   * Every offset that still reads right, but from fewer places, when this range of the leg is bad.
   */
  default void weaken(int leg, long legOffset, long sectorCount, RangeConsumer out) {
    if (redundant()) {
      support(leg, legOffset, sectorCount, out);
    }
  }

  /**
   * Whether it keeps copies that can get out of step: a leg that missed writes counts as bad until
   * it is resynchronised. Such a target is {@link #joint}.
   */
  default boolean redundant() {
    return false;
  }

  /**
   * How a range of a leg can be made again: out of copies, out of parity. For one sector there may
   * be several ways, or none.
   *
   * @param gone for each of {@link #legs}, in its offsets, what cannot be read or is out of step
   */
  default void rebuild(
      int leg, long legOffset, long sectorCount, List<Extents> gone, Recipe.Consumer out) {}

  /**
   * How sectors can be worked out that cannot be read where {@link #forward} says: each recipe's
   * place is one of the target, not of a leg. For one sector there may be several ways, or none.
   *
   * @param gone for each of {@link #legs}, in its offsets, what cannot be read or is out of step
   */
  default void reconstruct(
      long offset, long sectorCount, List<Extents> gone, Recipe.Consumer out) {}

  /** The sectors of legs that are reckoned from these, and so must be reckoned anew with them. */
  default void checks(long offset, long sectorCount, CheckConsumer out) {}

  /**
   * Whether these sectors are written by writing every place that {@link #forward} names for them,
   * and reckoning the {@link #checks} anew.
   */
  default boolean writable(long offset, long sectorCount) {
    return bytes() == ByteAccess.READ_WRITE;
  }

  /** The legs, by index, that the line itself says are out of step until they are rebuilt. */
  default List<Integer> outOfStepLegs() {
    return List.of();
  }

  /**
   * Whether the volume tells what it loses; else only those who stand on it do, for whom alone its
   * sectors mean something.
   */
  default boolean tellsLosses() {
    return true;
  }

  /** What the places of {@link #forward} and their alternatives hold. */
  default ByteAccess bytes() {
    return ByteAccess.NONE;
  }

  /** Whether it can pass direct access through, if every leg can. */
  boolean directAccess();
}
