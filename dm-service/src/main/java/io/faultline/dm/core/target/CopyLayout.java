package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Every sector on several members: mirror, raid1, and raid10 of the kernel's {@code
 * drivers/md/raid10.c}.
 *
 * <pre>
 * near, 2 copies, 3 members     far                      offset
 *   A  A  B                       A  B  C                  A  B  C
 *   B  C  C                       D  E  F                  C  A  B
 *   D  D  E                       ...                      D  E  F
 *   E  F  F                       C  A  B   (a stride on)  F  D  E
 *                                 F  D  E
 * </pre>
 */
final class CopyLayout implements RaidLayout {

  /** How the copies are laid out. */
  enum Form {
    NEAR,
    FAR,
    OFFSET
  }

  private final Form form;
  private final int members;
  private final int copies;
  private final long chunkSectors;
  private final long rows;
  private final long usable;
  private final BitSet missing;
  private final BitSet avoided;

  /** For each far copy, where a chunk lies whose first copy lies on a member; and the way back. */
  private final int[][] shifted;

  private final int[][] unshifted;

  private CopyLayout(
      Form form,
      int members,
      int copies,
      long chunkSectors,
      long memberSectors,
      int setMembers,
      BitSet missing,
      BitSet avoided) {
    this.form = form;
    this.members = members;
    this.copies = copies;
    this.chunkSectors = chunkSectors;
    this.missing = missing;
    this.avoided = avoided;
    long chunks = memberSectors / chunkSectors;
    if (form == Form.NEAR) {
      rows = chunks;
      usable = chunks * members / copies * chunkSectors;
    } else {
      rows = chunks / copies;
      usable = rows * members * chunkSectors;
    }
    shifted = new int[copies][members];
    unshifted = new int[copies][members];
    shift(setMembers);
  }

  /** Whole members as copies of one another. */
  static CopyLayout mirror(int members, long sectors, BitSet missing, BitSet avoided) {
    return new CopyLayout(Form.NEAR, members, members, sectors, sectors, members, missing, avoided);
  }

  /**
   * @param setMembers within how many members far copies are shifted
   */
  static CopyLayout raid10(
      Form form,
      int members,
      int copies,
      long chunkSectors,
      long memberSectors,
      int setMembers,
      BitSet missing) {
    return new CopyLayout(
        form, members, copies, chunkSectors, memberSectors, setMembers, missing, new BitSet());
  }

  /** Each far copy is one member further within its set; the last set takes the remainder in. */
  private void shift(int setMembers) {
    int lastSet = (members / setMembers - 1) * setMembers;
    int lastSetMembers = setMembers + members % setMembers;
    for (int first = 0; first < members; first++) {
      int member = first;
      for (int copy = 0; copy < copies; copy++) {
        shifted[copy][first] = member;
        unshifted[copy][member] = first;
        int set = member / setMembers;
        member++;
        if (members % setMembers != 0 && member > lastSet) {
          member = (member - lastSet) % lastSetMembers + lastSet;
        } else {
          member = member % setMembers + setMembers * set;
        }
      }
    }
  }

  @Override
  public long usableSectors() {
    return usable;
  }

  private int memberOf(long chunk, int copy) {
    return form == Form.NEAR
        ? (int) ((chunk * copies + copy) % members)
        : shifted[copy][(int) (chunk % members)];
  }

  private long rowOf(long chunk, int copy) {
    return switch (form) {
      case NEAR -> (chunk * copies + copy) / members;
      case FAR -> chunk / members + copy * rows;
      case OFFSET -> chunk / members * copies + copy;
    };
  }

  private int copyAt(long row, int member) {
    return switch (form) {
      case NEAR -> (int) ((row * members + member) % copies);
      case FAR -> (int) (row / rows);
      case OFFSET -> (int) (row % copies);
    };
  }

  private long chunkAt(long row, int member, int copy) {
    return switch (form) {
      case NEAR -> (row * members + member) / copies;
      case FAR -> row % rows * members + unshifted[copy][member];
      case OFFSET -> row / copies * members + unshifted[copy][member];
    };
  }

