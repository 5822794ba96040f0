package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * One line of a table, as the rules see it. Offsets count sectors from the beginning of the target,
 * leg offsets from the beginning of the leg.
 */
public interface Target {

  /** How many sectors of the volume it makes, at least 1. */
  long sectorCount();

  /** What stands in the table after the type, devices by name; empty if nothing does. */
  String arguments();

  /** Everything below that it reads; a device may come several times. */
  List<Leg> legs();

  /** The way down of {@code [offset, offset + sectorCount)}, whole and ascending. */
  void forward(long offset, long sectorCount, ForwardConsumer out);

  /** The way up: every offset that shows a sector of this range of the leg, in any order. */
  void inverse(int leg, long legOffset, long sectorCount, RangeConsumer out);

  /** What it means that this range of the leg went bad. Without redundancy: lost where it shows. */
  default void answer(int leg, long legOffset, long sectorCount, EffectConsumer out) {
    inverse(
        leg,
        legOffset,
        sectorCount,
        (offset, count) -> out.accept(Effect.DATA_LOST, offset, count));
  }

  /** Whether it can pass direct access through, if every leg can. */
  boolean directAccess();
}
