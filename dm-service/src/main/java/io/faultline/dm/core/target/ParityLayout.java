package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Stripes with one or two chunks of parity: raid4, raid5 and raid6 of the kernel's {@code
 * drivers/md/raid5.c}.
 *
 * <pre>
 * left symmetric, 3 members:   stripe 0   D0  D1  P
 *                              stripe 1   D1  P   D0
 *                              stripe 2   P   D0  D1
 * </pre>
 *
 * Parity is reckoned offset by offset: what the members hold at one offset makes up one another.
 */
final class ParityLayout implements RaidLayout {

  /** Where parity lies. The names are those of the kernel's algorithms. */
  enum Algorithm {
    LEFT_ASYMMETRIC,
    RIGHT_ASYMMETRIC,
    LEFT_SYMMETRIC,
    RIGHT_SYMMETRIC,
    PARITY_0,
    PARITY_N,
    ROTATING_ZERO_RESTART,
    ROTATING_N_RESTART,
    ROTATING_N_CONTINUE,
    LEFT_ASYMMETRIC_6,
    RIGHT_ASYMMETRIC_6,
    LEFT_SYMMETRIC_6,
    RIGHT_SYMMETRIC_6
  }

  private static final int PARITY = -1;

  private final int members;
  private final int parityMembers;
  private final long chunkSectors;
  private final long stripes;
  private final BitSet missing;

  /** For each stripe of a period and each chunk of data the member that has it. */
  private final int[][] memberOf;

  /** For each stripe of a period and each member the chunk of data that it has, or parity. */
  private final int[][] dataOf;

  /**
   * @param missing the members that are not there
   */
  ParityLayout(
      Algorithm algorithm,
      int members,
      int parityMembers,
      long chunkSectors,
      long memberSectors,
      BitSet missing) {
    this.members = members;
    this.parityMembers = parityMembers;
    this.chunkSectors = chunkSectors;
    this.stripes = memberSectors / chunkSectors;
    this.missing = missing;
    int data = members - parityMembers;
    this.memberOf = new int[members][data];
    this.dataOf = new int[members][members];
    if (isDedicatedQ(algorithm)) {
      // One member less rotates: its period is shorter, and as many stripes are enough.
      fill(algorithm, members - 1);
    } else {
      fill(algorithm, members);
    }
  }

  private static boolean isDedicatedQ(Algorithm algorithm) {
    return switch (algorithm) {
      case LEFT_ASYMMETRIC_6, RIGHT_ASYMMETRIC_6, LEFT_SYMMETRIC_6, RIGHT_SYMMETRIC_6 -> true;
      case LEFT_ASYMMETRIC,
          RIGHT_ASYMMETRIC,
          LEFT_SYMMETRIC,
          RIGHT_SYMMETRIC,
          PARITY_0,
          PARITY_N,
          ROTATING_ZERO_RESTART,
          ROTATING_N_RESTART,
          ROTATING_N_CONTINUE ->
          false;
    };
  }

  private int period;

  private void fill(Algorithm algorithm, int stripesOfPeriod) {
    period = stripesOfPeriod;
    for (int stripe = 0; stripe < period; stripe++) {
      Arrays.fill(dataOf[stripe], PARITY);
      for (int i = 0; i < memberOf[stripe].length; i++) {
        int member = member(algorithm, stripe, i);
        memberOf[stripe][i] = member;
        dataOf[stripe][member] = i;
      }
    }
  }

  /** The member that has chunk {@code data} of a stripe. */
  private int member(Algorithm algorithm, int stripe, int data) {
    int last = members - 1;
    int dataMembers = members - parityMembers;
    return switch (algorithm) {
      case LEFT_ASYMMETRIC -> behind(last - stripe % members, data);
      case RIGHT_ASYMMETRIC, ROTATING_ZERO_RESTART -> behind(stripe % members, data);
      case ROTATING_N_RESTART -> behind(last - (stripe + 1) % members, data);
      case LEFT_SYMMETRIC -> (last - stripe % members + parityMembers + data) % members;
      case RIGHT_SYMMETRIC -> (stripe % members + parityMembers + data) % members;
      // Q comes before P here, so data begins right behind P.
      case ROTATING_N_CONTINUE -> (last - (stripe + 1) % members + 1 + data) % members;
      case PARITY_0 -> parityMembers + data;
      case PARITY_N -> data;
      case LEFT_ASYMMETRIC_6 -> skip(dataMembers - stripe % last, data);
      case RIGHT_ASYMMETRIC_6 -> skip(stripe % last, data);
      case LEFT_SYMMETRIC_6 -> (dataMembers - stripe % last + 1 + data) % last;
      case RIGHT_SYMMETRIC_6 -> (stripe % last + 1 + data) % last;
    };
  }

  /** Data in ascending order around P, and around Q behind it, which may wrap to the front. */
  private int behind(int parity, int data) {
    if (parityMembers == 1) {
      return skip(parity, data);
    }
    if (parity == members - 1) {
      return data + 1;
    }
    return data >= parity ? data + 2 : data;
  }

