package io.faultline.dm.core.target;

import java.util.List;

/**
 * {@code log-writes <device> <log device>}: a device whose writes are written down on another one.
 * The kernel's {@code drivers/md/dm-log-writes.c}. The log is never read back through it.
 */
final class LogWrites {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "log-writes";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 2) {
            return Parsed.invalid("Invalid argument count", "the arguments are: device log-device");
          }
          DeviceLookup.Answer data = arguments.device(0);
          if (data instanceof DeviceLookup.Answer.NotFound none) {
            return new Parsed.Refused("Device lookup failed", none.errno(), none.explanation());
          }
          DeviceLookup.Answer log = arguments.device(1);
          if (log instanceof DeviceLookup.Answer.NotFound none) {
            return new Parsed.Refused("Log device lookup failed", none.errno(), none.explanation());
          }
          String dataName = ((DeviceLookup.Answer.Found) data).name();
          String logName = ((DeviceLookup.Answer.Found) log).name();
          return new Parsed.Ok(
              new Shift(
                  sectorCount,
                  dataName + " " + logName,
                  List.of(new Leg(dataName, 0, sectorCount), Leg.whole(logName, LegRole.LOG)),
                  true));
        }
      };

  private LogWrites() {}
}
