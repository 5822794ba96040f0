package io.faultline.dm.core.target;

import java.util.List;

/**
 * {@code snapshot-origin <device>}: a device that has snapshots, as it is. The kernel's {@code
 * drivers/md/dm-snap.c}.
 */
final class SnapshotOrigin {

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "snapshot-origin";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() != 1) {
            return Parsed.invalid(
                "origin: incorrect number of arguments", "the argument is: device");
          }
          return switch (arguments.device(0)) {
            case DeviceLookup.Answer.Found found ->
                new Parsed.Ok(
                    new Shift(
                        sectorCount,
                        found.name(),
                        List.of(new Leg(found.name(), 0, sectorCount)),
                        false));
            case DeviceLookup.Answer.NotFound none ->
                new Parsed.Refused("Cannot get target device", none.errno(), none.explanation());
          };
        }
      };

  private SnapshotOrigin() {}
}
