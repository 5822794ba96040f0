package io.faultline.dm.core.target;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code delay <device> <sector> <ms> [<device> <sector> <ms> [<device> <sector> <ms>]]}: a stretch
 * of another device, later; the second triple is where writes go, the third where flushes go. The
 * kernel's {@code drivers/md/dm-delay.c}. What is read comes from the first.
 */
final class Delay {

  private static final int TRIPLE = 3;

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "delay";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          int count = arguments.count();
          if (count != TRIPLE && count != 2 * TRIPLE && count != 3 * TRIPLE) {
            return Parsed.invalid(
                "Requires exactly 3, 6 or 9 arguments",
                "the arguments are: device sector milliseconds, for reads, for writes, for flushes");
          }
          List<Leg> legs = new ArrayList<>();
          StringBuilder text = new StringBuilder();
          for (int at = 0; at < count; at += TRIPLE) {
            long start = arguments.number(at + 1);
            if (start == Arguments.NO_NUMBER) {
              return Parsed.invalid("Invalid device sector", "the sector is a number from 0");
            }
            long delay = arguments.unsignedInt(at + 2);
            if (delay == Arguments.NO_NUMBER) {
              return Parsed.invalid("Invalid delay", "a delay is a number of milliseconds");
            }
            switch (arguments.device(at)) {
              case DeviceLookup.Answer.Found found -> {
                LegRole role = at == 0 ? LegRole.DATA : LegRole.LOG;
                legs.add(new Leg(found.name(), start, sectorCount, role));
                text.append(at == 0 ? "" : " ").append(found.name());
                text.append(' ').append(start).append(' ').append(delay);
              }
              case DeviceLookup.Answer.NotFound none -> {
                return new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
              }
            }
          }
          return new Parsed.Ok(new Shift(sectorCount, text.toString(), List.copyOf(legs), false));
        }
      };

  private Delay() {}
}
