package io.faultline.device.core;

import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Stamp;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bad sectors are found, and are healed. */
final class Poison {

  private Poison() {}

  static Decision<DeviceFact> discover(
      DeviceHost host, Stamp stamp, DeviceCommand.Discover discover) {
    Device device = host.device(discover.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), discover.device()));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    find(host, device, Extents.of(discover.startSector(), discover.sectorCount()), decision);
    return decision.reply(Answer.noContent()).build();
  }

  /**
   * What is latent in {@code ranges} becomes known, each fault under its own id.
   *
   * @return how many sectors are known now that were not
   */
  static long find(
      DeviceHost host, Device device, Extents ranges, Decision.Builder<DeviceFact> decision) {
    if (!device.hasLatent(ranges)) {
      return 0;
    }
    Told told = new Told(decision, host.host(), device);
    long newlyKnown = 0;
    for (SectorRange range : ranges.toList()) {
      newlyKnown += device.latent(range).totalSectors();
    }
    for (Map.Entry<String, Fault> entry : device.faultsIn(ranges.span()).entrySet()) {
      Fault fault = entry.getValue();
      if (fault.latentSectors() > 0) {
        Extents.Builder found = Extents.builder();
        FaultParts.change(
            decision,
            device.name(),
            entry.getKey(),
            fault,
            ranges.span(),
            part -> {
              Extents here = part.latent().intersect(ranges);
              found.addAll(here);
              return part.discovered(here);
            });
        Extents all = found.build();
        if (!all.isEmpty()) {
          told.corrupted(all, entry.getKey(), null);
        }
      }
    }
    return newlyKnown;
  }

  static Decision<DeviceFact> heal(DeviceHost host, Stamp stamp, DeviceCommand.Heal heal) {
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
    for (Map.Entry<String, Fault> entry : device.faultsIn(heal.ranges().span()).entrySet()) {
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
      body.put("notCleared", device.known(heal.asked()).subtract(heal.ranges()).toPairs());
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
