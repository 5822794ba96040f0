package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.List;

/**
 * {@code linear <device> <sector>}: a stretch of another device, moved. The kernel's {@code
 * drivers/md/dm-linear.c}.
 */
record Linear(long sectorCount, String device, long startSector) implements Target {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "linear";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() != 2) {
            return Parsed.invalid("Invalid argument count", "the arguments are: device sector");
          }
          long start = arguments.number(1);
          if (start == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid device sector", "the sector is a number from 0");
          }
          return switch (arguments.device(0)) {
            case DeviceLookup.Answer.Found found ->
                new Parsed.Ok(new Linear(sectorCount, found.name(), start));
            case DeviceLookup.Answer.NotFound none ->
                new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
          };
        }
      };

  @Override
  public String arguments() {
    return device + " " + startSector;
  }

  @Override
  public List<Leg> legs() {
    return List.of(new Leg(device, startSector, sectorCount));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    out.piece(offset, count, device, startSector + offset);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    out.accept(legOffset, count);
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
