package io.faultline.dm.core.target;

import java.util.List;

/**
 * {@code dust <device> <sector> <block bytes>}: a stretch of another device with blocks that are
 * told to fail by message. The kernel's {@code drivers/md/dm-dust.c}.
 */
final class Dust {

  private static final long MAX_BLOCK_SECTORS = 2_097_152;
  private static final int SECTOR_BYTES = 512;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "dust";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() != 3) {
            return Parsed.invalid(
                "Invalid argument count", "the arguments are: device sector block-bytes");
          }
          long blockBytes = arguments.unsignedInt(2);
          if (blockBytes <= 0) {
            return Parsed.invalid("Invalid block size parameter", "it is a number of bytes");
          }
          if (blockBytes < SECTOR_BYTES) {
            return Parsed.invalid("Block size must be at least 512", blockBytes + " is too few");
          }
          if (Long.bitCount(blockBytes) != 1) {
            return Parsed.invalid("Block size must be a power of 2", blockBytes + " is none");
          }
          if (blockBytes / SECTOR_BYTES > Math.min(sectorCount, MAX_BLOCK_SECTORS)) {
            return Parsed.invalid(
                "Block size is too large", "a block is not larger than the target or 1 GiB");
          }
          long start = arguments.number(1);
          if (start == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid device offset sector", "the sector is a number from 0");
          }
          return switch (arguments.device(0)) {
            case DeviceLookup.Answer.Found found ->
                new Parsed.Ok(
                    new Shift(
                        sectorCount,
                        found.name() + " " + start + " " + blockBytes,
                        List.of(new Leg(found.name(), start, sectorCount)),
                        false));
            case DeviceLookup.Answer.NotFound none ->
                Parsed.invalid("Device lookup failed", none.explanation());
          };
        }
      };

  private Dust() {}
}
