package io.faultline.fs.core;

import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.fs.core.FsFact.BadRanges;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import java.util.Map;
import java.util.Objects;

/**
 * Ranges that can be used again. What was rewritten or zeroed is taken from all faults of the
 * medium; what a device brought back with it only from the fault that took it away. Zeroed ranges
 * are usable, but what was there stays lost, and that is remembered.
 */
final class Recoveries {

  private Recoveries() {}

  static void recovered(Draft draft, Event event, RangeRecovered recovered) {
    String device = recovered.device();
    DeviceFaults faults = draft.faultsOf(device);
    Extents healed = recovered.ranges();
    String faultId = Objects.requireNonNullElse(event.faultId(), event.id());
    Extents after = faults.badAfter(healed, (key, piece) -> heals(recovered, faultId, piece));
    for (Map.Entry<String, BadRanges> entry : faults.pieces().entrySet()) {
      if (heals(recovered, faultId, entry.getValue())) {
        cut(draft, entry.getKey(), entry.getValue(), healed);
      }
    }
    if (recovered.data() == RecoveredData.ZEROED) {
      // It stays lost to the faults that took it, whichever of them the event names.
      faults
          .byFault(piece -> piece.cause() == Cause.MEDIA_ERROR, healed)
          .forEach(
              (fault, lost) ->
                  draft.fact(
                      Keys.bad(device, fault, event.sequence()),
                      new BadRanges(fault, null, lost, false)));
    }
    Filesystem filesystem = draft.state.mountedOn(device);
    if (filesystem != null && FsState.roleOf(filesystem, device) == Role.DATA) {
      Damage.healed(draft, filesystem, healed.subtract(after), recovered.data());
    }
    Extents good = healed.subtract(after);
    if (recovered.data() == RecoveredData.RETURNED) {
      good = good.subtract(faults.blank());
    }
    tell(draft, event, recovered, faults.byFault(piece -> heals(recovered, faultId, piece), good));
  }

  private static boolean heals(RangeRecovered recovered, String faultId, BadRanges piece) {
    return switch (recovered.data()) {
      case REWRITTEN -> piece.cause() == null || piece.cause() == Cause.MEDIA_ERROR;
      case ZEROED -> piece.cause() == Cause.MEDIA_ERROR;
      case RETURNED -> piece.cause() != null && piece.faultId().equals(faultId);
    };
  }

  private static void cut(Draft draft, String key, BadRanges piece, Extents healed) {
    Extents left = piece.ranges().subtract(healed);
    if (left.isEmpty()) {
      draft.gone(key);
    } else if (!left.equals(piece.ranges())) {
      draft.fact(key, piece.withRanges(left));
    }
  }

  private static void tell(
      Draft draft, Event event, RangeRecovered recovered, Map<String, Extents> goodByFault) {
    Filesystem filesystem = draft.state.mountedOn(recovered.device());
    Role role = filesystem == null ? null : FsState.roleOf(filesystem, recovered.device());
    if (filesystem == null || role == null || !filesystem.isWalkable(role)) {
      return;
    }
    // What went with a device was one shutdown, not an event for each file: so is its return. The
    // next mount tells what is bad then.
    boolean untold =
        recovered.data() == RecoveredData.RETURNED
            && (recovered.whole() || filesystem.isShutDown());
    if (!untold) {
      goodByFault.forEach(
          (fault, ranges) -> {
            draft.because(fault, event.id());
            Teller.recovered(draft, filesystem, role, ranges, recovered.data());
          });
    }
  }
}
