package io.faultline.dm.core.targets;

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
 * Chunk {@code i} of leg {@code k} is chunk {@code i * stripes + k} of the target; that is all there
 * is to it, in both directions, for chunks of any length.
 */
record Striped(long sectorCount, long chunkSectors, List<Leg> legs) implements Target {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "striped";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 2) {
            return Parsed.invalid("Not enough arguments");
          }
          long stripes = arguments.unsignedInt(0);
          if (stripes <= 0) {
            return Parsed.invalid("Invalid stripe count");
          }
          long chunk = arguments.unsignedInt(1);
          if (chunk <= 0) {
            return Parsed.invalid("Invalid chunk_size");
          }
          if (sectorCount % stripes != 0) {
            return Parsed.invalid("Target length not divisible by number of stripes");
          }
          if (sectorCount / stripes % chunk != 0) {
            return Parsed.invalid("Target length not divisible by chunk size");
          }
          if (arguments.count() != 2 + 2 * stripes) {
            return Parsed.invalid("Not enough destinations specified");
          }
          return parseLegs(sectorCount, (int) stripes, chunk, arguments);
        }
      };

  private static Parsed parseLegs(long sectorCount, int stripes, long chunk, Arguments arguments) {
    List<Leg> legs = new ArrayList<>(stripes);
    for (int i = 0; i < stripes; i++) {
      long start = arguments.number(3 + 2 * i);
      if (start == Arguments.NO_NUMBER) {
        return Parsed.invalid("Couldn't parse stripe destination");
      }
      switch (arguments.device(2 + 2 * i)) {
        case DeviceLookup.Answer.Found found ->
            legs.add(new Leg(found.name(), start, sectorCount / stripes));
        case DeviceLookup.Answer.NotFound none -> {
          return new Parsed.Refused("Couldn't parse stripe destination", none.errno());
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
    long from = legOffset;
    while (from < legOffset + count) {
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, legOffset + count - from);
      out.accept((from / chunkSectors * legs.size() + leg) * chunkSectors + inChunk, length);
      from += length;
    }
  }

  @Override
  public boolean directAccess() {
    return true;
  }
}
