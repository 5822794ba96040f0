package io.faultline.dm.core.target;

import java.util.List;

/**
 * {@code era <metadata device> <device> <block sectors>}: a device of which it is kept which blocks
 * were written when. The kernel's {@code drivers/md/dm-era-target.c}. Without its metadata it fails
 * every write, so it fails as a whole.
 */
final class Era {

  private static final int MIN_BLOCK_SECTORS = 8;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "era";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() != 3) {
            return Parsed.invalid(
                "Invalid argument count",
                "the arguments are: metadata-device device block-sectors");
          }
          DeviceLookup.Answer metadata = arguments.device(0);
          if (metadata instanceof DeviceLookup.Answer.NotFound none) {
            return Parsed.invalid("Error opening metadata device", none.explanation());
          }
          DeviceLookup.Answer origin = arguments.device(1);
          if (origin instanceof DeviceLookup.Answer.NotFound none) {
            return Parsed.invalid("Error opening data device", none.explanation());
          }
          long block = arguments.unsignedInt(2);
          if (block == Arguments.NO_NUMBER) {
            return Parsed.invalid("Error parsing block size", "it is a number of sectors");
          }
          if (block == 0 || block % MIN_BLOCK_SECTORS != 0) {
            return Parsed.invalid("Invalid block size", "a block is a multiple of 8 sectors");
          }
          String metadataName = ((DeviceLookup.Answer.Found) metadata).name();
          String originName = ((DeviceLookup.Answer.Found) origin).name();
          return new Parsed.Ok(
              new Shift(
                  sectorCount,
                  metadataName + " " + originName + " " + block,
                  List.of(
                      new Leg(originName, 0, sectorCount),
                      Leg.whole(metadataName, LegRole.METADATA)),
                  false));
        }
      };

  private Era() {}
}
