package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * {@code unstriped <stripes> <chunk> <stripe> <device> <sector>}: one stripe of a striped device.
 * The kernel's {@code drivers/md/dm-unstripe.c}. Chunk {@code i} of the target is chunk {@code i *
 * stripes + stripe} of the leg.
 */
record Unstriped(long sectorCount, long stripes, long chunkSectors, long stripe, Leg leg)
    implements Target {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "unstriped";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() != 5) {
            return Parsed.invalid(
                "Invalid number of arguments",
                "the arguments are: stripes chunk stripe device sector");
          }
          long stripes = arguments.unsignedInt(0);
          if (stripes <= 0) {
            return Parsed.invalid("Invalid stripe count", "there is one stripe at least");
          }
          long chunk = arguments.unsignedInt(1);
          if (chunk <= 0) {
            return Parsed.invalid("Invalid chunk_size", "a chunk has one sector at least");
          }
          long stripe = arguments.unsignedInt(2);
          if (stripe == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid stripe number", "stripes count from 0");
          }
          if (stripe > stripes && stripes > 1) {
            return Parsed.invalid(
                "Please provide stripe between [0, # of stripes]", "stripes count from 0");
          }
          DeviceLookup.Answer device = arguments.device(3);
          if (device instanceof DeviceLookup.Answer.NotFound none) {
            return Parsed.invalid("Couldn't get striped device", none.explanation());
          }
          long start = arguments.number(4);
          if (start == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid striped device offset", "the sector is a number from 0");
          }
          if (sectorCount % chunk != 0) {
            return Parsed.invalid(
                "Target length not divisible by chunk size",
                sectorCount + " sectors are no multiple of " + chunk);
          }
          String name = ((DeviceLookup.Answer.Found) device).name();
          long legSectors = legSectors(sectorCount / chunk, stripes, chunk, stripe);
          return legSectors < 0
              ? Parsed.invalid("Invalid chunk_size", "no block device is that large")
              : new Parsed.Ok(
                  new Unstriped(
                      sectorCount, stripes, chunk, stripe, new Leg(name, start, legSectors)));
        }
      };

  /** To the end of the last chunk; negative if that is past all numbers. */
  private static long legSectors(long chunks, long stripes, long chunk, long stripe) {
    try {
      long before = Math.addExact(Math.multiplyExact(chunks - 1, stripes), stripe);
      return Math.multiplyExact(before + 1, chunk);
    } catch (ArithmeticException e) {
      return -1;
    }
  }

  @Override
  public String arguments() {
    return stripes
        + " "
        + chunkSectors
        + " "
        + stripe
        + " "
        + leg.device()
        + " "
        + leg.startSector();
  }

  @Override
  public List<Leg> legs() {
    return List.of(leg);
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    long from = offset;
    while (from < offset + count) {
      long inChunk = from % chunkSectors;
      long length = Math.min(chunkSectors - inChunk, offset + count - from);
      long legOffset = (from / chunkSectors * stripes + stripe) * chunkSectors + inChunk;
      out.piece(from, length, leg.device(), leg.startSector() + legOffset);
      from += length;
    }
  }

  @Override
  public void inverse(int ofLeg, long legOffset, long count, RangeConsumer out) {
    // What lies in other stripes between two chunks of ours is skipped, so that ranges touch.
    long from = inTarget(legOffset);
    long to = inTarget(legOffset + count);
    if (from < to) {
      out.accept(from, to - from);
    }
  }

  /** How many sectors of the target lie before that offset of the leg. */
  private long inTarget(long legOffset) {
    long chunk = legOffset / chunkSectors - stripe;
    long row = Math.floorDiv(chunk, stripes);
    if (row < 0) {
      return 0;
    }
    boolean inside = Math.floorMod(chunk, stripes) == 0;
    long sectors = row * chunkSectors + (inside ? legOffset % chunkSectors : chunkSectors);
    return Math.min(sectors, sectorCount);
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
