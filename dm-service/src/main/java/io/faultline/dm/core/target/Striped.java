package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code striped <stripes> <chunk> [<device> <sector>]...}: chunks dealt out over the legs in turn.
 * The kernel's {@code drivers/md/dm-stripe.c}.
 *
 * <pre>
 * two legs, chunk c:  volume  | 0   | 1   | 2   | 3   | 4   | 5   |
 *                     leg 0   | 0         | 1         | 2
 *                     leg 1         | 0         | 1         | 2
 * </pre>
 *
 * Chunk {@code i} of leg {@code k} is chunk {@code i * stripes + k} of the target; that is all
 * there is to it, in both directions, for chunks of any length.
 */
record Striped(long sectorCount, long chunkSectors, List<Leg> legs) implements Target {

  /** Chunks of a leg that the way up goes through one by one; see {@link #wholeStripes}. */
  static final long MAX_PIECES = 1L << 24;

  private static final String FORM =
      "the arguments are: stripes chunk, then a device and a sector for each stripe";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "striped";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 2) {
            return Parsed.invalid("Not enough arguments", FORM);
          }
          long stripes = arguments.unsignedInt(0);
          if (stripes <= 0) {
            return Parsed.invalid("Invalid stripe count", "there is one stripe at least");
          }
          long chunk = arguments.unsignedInt(1);
          if (chunk <= 0) {
            return Parsed.invalid("Invalid chunk_size", "a chunk has one sector at least");
          }
          if (sectorCount % stripes != 0) {
            return Parsed.invalid(
                "Target length not divisible by number of stripes",
                sectorCount + " sectors are no multiple of " + stripes);
          }
          if (sectorCount / stripes % chunk != 0) {
            return Parsed.invalid(
                "Target length not divisible by chunk size",
                sectorCount / stripes + " sectors of a stripe are no multiple of " + chunk);
          }
          if (arguments.count() != 2 + 2 * stripes) {
            return Parsed.invalid("Not enough destinations specified", FORM);
          }
          return parseLegs(sectorCount, (int) stripes, chunk, arguments);
        }
      };

  private static Parsed parseLegs(long sectorCount, int stripes, long chunk, Arguments arguments) {
    List<Leg> legs = new ArrayList<>(stripes);
    for (int i = 0; i < stripes; i++) {
      long start = arguments.number(3 + 2 * i);
      if (start == Arguments.NO_NUMBER) {
        return Parsed.invalid(
            "Couldn't parse stripe destination", "a destination is: device sector");
      }
      switch (arguments.device(2 + 2 * i)) {
        case DeviceLookup.Answer.Found found ->
            legs.add(new Leg(found.name(), start, sectorCount / stripes));
        case DeviceLookup.Answer.NotFound none -> {
          return new Parsed.Refused(
              "Couldn't parse stripe destination", none.errno(), none.explanation());
        }
      }
    }
    return new Parsed.Ok(new Striped(sectorCount, chunk, List.copyOf(legs)));
  }

  @Override
  public String arguments() {
    StringBuilder text = new StringBuilder().append(legs.size()).append(' ').append(chunkSectors);
    for (Leg leg : legs) {
      text.append(' ').append(leg.device()).append(' ').append(leg.startSector());
    }
    return text.toString();
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long chunk = from / chunkSectors;
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      Leg leg = legs.get((int) (chunk % legs.size()));
      long legOffset = chunk / legs.size() * chunkSectors + inChunk;
      out.piece(from, length, leg.device(), leg.startSector() + legOffset);
      from += length;
    }
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (count / chunkSectors > MAX_PIECES) {
      wholeStripes(legOffset, count, out);
      return;
    }
    long from = legOffset;
    while (from < legOffset + count) {
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, legOffset + count - from);
      out.accept((from / chunkSectors * legs.size() + leg) * chunkSectors + inChunk, length);
      from += length;
    }
  }

  /** Rounded outwards, in one piece: so many chunks are more than anybody could be told. */
  private void wholeStripes(long legOffset, long count, RangeConsumer out) {
    long stripeSectors = chunkSectors * legs.size();
    long first = legOffset / chunkSectors;
    long last = (legOffset + count - 1) / chunkSectors;
    out.accept(first * stripeSectors, (last - first + 1) * stripeSectors);
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return true;
  }
}
