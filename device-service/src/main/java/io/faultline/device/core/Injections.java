package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sectors go bad on request, and transient ones become good again by themselves. */
final class Injections {

  private final Limits limits;

  Injections(Limits limits) {
    this.limits = limits;
  }

  Decision<DeviceFact> inject(DeviceHost host, Stamp stamp, DeviceCommand.Inject inject) {
    Device device = host.device(inject.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), inject.device()));
    }
    Problem refusal = refusal(device, inject);
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    Extents bad = bad(device, inject);
    if (device.faultRanges() + bad.rangeCount() > limits.badRangesPerDevice()) {
      return Decision.refuse(
          DeviceProblems.tooMany(
              "bad ranges on a device",
              limits.badRangesPerDevice(),
              "limits.bad-ranges-per-device"));
    }
    String faultId = stamp.newId();
    Instant until = inject.duration() == null ? null : stamp.now().plus(inject.duration());
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    FaultParts.open(
        decision,
        device.name(),
        faultId,
        new MediaFault(stamp.now(), until),
        inject.announce() ? new FaultPart(bad, Extents.EMPTY) : new FaultPart(Extents.EMPTY, bad));
    String eventId =
        inject.announce()
            ? new Told(decision, host.host(), device).corrupted(bad, faultId, inject.consumedBy())
            : null;
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("faultId", faultId);
    body.put("eventId", eventId);
    body.put("sectors", bad.totalSectors());
    body.put("ranges", bad.rangeCount());
    body.put("until", until);
    return decision.reply(Answer.accepted(body)).build();
  }

  private @Nullable Problem refusal(Device device, DeviceCommand.Inject inject) {
    if (device.state() == DeviceState.REMOVED) {
      return DeviceProblems.removed(device);
    }
    Extents asked = inject.ranges();
    if (asked.span().endSector() > device.sectors()) {
      return DeviceProblems.pastEnd(device, asked.slice(asked.rangeCount() - 1, 1).span());
    }
    if (inject.duration() != null
        && (inject.duration().isNegative()
            || inject.duration().isZero()
            || inject.duration().compareTo(limits.faultDuration()) > 0)) {
      return DeviceProblems.duration(inject.duration(), limits.faultDuration());
    }
    Scatter scatter = inject.scatter();
    int ranges = scatter == null ? asked.rangeCount() : scatter.ranges();
    if (ranges > limits.rangesPerCall()) {
      return DeviceProblems.tooManyRanges(ranges, limits.rangesPerCall());
    }
    if (scatter != null) {
      long fitting = scatter.fitting(window(device, inject), unitSectors(device, inject));
      if (scatter.ranges() > fitting) {
        return DeviceProblems.scatterTooDense(
            device, scatter.ranges(), fitting, window(device, inject));
      }
    }
    return device.faults().size() >= limits.faultsPerDevice()
        ? DeviceProblems.tooMany(
            "open faults on a device", limits.faultsPerDevice(), "limits.faults-per-device")
        : null;
  }

  private static Extents bad(Device device, DeviceCommand.Inject inject) {
    long unit = unitSectors(device, inject);
    Scatter scatter = inject.scatter();
    return scatter == null
        ? inject.ranges().roundOut(unit).clip(device.whole())
        : scatter.place(window(device, inject), unit);
  }

  private static SectorRange window(Device device, DeviceCommand.Inject inject) {
    return inject.ranges().isEmpty() ? device.whole() : inject.ranges().span();
  }

  /** Saturation leaves no good byte in a unit that the device clears as one. */
  private static long unitSectors(Device device, DeviceCommand.Inject inject) {
    return inject.saturate()
        ? device.bound().clearUnitBytes() / Device.SECTOR_BYTES
        : device.poisonUnitSectors();
  }

  /** When the next transient fault of a device is over; null if it has none, or is away. */
  static @Nullable Instant due(Device device) {
    // A device that is away can tell nothing. It tells when it is back.
    return device.state() == DeviceState.REMOVED ? null : device.nextFaultEnd();
  }

  /**
   * Faults whose time is over are taken back: exactly those, whatever overlaps them stays.
   *
   * @return whether there were any
   */
  static boolean expire(
      DeviceHost host, Device device, Instant now, Decision.Builder<DeviceFact> decision) {
    if (device.state() == DeviceState.REMOVED) {
      return false;
    }
    List<String> over = device.faultsEndingBy(now);
    for (String faultId : over) {
      Fault fault = Objects.requireNonNull(device.faults().get(faultId), faultId);
      FaultParts.close(decision, device.name(), faultId, fault);
      if (fault.knownSectors() > 0) {
        new Told(decision, host.host(), device)
            .recovered(fault.known(), faultId, RecoveredData.RETURNED);
      }
    }
    return !over.isEmpty();
  }
}