  @Override
  public void forward(long offset, long count, PieceConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long chunk = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      int read = copyToRead(chunk);
      out.piece(from, length, memberOf(chunk, read), rowOf(chunk, read) * chunkSectors + inChunk);
      for (int copy = 0; copy < copies; copy++) {
        int member = memberOf(chunk, copy);
        if (copy != read && !missing.get(member)) {
          out.copy(from, length, member, rowOf(chunk, copy) * chunkSectors + inChunk);
        }
      }
      from += length;
    }
  }

  /** The first that is there, of those that reads are not to avoid if there is one. */
  private int copyToRead(long chunk) {
    int there = 0;
    for (int copy = copies - 1; copy >= 0; copy--) {
      if (!missing.get(memberOf(chunk, copy))) {
        there = copy;
      }
    }
    for (int copy = 0; copy < copies; copy++) {
      int member = memberOf(chunk, copy);
      if (!missing.get(member) && !avoided.get(member)) {
        return copy;
      }
    }
    return there;
  }

  private interface CopyConsumer {
    void accept(int copy, long offset, long count);
  }

  private boolean isLarge(long count) {
    return count / chunkSectors > MAX_PIECES;
  }

  /** Chunk by chunk; for a range that is not {@link #isLarge}. */
  private void forEachCopy(int member, long memberOffset, long count, CopyConsumer out) {
    long from = memberOffset;
    long end = memberOffset + count;
    while (from < end) {
      long row = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, end - from);
      boolean used = form != Form.FAR || row < rows * copies;
      if (used) {
        int copy = copyAt(row, member);
        long offset = chunkAt(row, member, copy) * chunkSectors + inChunk;
        if (offset < usable) {
          out.accept(copy, offset, length);
        }
      }
      from += length;
    }
  }

  @Override
  public void inverse(int member, long memberOffset, long count, RangeConsumer out) {
    if (isLarge(count)) {
      out.accept(0, usable);
      return;
    }
    forEachCopy(
        member, memberOffset, count, (copy, offset, sectors) -> out.accept(offset, sectors));
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    List<Extents> gone = new ArrayList<>();
    BitSet large = (BitSet) missing.clone();
    for (int i = 0; i < members; i++) {
      Extents ofMember = bad.get(i).union(absent.get(i));
      for (int range = 0; range < ofMember.rangeCount(); range++) {
        if (isLarge(ofMember.sectorCount(range))) {
          large.set(i);
        }
      }
      gone.add(missing.get(i) ? Extents.of(0, Long.MAX_VALUE) : ofMember);
    }
    for (int i = 0; i < members; i++) {
      int member = i;
      if (!missing.get(i)) {
        gone.get(i).forEach((from, count) -> answerLost(member, from, count, gone, large, out));
      }
      bad.get(i)
          .subtract(absent.get(i))
          .forEach(
              (from, count) ->
                  inverse(
                      member,
                      from,
                      count,
                      (offset, sectors) -> out.accept(Effect.REDUNDANCY_LOST, offset, sectors)));
    }
  }

  /** Where the other copies of what a member lost are gone too. */
  private void answerLost(
      int member, long start, long count, List<Extents> gone, BitSet large, EffectConsumer out) {
    if (isLarge(count)) {
      // What another member lost in small pieces is found from there.
      if (allCopiesOn(large)) {
        out.accept(Effect.DATA_LOST, 0, usable);
      }
      return;
    }
    forEachCopy(
        member,
        start,
        count,
        (copy, offset, sectors) -> {
          long chunk = offset / chunkSectors;
          long inChunk = offset % chunkSectors;
          Extents lost = Extents.of(inChunk, sectors);
          for (int other = 0; other < copies && !lost.isEmpty(); other++) {
            if (other != copy) {
              long row = rowOf(chunk, other) * chunkSectors;
              SectorRange there = new SectorRange(row + inChunk, sectors);
              Extents ofOther = gone.get(memberOf(chunk, other));
              lost =
                  ofOther.intersects(there)
                      ? lost.intersect(ofOther.clip(there).shift(-row))
                      : Extents.EMPTY;
            }
          }
          lost.forEach(
              (from, length) -> out.accept(Effect.DATA_LOST, chunk * chunkSectors + from, length));
        });
  }

  @Override
  public void rebuild(
      int member, long memberOffset, long count, List<Extents> gone, Recipe.Consumer out) {
    forEachCopy(
        member,
        memberOffset,
        count,
        (copy, offset, sectors) -> {
          long chunk = offset / chunkSectors;
          long inChunk = offset % chunkSectors;
          long here = rowOf(chunk, copy) * chunkSectors + inChunk;
          for (int other = 0; other < copies; other++) {
            int from = memberOf(chunk, other);
            if (other != copy && !missing.get(from)) {
              long there = rowOf(chunk, other) * chunkSectors + inChunk;
              Extents.of(there, sectors)
                  .subtract(gone.get(from))
                  .forEach(
                      (start, length) ->
                          out.accept(Recipe.copy(here + start - there, length, from, start)));
            }
          }
        });
  }

  /** Whether there are chunks with all their copies on these members. */
  boolean allCopiesOn(BitSet these) {
    for (int chunk = 0; chunk < members; chunk++) {
      boolean all = true;
      for (int copy = 0; copy < copies && all; copy++) {
        all = these.get(memberOf(chunk, copy));
      }
      if (all) {
        return true;
      }
    }
    return false;
  }
}
