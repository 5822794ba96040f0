package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Acknowledged;
import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Devices leave and come back.
 *
 * <p>A planned removal gives each device a credit of its own, divided among its claims (Mattern,
 * "Global quiescence detection based on credit distribution and recovery", 1989). Whoever ends the
 * way above returns a share; when all shares of all devices of the removal are back, or the
 * deadline has passed, they go together. Nobody can veto.
 */
final class Removals {

  /** All credit of one device: the largest number that JSON readers keep exactly. */
  static final long CREDIT = (1L << 53) - 1;

  private final Limits limits;

  Removals(Limits limits) {
    this.limits = limits;
  }

  Decision<DeviceFact> unplug(DeviceHost host, Stamp stamp, DeviceCommand.Unplug unplug) {
    List<Device> devices = new ArrayList<>();
    Problem refusal = refusal(host, unplug, devices);
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    boolean waits =
        unplug.mode() == UnplugMode.PLANNED
            && devices.stream().anyMatch(device -> !device.claims().isEmpty());
    Instant deadline =
        unplug.mode() == UnplugMode.PLANNED ? stamp.now().plus(unplug.deadline()) : null;
    String removalId = stamp.newId();
    String faultId = stamp.newId();
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    for (Device device : devices) {
      Removal removal =
          new Removal(
              removalId,
              faultId,
              unplug.mode(),
              false,
              false,
              waits && !device.claims().isEmpty() ? CREDIT : 0,
              stamp.now(),
              deadline,
              List.copyOf(device.claims().keySet()));
      if (waits) {
        announce(host, device, removal, decision);
      } else {
        leave(host, device, removal, decision);
      }
    }
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("removalId", removalId);
    body.put("faultId", faultId);
    return decision.reply(Answer.accepted(body)).build();
  }

  private @Nullable Problem refusal(
      DeviceHost host, DeviceCommand.Unplug unplug, List<Device> found) {
    if (unplug.devices().isEmpty()) {
      return Problem.malformed("devices names at least one device").at("/devices", "is empty");
    }
    if (unplug.devices().size() > limits.devicesPerUnplug()) {
      return Problem.refused(
          "too-many-devices",
          "Too many devices at once",
          "at most "
              + limits.devicesPerUnplug()
              + " devices leave in one removal (faultline.device.limits.devices-per-unplug), not "
              + unplug.devices().size());
    }
    if (unplug.mode() == UnplugMode.PLANNED
        && (unplug.deadline().isNegative()
            || unplug.deadline().isZero()
            || unplug.deadline().compareTo(limits.removalDeadline()) > 0)) {
      return Problem.refused(
              "deadline",
              "There is no such deadline",
              "deadline is above PT0S and at most "
                  + limits.removalDeadline()
                  + " (faultline.device.limits.removal-deadline), not "
                  + unplug.deadline())
          .at("/deadline", "out of bounds");
    }
    TreeSet<String> names = new TreeSet<>();
    for (String name : unplug.devices()) {
      Device device = host.device(name);
      if (device == null) {
        return DeviceProblems.unknownDevice(host.host(), name);
      }
      if (!names.add(name)) {
        return Problem.malformed("device " + name + " is named twice").at("/devices", "repeats");
      }
      found.add(device);
    }
    for (Device device : found) {
      Problem busy = busy(device, unplug.mode());
      if (busy != null) {
        return busy;
      }
    }
    return null;
  }

  private static @Nullable Problem busy(Device device, UnplugMode mode) {
    return switch (device.state()) {
      case LEAVING -> DeviceProblems.removalRunning(device);
      case REMOVED -> DeviceProblems.removed(device);
      case ACTIVE ->
          mode == UnplugMode.ORDERLY && !device.claims().isEmpty()
              ? DeviceProblems.held(device)
              : null;
    };
  }

  private static void announce(
      DeviceHost host, Device device, Removal removal, Decision.Builder<DeviceFact> decision) {
    decision.fact(Keys.device(device.name()), device.bound().inState(DeviceState.LEAVING));
    decision.fact(Keys.removal(device.name()), removal);
    new Told(decision, host.host(), device)
        .event(
            new MfMemPreRemove(
                host.host(),
                device.name(),
                Extents.of(device.whole()),
                true,
                Cause.DEVICE_REMOVED,
                null,
                0,
                true,
                removal.removalId(),
                Objects.requireNonNull(removal.deadline(), "a planned removal has a deadline"),
                shares(removal.holders())),
            removal.faultId());
  }

