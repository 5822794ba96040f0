package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Decision;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.UnaryOperator;

/** How faults are written down: a head, and their ranges in parts of bounded size. */
final class FaultParts {

  /** Ranges of one part at most, known and latent together; about 4 KiB as it is written. */
  static final int PART_RANGES = 1024;

  private FaultParts() {}

  /** A new fault. */
  static void open(
      Decision.Builder<DeviceFact> decision,
      String device,
      String faultId,
      MediaFault head,
      FaultPart all) {
    decision.fact(Keys.fault(device, faultId), head);
    write(decision, device, faultId, all.span().startSector(), all);
  }

  /**
   * Changes the parts of a fault that may have sectors of {@code range}, and takes the fault away
   * if nothing is left of it.
   *
   * @param change gives what a part is to be; it may lose sectors and make latent ones known
   */
  static void change(
      Decision.Builder<DeviceFact> decision,
      String device,
      String faultId,
      Fault fault,
      SectorRange range,
      UnaryOperator<FaultPart> change) {
    long left = fault.knownSectors() + fault.latentSectors();
    NavigableMap<Long, FaultPart> parts = fault.partsIn(range);
    for (Map.Entry<Long, FaultPart> entry : parts.entrySet()) {
      FaultPart before = entry.getValue();
      FaultPart after = change.apply(before);
      if (!after.equals(before)) {
        left -= before.totalSectors() - after.totalSectors();
        write(decision, device, faultId, entry.getKey(), after);
      }
    }
    if (left == 0) {
      decision.gone(Keys.fault(device, faultId));
    }
  }

  /** Nothing is left of a fault. */
  static void close(
      Decision.Builder<DeviceFact> decision, String device, String faultId, Fault fault) {
    fault.parts().keySet().forEach(start -> decision.gone(Keys.part(device, faultId, start)));
    decision.gone(Keys.fault(device, faultId));
  }

  private static void write(
      Decision.Builder<DeviceFact> decision,
      String device,
      String faultId,
      long startSector,
      FaultPart part) {
    if (part.isEmpty()) {
      decision.gone(Keys.part(device, faultId, startSector));
      return;
    }
    int ranges = part.rangeCount();
    if (ranges <= PART_RANGES) {
      decision.fact(Keys.part(device, faultId, startSector), part);
      return;
    }
    // Known and latent ranges of a fault share no sector, so a cut where one begins cuts none.
    long[] starts = starts(part);
    for (int from = 0; from < ranges; from += PART_RANGES) {
      long start = from == 0 ? startSector : starts[from];
      long end = from + PART_RANGES < ranges ? starts[from + PART_RANGES] : Long.MAX_VALUE;
      decision.fact(Keys.part(device, faultId, start), part.clip(SectorRange.between(start, end)));
    }
  }

  private static long[] starts(FaultPart part) {
    Extents known = part.known();
    Extents latent = part.latent();
    long[] starts = new long[known.rangeCount() + latent.rangeCount()];
    for (int i = 0; i < known.rangeCount(); i++) {
      starts[i] = known.startSector(i);
    }
    for (int i = 0; i < latent.rangeCount(); i++) {
      starts[known.rangeCount() + i] = latent.startSector(i);
    }
    if (!known.isEmpty() && !latent.isEmpty()) {
      Arrays.sort(starts);
    }
    return starts;
  }
}
