package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * How the sectors of a set lie on its members. Member offsets count from the beginning of a
 * member's data.
 */
sealed interface RaidLayout permits StripeLayout, CopyLayout, ParityLayout {

  /** Chunks of a member that are gone through one by one; more are rounded outwards. */
  long MAX_PIECES = 1L << 24;

  /** Takes pieces of the way down. */
  interface PieceConsumer {

    /** Where it is read. */
    void piece(long offset, long count, int member, long memberOffset);

    /** Where the piece before can be read as well. */
    void copy(long offset, long count, int member, long memberOffset);

    /** The member that has it is not there, but the others can make up for it. */
    void reconstructed(long offset, long count);
  }

  /** Sectors that can be reached; what is beyond is no whole chunk any more. */
  long usableSectors();

  /** The way down of a range below {@link #usableSectors}. */
  void forward(long offset, long count, PieceConsumer out);

  /** The sectors that a range of a member holds, itself or a copy of them; not those of parity. */
  void inverse(int member, long memberOffset, long count, RangeConsumer out);

  /** The same, and what a range of parity protects. */
  default void support(int member, long memberOffset, long count, RangeConsumer out) {
    inverse(member, memberOffset, count, out);
  }

  /**
   * As {@link Target#rebuild}, by member: legs and leg offsets of recipes are members and member
   * offsets.
   */
  default void rebuild(
      int member, long memberOffset, long count, List<Extents> gone, Recipe.Consumer out) {}

  /** As {@link Target#reconstruct}: legs of recipes are members. */
  default void reconstruct(long offset, long count, List<Extents> gone, Recipe.Consumer out) {}

  /** As {@link Target#checks}, by member; also for members that are not there. */
  default void checks(long offset, long count, CheckConsumer out) {}

  /**
   * As {@link Target#answer(List, List, EffectConsumer)}, by member.
   *
   * @param bad of each member that is there
   * @param absent of each member that is there
   */
  void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out);
}
