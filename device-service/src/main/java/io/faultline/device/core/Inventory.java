package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Generations;
import io.faultline.events.DeviceEvent;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import org.jspecify.annotations.Nullable;

/** Which devices there are. */
final class Inventory {

  private final Limits limits;

  Inventory(Limits limits) {
    this.limits = limits;
  }

  Decision<DeviceFact> create(DeviceHost host, Stamp stamp, DeviceCommand.Create create) {
    DeviceKind kind = DeviceKind.labelled(create.kind());
    if (kind == null) {
      return Decision.refuse(
          DeviceProblems.shape(
              "/kind", "kind " + create.kind() + " is none of " + DeviceKind.labels()));
    }
    long logicalBlockBytes =
        create.logicalBlockBytes() == null ? Device.SECTOR_BYTES : create.logicalBlockBytes();
    long clearUnitBytes =
        create.clearUnitBytes() == null
            ? kind.defaultClearUnitBytes(logicalBlockBytes)
            : create.clearUnitBytes();
    Problem wrong = wrongShape(create.sizeBytes(), logicalBlockBytes, clearUnitBytes);
    if (wrong != null) {
      return Decision.refuse(wrong);
    }
    long generation = host.nextGeneration();
    Bound bound =
        new Bound(
            kind.label(),
            create.sizeBytes(),
            logicalBlockBytes,
            clearUnitBytes,
            create.clearsPoison() == null || create.clearsPoison(),
            generation,
            generation,
            DeviceState.ACTIVE,
            0);
    Device existing = host.device(create.device());
    if (existing != null) {
      return existing.bound().sameShape(bound)
          ? Decision.reply(Answer.ok(DeviceViews.device(existing)))
          : Decision.refuse(DeviceProblems.exists(existing));
    }
    if (host.devices().size() >= limits.devicesPerHost()) {
      return Decision.refuse(
          DeviceProblems.tooMany(
              "devices on a host", limits.devicesPerHost(), "limits.devices-per-host"));
    }
    return created(host, stamp, create.device(), bound);
  }

  private static Decision<DeviceFact> created(
      DeviceHost host, Stamp stamp, String name, Bound bound) {
    Device device = new Device(name);
    device.setBound(bound);
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.fact(Keys.device(name), bound);
    new Told(decision, host.host(), device)
        .event(
            new DeviceEvent.DeviceAdded(
                host.host(),
                name,
                bound.kind(),
                device.sectors(),
                device.kind().dax(),
                bound.generation()),
            null);
    return decision.reply(Answer.created(DeviceViews.device(device))).build();
  }

  private @Nullable Problem wrongShape(
      long sizeBytes, long logicalBlockBytes, long clearUnitBytes) {
    if (logicalBlockBytes != 512 && logicalBlockBytes != 4096) {
      return DeviceProblems.shape(
          "/logicalBlockBytes", "logicalBlockBytes is 512 or 4096, not " + logicalBlockBytes);
    }
    if (sizeBytes <= 0 || sizeBytes % logicalBlockBytes != 0) {
      return DeviceProblems.shape(
          "/sizeBytes",
          "sizeBytes is a positive multiple of logicalBlockBytes ("
              + logicalBlockBytes
              + "), not "
              + sizeBytes);
    }
    if (sizeBytes > limits.deviceBytes()) {
      return DeviceProblems.shape(
          "/sizeBytes",
          "sizeBytes is at most "
              + limits.deviceBytes()
              + " (faultline.device.limits.device-bytes), not "
              + sizeBytes);
    }
    if (clearUnitBytes <= 0 || clearUnitBytes % logicalBlockBytes != 0) {
      return DeviceProblems.shape(
          "/clearUnitBytes",
          "clearUnitBytes is a positive multiple of logicalBlockBytes ("
              + logicalBlockBytes
              + "), not "
              + clearUnitBytes);
    }
    return null;
  }

  Decision<DeviceFact> delete(DeviceHost host, Stamp stamp, DeviceCommand.Delete delete) {
    Device device = host.device(delete.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), delete.device()));
    }
    if (!device.claims().isEmpty()) {
      return Decision.refuse(DeviceProblems.claimed(device, device.claims().firstKey()));
    }
    if (device.state() == DeviceState.LEAVING) {
      return Decision.refuse(DeviceProblems.removalRunning(device));
    }
    String name = device.name();
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.fact(
        Keys.GENERATIONS, new Generations(Math.max(host.highestOfDeleted(), device.generation())));
    device.faults().forEach((faultId, fault) -> FaultParts.close(decision, name, faultId, fault));
    Removals.forget(device, decision);
    if (device.scrub() != null) {
      decision.gone(Keys.scrub(name));
    }
    if (device.patrol() != null) {
      decision.gone(Keys.patrol(name));
    }
    decision.gone(Keys.device(name));
    new Told(decision, host.host(), device)
        .event(new DeviceEvent.DeviceRemoved(host.host(), name, null, "deleted", true), null);
    return decision.reply(Answer.noContent()).build();
  }
}