  private static int skip(int parity, int data) {
    return data >= parity ? data + 1 : data;
  }

  private int dataMembers() {
    return members - parityMembers;
  }

  private int[] membersOf(long stripe) {
    return memberOf[(int) (stripe % period)];
  }

  private int dataAt(long stripe, int member) {
    return dataOf[(int) (stripe % period)][member];
  }

  @Override
  public long usableSectors() {
    return stripes * chunkSectors * dataMembers();
  }

  @Override
  public void forward(long offset, long count, PieceConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long chunk = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      long stripe = chunk / dataMembers();
      int member = membersOf(stripe)[(int) (chunk % dataMembers())];
      if (missing.get(member)) {
        out.reconstructed(from, length);
      } else {
        out.piece(from, length, member, stripe * chunkSectors + inChunk);
      }
      from += length;
    }
  }

  @Override
  public void inverse(int member, long memberOffset, long count, RangeConsumer out) {
    forEachStripe(
        memberOffset,
        memberOffset + count,
        (stripe, inChunk, length) -> {
          int data = dataAt(stripe, member);
          if (data != PARITY) {
            out.accept(sectorOf(stripe, data) + inChunk, length);
          }
        });
  }

  @Override
  public void support(int member, long memberOffset, long count, RangeConsumer out) {
    forEachStripe(
        memberOffset,
        memberOffset + count,
        (stripe, inChunk, length) -> {
          int data = dataAt(stripe, member);
          if (data == PARITY) {
            out.accept(sectorOf(stripe, 0), dataMembers() * chunkSectors);
          } else {
            out.accept(sectorOf(stripe, data) + inChunk, length);
          }
        });
  }

  private long sectorOf(long stripe, int data) {
    return (stripe * dataMembers() + data) * chunkSectors;
  }

  private interface StripeConsumer {
    void accept(long stripe, long inChunk, long length);
  }

  private void forEachStripe(long start, long end, StripeConsumer out) {
    long last = Math.min(end, stripes * chunkSectors);
    for (long from = start; from < last; ) {
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, last - from);
      out.accept(from / chunkSectors, inChunk, length);
      from += length;
    }
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    // Between two bounds the same members are gone:
    //
    // member 0   ------|======|--------
    // member 1   ---|=====|------------
    // bounds        |  |  |   |
    long[] bounds = bounds(bad, absent);
    BitSet gone = new BitSet(members);
    BitSet newly = new BitSet(members);
    for (int i = 0; i + 1 < bounds.length; i++) {
      gone.clear();
      newly.clear();
      for (int member = 0; member < members; member++) {
        boolean notThere = absent.get(member).contains(bounds[i]);
        boolean isBad = bad.get(member).contains(bounds[i]);
        gone.set(member, notThere || isBad);
        newly.set(member, isBad && !notThere);
      }
      if (!gone.isEmpty()) {
        gone.or(missing);
        answer(bounds[i], bounds[i + 1], gone, newly, out);
      }
    }
  }

  private static long[] bounds(List<Extents> bad, List<Extents> absent) {
    int count = 0;
    for (int i = 0; i < bad.size(); i++) {
      count += 2 * (bad.get(i).rangeCount() + absent.get(i).rangeCount());
    }
    long[] bounds = new long[count];
    int next = 0;
    for (int i = 0; i < bad.size(); i++) {
      for (Extents set : List.of(bad.get(i), absent.get(i))) {
        for (int range = 0; range < set.rangeCount(); range++) {
          bounds[next++] = set.startSector(range);
          bounds[next++] = set.endSector(range);
        }
      }
    }
    Arrays.sort(bounds);
    return Arrays.stream(bounds).distinct().toArray();
  }

  private void answer(long start, long end, BitSet gone, BitSet newly, EffectConsumer out) {
    boolean lost = gone.cardinality() > parityMembers;
    if (!lost && newly.isEmpty()) {
      return;
    }
    if ((end - start) / chunkSectors > MAX_PIECES) {
      long first = start / chunkSectors;
      long stripeSectors = dataMembers() * chunkSectors;
      long last = Math.min((end + chunkSectors - 1) / chunkSectors, stripes);
      Effect effect = lost ? Effect.DATA_LOST : Effect.REDUNDANCY_LOST;
      out.accept(effect, first * stripeSectors, (last - first) * stripeSectors);
      return;
    }
    forEachStripe(
        start,
        end,
        (stripe, inChunk, length) -> {
          for (int member = gone.nextSetBit(0); member >= 0; member = gone.nextSetBit(member + 1)) {
            int data = dataAt(stripe, member);
            if (data == PARITY) {
              if (newly.get(member)) {
                out.accept(
                    Effect.REDUNDANCY_LOST, sectorOf(stripe, 0), dataMembers() * chunkSectors);
              }
            } else if (lost) {
              out.accept(Effect.DATA_LOST, sectorOf(stripe, data) + inChunk, length);
            } else if (newly.get(member)) {
              out.accept(Effect.REDUNDANCY_LOST, sectorOf(stripe, data) + inChunk, length);
            }
          }
        });
  }
}
