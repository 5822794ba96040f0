package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.device.core.DeviceFact.Scrubbed;
import io.faultline.events.DeviceEvent;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Stamp;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sectors go bad, are found, and are healed. */
final class Poison {

  private final Limits limits;

  Poison(Limits limits) {
    this.limits = limits;
  }

  Decision<DeviceFact> inject(DeviceHost host, Stamp stamp, DeviceCommand.Inject inject) {
    Device device = host.device(inject.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), inject.device()));
    }
    if (device.state() == DeviceState.REMOVED) {
      return Decision.refuse(DeviceProblems.removed(device));
    }
    SectorRange asked = new SectorRange(inject.startSector(), inject.sectorCount());
    if (asked.endSector() > device.sectors()) {
      return Decision.refuse(DeviceProblems.pastEnd(device, asked));
    }
    if (device.faults().size() >= limits.faultsPerDevice()) {
      return Decision.refuse(
          DeviceProblems.tooMany(
              "open faults on a device", limits.faultsPerDevice(), "limits.faults-per-device"));
    }
    if (device.faultRanges() >= limits.badRangesPerDevice()) {
      return Decision.refuse(
          DeviceProblems.tooMany(
              "bad ranges on a device",
              limits.badRangesPerDevice(),
              "limits.bad-ranges-per-device"));
    }
    Extents bad =
        Extents.of(asked).roundOut(device.bound().logicalBlockBytes() / Device.SECTOR_BYTES);
    String faultId = stamp.newId();
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    FaultParts.open(
        decision,
        device.name(),
        faultId,
        new MediaFault(stamp.now(), null),
        inject.announce() ? new FaultPart(bad, Extents.EMPTY) : new FaultPart(Extents.EMPTY, bad));
    String eventId =
        inject.announce()
            ? new Told(decision, host.host(), device).corrupted(bad, faultId, inject.consumedBy())
            : null;
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("faultId", faultId);
    body.put("eventId", eventId);
    return decision.reply(Answer.accepted(body)).build();
  }

  Decision<DeviceFact> discover(DeviceHost host, Stamp stamp, DeviceCommand.Discover discover) {
    Device device = host.device(discover.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), discover.device()));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    find(host, device, new SectorRange(discover.startSector(), discover.sectorCount()), decision);
    return decision.reply(Answer.noContent()).build();
  }

  Decision<DeviceFact> scrub(DeviceHost host, Stamp stamp, DeviceCommand.Scrub scrub) {
    Device device = host.device(scrub.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), scrub.device()));
    }
    if (device.state() == DeviceState.REMOVED) {
      return Decision.refuse(DeviceProblems.removed(device));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    long found = device.latent().totalSectors();
    find(host, device, device.whole(), decision);
    decision.fact(
        Keys.scrub(device.name()), new Scrubbed(stamp.now(), stamp.now(), device.sectors(), found));
    new Told(decision, host.host(), device)
        .event(
            new DeviceEvent.ScrubCompleted(
                host.host(), device.name(), device.sectors(), found, "completed"),
            null);
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("state", "completed");
    body.put("sectors", device.sectors());
    body.put("scrubbedSectors", device.sectors());
    body.put("foundSectors", found);
    return decision.reply(Answer.accepted(body)).build();
  }

  /** What is latent in {@code range} becomes known, each fault under its own id. */
  private static void find(
      DeviceHost host, Device device, SectorRange range, Decision.Builder<DeviceFact> decision) {
    Told told = new Told(decision, host.host(), device);
    for (Map.Entry<String, Fault> entry : device.faults().entrySet()) {
      Fault fault = entry.getValue();
      if (fault.latentSectors() > 0) {
        Extents.Builder found = Extents.builder();
        FaultParts.change(
            decision,
            device.name(),
            entry.getKey(),
            fault,
            range,
            part -> {
              Extents here = part.latent().clip(range);
              found.addAll(here);
              return part.discovered(here);
            });
        Extents all = found.build();
        if (!all.isEmpty()) {
          told.corrupted(all, entry.getKey(), null);
        }
      }
    }
  }

  Decision<DeviceFact> heal(DeviceHost host, Stamp stamp, DeviceCommand.Heal heal) {
    Device device = host.device(heal.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), heal.device()));
    }
    if (device.generation() != heal.generation()) {
      return Decision.refuse(DeviceProblems.staleGeneration(device, heal.generation()));
    }
    if (device.state() == DeviceState.REMOVED) {
      return Decision.refuse(DeviceProblems.removed(device));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    String firstFault = null;
    for (Map.Entry<String, Fault> entry : device.faults().entrySet()) {
      Fault fault = entry.getValue();
      boolean isFirst =
          firstFault == null
              && fault.partsIn(heal.ranges().span()).values().stream()
                  .anyMatch(part -> !part.known().intersect(heal.ranges()).isEmpty());
      firstFault = isFirst ? entry.getKey() : firstFault;
      FaultParts.change(
          decision,
          device.name(),
          entry.getKey(),
          fault,
          heal.ranges().span(),
          part -> part.without(heal.ranges()));
    }
    // What was latent heals in silence: nobody was told that it was bad.
    Extents healed = device.known(heal.ranges());
    String eventId =
        firstFault == null
            ? null
            : new Told(decision, host.host(), device).recovered(healed, firstFault, heal.data());
    Map<String, @Nullable Object> body = healed(healed, eventId);
    if (heal.data() == RecoveredData.ZEROED) {
      // What could not be cleared is said, not counted as done (pmem/ndctl issue 158).
      body.put("cleared", healed.toPairs());
      body.put(
          "notCleared", device.known().intersect(heal.asked()).subtract(heal.ranges()).toPairs());
    }
    return decision.reply(Answer.ok(body)).build();
  }

  /** The answer to a change of content: which known bad sectors it healed. */
  static Map<String, @Nullable Object> healed(Extents ranges, @Nullable String eventId) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("ranges", ranges.toPairs());
    body.put("eventId", eventId);
    return body;
  }
}
