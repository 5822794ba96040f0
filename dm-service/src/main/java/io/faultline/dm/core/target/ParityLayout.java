package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
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

  private final Algorithm algorithm;
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
    this.algorithm = algorithm;
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
    forEachChunk(
        offset,
        count,
        (from, stripe, member, memberOffset, length) -> {
          if (missing.get(member)) {
            out.reconstructed(from, length);
          } else {
            out.piece(from, length, member, memberOffset);
          }
        });
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
            protectedBy(stripe, inChunk, length, out);
          } else {
            out.accept(sectorOf(stripe, data) + inChunk, length);
          }
        });
  }

  /**
   * What parity is reckoned from: the same part of every chunk of data of its stripe. The kernel
   * reckons it by pages; what of a page has nothing bad beside it still adds up.
   */
  private void protectedBy(long stripe, long inChunk, long length, RangeConsumer out) {
    if (length == chunkSectors) {
      out.accept(sectorOf(stripe, 0), dataMembers() * chunkSectors);
      return;
    }
    for (int data = 0; data < dataMembers(); data++) {
      out.accept(sectorOf(stripe, data) + inChunk, length);
    }
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

  /**
   * P and Q are each a sum over the stripe that is nothing: of all data and P, and of all data each
   * times its own power of the generator and Q. Whatever is not in a sum, or not in two of them
   * added so that it vanishes, need not be there.
   */
  @Override
  public void rebuild(
      int member, long memberOffset, long count, List<Extents> gone, Recipe.Consumer out) {
    SectorRange range = new SectorRange(memberOffset, count);
    List<Extents> near = gone.stream().map(ofMember -> ofMember.clip(range)).toList();
    List<Extents> whole = List.of(Extents.of(range));
    long[] bounds = bounds(near, whole);
    for (int i = 0; i + 1 < bounds.length; i++) {
      long from = bounds[i];
      BitSet absent = (BitSet) missing.clone();
      for (int each = 0; each < members; each++) {
        if (near.get(each).contains(from)) {
          absent.set(each);
        }
      }
      absent.clear(member);
      forEachStripe(
          from,
          bounds[i + 1],
          (stripe, inChunk, length) ->
              rebuild(stripe, member, absent, stripe * chunkSectors + inChunk, length, out));
    }
  }

  private interface ChunkConsumer {
    void accept(long offset, long stripe, int member, long memberOffset, long length);
  }

  private void forEachChunk(long offset, long count, ChunkConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long chunk = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      long stripe = chunk / dataMembers();
      int member = membersOf(stripe)[(int) (chunk % dataMembers())];
      out.accept(from, stripe, member, stripe * chunkSectors + inChunk, length);
      from += length;
    }
  }

  @Override
  public void reconstruct(long offset, long count, List<Extents> gone, Recipe.Consumer out) {
    forEachChunk(
        offset,
        count,
        (from, stripe, member, memberOffset, length) ->
            rebuild(
                member,
                memberOffset,
                length,
                gone,
                recipe ->
                    out.accept(
                        new Recipe(
                            from + recipe.legOffset() - memberOffset,
                            recipe.sectorCount(),
                            recipe.ingredients()))));
  }

  @Override
  public void checks(long offset, long count, CheckConsumer out) {
    forEachChunk(
        offset,
        count,
        (from, stripe, member, memberOffset, length) -> {
          int memberOfQ = parityMembers == 2 ? memberOfQ(stripe) : -1;
          for (int each = 0; each < members; each++) {
            if (dataAt(stripe, each) == PARITY) {
              int factor = each == memberOfQ ? Galois.power(exponent(stripe, member)) : 1;
              out.check(from, length, each, memberOffset, factor, dataMembers());
            }
          }
        });
  }

  private void rebuild(
      long stripe, int member, BitSet absent, long offset, long length, Recipe.Consumer out) {
    int[] p = new int[members];
    int[] q = new int[members];
    int memberOfQ = parityMembers == 2 ? memberOfQ(stripe) : -1;
    for (int each = 0; each < members; each++) {
      boolean isData = dataAt(stripe, each) != PARITY;
      p[each] = each == memberOfQ ? 0 : 1;
      q[each] = isData ? Galois.power(exponent(stripe, each)) : each == memberOfQ ? 1 : 0;
    }
    addRecipe(p, member, absent, offset, length, out);
    if (memberOfQ >= 0) {
      addRecipe(q, member, absent, offset, length, out);
      int other = absent.nextSetBit(0);
      if (other >= 0 && p[other] != 0 && q[other] != 0) {
        int[] both = new int[members];
        for (int each = 0; each < members; each++) {
          both[each] = Galois.product(p[each], q[other]) ^ Galois.product(q[each], p[other]);
        }
        addRecipe(both, member, absent, offset, length, out);
      }
    }
  }

  /** What of a sum that is nothing makes up for one of its members, if the others are there. */
  private void addRecipe(
      int[] sum, int member, BitSet absent, long offset, long length, Recipe.Consumer out) {
    if (sum[member] == 0) {
      return;
    }
    List<Recipe.Ingredient> ingredients = new ArrayList<>();
    for (int each = 0; each < members; each++) {
      if (each != member && sum[each] != 0) {
        if (absent.get(each)) {
          return;
        }
        int factor = Galois.quotient(sum[each], sum[member]);
        ingredients.add(new Recipe.Ingredient(each, offset, factor));
      }
    }
    out.accept(new Recipe(offset, length, ingredients));
  }

  private int memberOfQ(long stripe) {
    int first = 0;
    while (dataAt(stripe, first) != PARITY) {
      first++;
    }
    int second = first + 1;
    while (dataAt(stripe, second) != PARITY) {
      second++;
    }
    boolean wraps = first == 0 && second == members - 1 && members > 2;
    return switch (algorithm) {
      // P right behind Q; Q right behind P otherwise.
      case ROTATING_N_CONTINUE -> wraps ? second : first;
      case ROTATING_ZERO_RESTART, ROTATING_N_RESTART -> wraps ? first : second;
      case LEFT_ASYMMETRIC,
          RIGHT_ASYMMETRIC,
          LEFT_SYMMETRIC,
          RIGHT_SYMMETRIC,
          PARITY_0,
          PARITY_N,
          LEFT_ASYMMETRIC_6,
          RIGHT_ASYMMETRIC_6,
          LEFT_SYMMETRIC_6,
          RIGHT_SYMMETRIC_6 ->
          second;
    };
  }

  /**
   * The power of the generator for a member's data, as the kernel's {@code raid6_idx_to_slot} has
   * it: the layouts that come from DDF count all members, the others those with data.
   */
  private int exponent(long stripe, int member) {
    return switch (algorithm) {
      case ROTATING_ZERO_RESTART, ROTATING_N_RESTART, ROTATING_N_CONTINUE -> member;
      case LEFT_ASYMMETRIC,
          RIGHT_ASYMMETRIC,
          LEFT_SYMMETRIC,
          RIGHT_SYMMETRIC,
          PARITY_0,
          PARITY_N,
          LEFT_ASYMMETRIC_6,
          RIGHT_ASYMMETRIC_6,
          LEFT_SYMMETRIC_6,
          RIGHT_SYMMETRIC_6 -> {
        int exponent = 0;
        for (int each = 0; each < member; each++) {
          exponent += dataAt(stripe, each) == PARITY ? 0 : 1;
        }
        yield exponent;
      }
    };
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

  @SafeVarargs
  private static long[] bounds(List<Extents>... lists) {
    int count = 0;
    for (List<Extents> sets : lists) {
      for (Extents set : sets) {
        count += 2 * set.rangeCount();
      }
    }
    long[] bounds = new long[count];
    int next = 0;
    for (List<Extents> sets : lists) {
      for (Extents set : sets) {
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
                protectedBy(
                    stripe,
                    inChunk,
                    length,
                    (offset, count) -> out.accept(Effect.REDUNDANCY_LOST, offset, count));
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