  /** All credit, divided; what does not divide evenly goes to the first. */
  static Map<String, Long> shares(List<String> holders) {
    Map<String, Long> shares = new LinkedHashMap<>();
    for (String holder : holders) {
      long rest = shares.isEmpty() ? CREDIT % holders.size() : 0;
      shares.put(holder, CREDIT / holders.size() + rest);
    }
    return shares;
  }

  private static void leave(
      DeviceHost host, Device device, Removal removal, Decision.Builder<DeviceFact> decision) {
    // Nobody was asked before a surprise, so nobody can have agreed.
    Removal left = removal.left();
    Removal told =
        removal.mode() == UnplugMode.SURPRISE
            ? new Removal(
                left.removalId(),
                left.faultId(),
                left.mode(),
                true,
                false,
                0,
                left.since(),
                null,
                left.holders())
            : left;
    String name = device.name();
    decision.fact(Keys.device(name), device.bound().inState(DeviceState.REMOVED));
    decision.fact(Keys.removal(name), told);
    device.acknowledgements().forEach(eventId -> decision.gone(Keys.ack(name, eventId)));
    Told above = new Told(decision, host.host(), device);
    above.left(told.faultId());
    above.event(
        new DeviceEvent.DeviceRemoved(
            host.host(), name, told.removalId(), told.mode().label(), told.acknowledged()),
        told.faultId());
  }

  Decision<DeviceFact> tick(DeviceHost host, Stamp stamp) {
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    for (Device device : host.devices()) {
      Removal removal = device.removal();
      if (removal != null
          && !removal.gone()
          && removal.deadline() != null
          && !stamp.now().isBefore(removal.deadline())) {
        leave(host, device, removal, decision);
      }
    }
    return decision.build();
  }

  /** What an acknowledgement is worth. */
  AckVerdict verdict(DeviceHost host, String eventId, RemovalAck ack) {
    Device device = host.device(ack.device());
    Removal removal = device == null ? null : device.removal();
    if (device == null || removal == null || !removal.removalId().equals(ack.removalId())) {
      return AckVerdict.UNKNOWN;
    }
    if (removal.gone()) {
      return AckVerdict.LATE;
    }
    if (device.hasAcknowledged(eventId)) {
      return AckVerdict.REPEATED;
    }
    boolean isShare = ack.credit() > 0 && ack.credit() <= removal.creditOutstanding();
    boolean canBeTold =
        eventId.indexOf('\0') < 0 && device.acknowledgementCount() < limits.acksPerRemoval();
    return isShare && canBeTold ? AckVerdict.COUNTED : AckVerdict.UNKNOWN;
  }

  Decision<DeviceFact> acknowledge(DeviceHost host, Stamp stamp, String eventId, RemovalAck ack) {
    if (verdict(host, eventId, ack) != AckVerdict.COUNTED) {
      return Decision.nothing();
    }
    Device device = Objects.requireNonNull(host.device(ack.device()));
    Removal removal = Objects.requireNonNull(device.removal());
    Removal returned = removal.withCredit(removal.creditOutstanding() - ack.credit());
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    List<Device> together = host.leavingTogether(removal.removalId());
    boolean allBack =
        returned.creditOutstanding() == 0
            && together.stream().allMatch(other -> other == device || isAcknowledged(other));
    if (!allBack) {
      decision.fact(Keys.ack(device.name(), eventId), new Acknowledged(ack.credit()));
      decision.fact(Keys.removal(device.name()), returned);
      return decision.build();
    }
    for (Device leaving : together) {
      Removal last = leaving == device ? returned : Objects.requireNonNull(leaving.removal());
      leave(host, leaving, last, decision);
    }
    return decision.build();
  }

  private static boolean isAcknowledged(Device device) {
    Removal removal = device.removal();
    return removal != null && removal.creditOutstanding() == 0;
  }

  Decision<DeviceFact> plug(DeviceHost host, Stamp stamp, DeviceCommand.Plug plug) {
    Device device = host.device(plug.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), plug.device()));
    }
    Removal removal = device.removal();
    if (device.state() != DeviceState.REMOVED || removal == null) {
      return Decision.refuse(DeviceProblems.notRemoved(device));
    }
    Bound bound = device.bound().pluggedIn();
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.fact(Keys.device(device.name()), bound);
    Told told = new Told(decision, host.host(), device);
    told.event(
        new DeviceEvent.DevicePlugged(
            host.host(), device.name(), bound.generation(), device.sectors()),
        removal.faultId());
    told.returned(removal.faultId());
    Map<String, @Nullable Object> body = new LinkedHashMap<>(DeviceViews.device(device));
    body.put("generation", bound.generation());
    body.put("state", bound.state().label());
    body.put("removal", null);
    return decision.reply(Answer.ok(body)).build();
  }
}
