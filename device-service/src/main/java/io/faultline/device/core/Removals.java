package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.AckCounts;
import io.faultline.device.core.DeviceFact.Acknowledged;
import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Origin;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Devices leave and come back. What meets a removal that is running, and how each ends, is a table
 * in docs/API.md.
 *
 * <p>A planned removal gives each device a {@link Credit} of its own. When all of it is back for
 * all devices of the removal, or the deadline has passed, they go together. Nobody can veto.
 */
final class Removals {

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
    Removal begun = begun(stamp, unplug, devices);
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    for (Device device : devices) {
      if (waits) {
        announce(host, device, begun, decision);
      } else if (device.state() == DeviceState.LEAVING) {
        Removal running = Objects.requireNonNull(device.removal());
        leave(host, stamp, device, running, RemovalEnd.SURPRISE, false, decision);
      } else {
        shares(device, Credit.none(device.claims().keySet()), decision);
        leave(host, stamp, device, begun, endAtOnce(unplug.mode()), true, decision);
      }
    }
    // Those that waited only for one that was pulled now go as well.
    List<Device> rest = new ArrayList<>(host.leavingTogether(begun.removalId()));
    rest.removeAll(devices);
    if (rest.stream().allMatch(Removals::isBack)) {
      RemovalEnd end = endOf(rest, null, null);
      rest.forEach(
          other -> {
            Removal last = Objects.requireNonNull(other.removal());
            leave(host, stamp, other, last, end, true, decision);
          });
    }
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("removalId", begun.removalId());
    body.put("faultId", begun.faultId());
    return decision.reply(Answer.accepted(body)).build();
  }

  /** A device that is pulled while it is drained leaves in the removal that it is in already. */
  private static Removal begun(Stamp stamp, DeviceCommand.Unplug unplug, List<Device> devices) {
    Removal running = null;
    for (Device device : devices) {
      running = device.state() == DeviceState.LEAVING ? device.removal() : running;
    }
    return new Removal(
        running == null ? stamp.newId() : running.removalId(),
        running == null ? stamp.newId() : running.faultId(),
        unplug.mode(),
        stamp.now(),
        unplug.mode() == UnplugMode.PLANNED ? stamp.now().plus(unplug.deadline()) : null,
        0,
        AckCounts.NONE,
        null,
        null);
  }

  private static RemovalEnd endAtOnce(UnplugMode mode) {
    return switch (mode) {
      case PLANNED -> RemovalEnd.UNCLAIMED;
      case SURPRISE -> RemovalEnd.SURPRISE;
      case ORDERLY -> RemovalEnd.ORDERLY;
    };
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
                  + unplug.devices().size())
          .at("/devices", "too many");
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
    Removal running = null;
    for (Device device : found) {
      Problem busy = busy(device, unplug.mode());
      if (busy != null) {
        return busy;
      }
      if (device.state() == DeviceState.LEAVING) {
        Removal other = Objects.requireNonNull(device.removal());
        if (running != null && !running.removalId().equals(other.removalId())) {
          return DeviceProblems.removalRunning(device);
        }
        running = other;
      }
    }
    return null;
  }

  private static @Nullable Problem busy(Device device, UnplugMode mode) {
    return switch (device.state()) {
      case LEAVING -> mode == UnplugMode.SURPRISE ? null : DeviceProblems.removalRunning(device);
      case REMOVED -> DeviceProblems.removed(device);
      case ACTIVE ->
          mode == UnplugMode.ORDERLY && !device.claims().isEmpty()
              ? DeviceProblems.held(device)
              : null;
    };
  }

  private static void announce(
      DeviceHost host, Device device, Removal removal, Decision.Builder<DeviceFact> decision) {
    Credit credit = Credit.divided(device.claims().keySet());
    Map<String, Long> credits = new LinkedHashMap<>();
    credit.shares().forEach((holder, share) -> credits.put(holder, share.credit()));
    decision.fact(Keys.device(device.name()), device.bound().inState(DeviceState.LEAVING));
    decision.fact(Keys.removal(device.name()), removal);
    shares(device, credit, decision);
    new Told(decision, host.host(), device)
        .event(
            new MfMemPreRemove(
                host.host(),
                device.name(),
                Extents.of(device.whole()),
                true,
                Cause.DEVICE_REMOVED,
                Origin.of(device.name(), Extents.of(device.whole())),
                0,
                true,
                removal.removalId(),
                Objects.requireNonNull(removal.deadline(), "a planned removal has a deadline"),
                credits),
            removal.faultId());
  }

  /** The shares as they are from now on, instead of those that the device has. */
  private static void shares(Device device, Credit credit, Decision.Builder<DeviceFact> decision) {
    String name = device.name();
    for (String holder : device.shares().keySet()) {
      if (!credit.shares().containsKey(holder)) {
        decision.gone(Keys.share(name, holder));
      }
    }
    credit
        .shares()
        .forEach(
            (holder, share) -> {
              if (!share.equals(device.shares().get(holder))) {
                decision.fact(Keys.share(name, holder), share);
              }
            });
  }

  private static void leave(
      DeviceHost host,
      Stamp stamp,
      Device device,
      Removal removal,
      RemovalEnd end,
      boolean creditIsBack,
      Decision.Builder<DeviceFact> decision) {
    // Nobody was asked before a surprise, so nobody can have agreed.
    boolean acknowledged = creditIsBack && end != RemovalEnd.SURPRISE;
    Removal ended = removal.endedBy(end, stamp.now(), acknowledged);
    String name = device.name();
    decision.fact(Keys.device(name), device.bound().inState(DeviceState.REMOVED));
    decision.fact(Keys.removal(name), ended);
    device.acknowledgements().forEach(eventId -> decision.gone(Keys.ack(name, eventId)));
    Told above = new Told(decision, host.host(), device);
    above.left(ended.faultId());
    above.event(
        new DeviceEvent.DeviceRemoved(
            host.host(), name, ended.removalId(), ended.mode().label(), acknowledged),
        ended.faultId());
  }

  /** Forgets what is kept of the newest removal of a device. */
  static void forget(Device device, Decision.Builder<DeviceFact> decision) {
    String name = device.name();
    device.acknowledgements().forEach(eventId -> decision.gone(Keys.ack(name, eventId)));
    device.shares().keySet().forEach(holder -> decision.gone(Keys.share(name, holder)));
    if (device.removal() != null) {
      decision.gone(Keys.removal(name));
    }
  }

  Decision<DeviceFact> tick(DeviceHost host, Stamp stamp) {
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    for (Device device : host.devices()) {
      Removal removal = device.removal();
      if (removal != null
          && !removal.gone()
          && removal.deadline() != null
          && !stamp.now().isBefore(removal.deadline())) {
        leave(host, stamp, device, removal, RemovalEnd.DEADLINE, isBack(device), decision);
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
    boolean isShare = ack.credit() > 0 && ack.credit() <= device.credit().returnable();
    boolean canBeTold =
        eventId.indexOf('\0') < 0 && device.acknowledgementCount() < limits.acksPerRemoval();
    return isShare && canBeTold ? AckVerdict.COUNTED : AckVerdict.UNKNOWN;
  }

  Decision<DeviceFact> acknowledge(DeviceHost host, Stamp stamp, String eventId, RemovalAck ack) {
    Device device = host.device(ack.device());
    Removal removal = device == null ? null : device.removal();
    if (device == null || removal == null) {
      return Decision.nothing();
    }
    AckVerdict verdict = verdict(host, eventId, ack);
    Removal told = removal.counting(verdict);
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    if (verdict == AckVerdict.COUNTED) {
      Credit credit = device.credit().returned(ack.holder(), ack.credit());
      shares(device, credit, decision);
      told = told.withPooled(credit.pooled());
      if (leaveIfAllIsBack(host, stamp, device, credit, told, null, decision)) {
        return decision.build();
      }
      decision.fact(Keys.ack(device.name(), eventId), new Acknowledged(ack.credit()));
    }
    decision.fact(Keys.removal(device.name()), told);
    return decision.build();
  }

  /** A holder that has let go cannot answer any more: its share is not waited for. */
  static void letGo(
      DeviceHost host,
      Stamp stamp,
      Device device,
      String holder,
      Decision.Builder<DeviceFact> decision) {
    Removal running = device.removal();
    if (running == null || running.gone()) {
      return;
    }
    Credit credit = device.credit().letGo(holder);
    shares(device, credit, decision);
    Removal told = running.withPooled(credit.pooled());
    if (!leaveIfAllIsBack(host, stamp, device, credit, told, holder, decision)) {
      decision.fact(Keys.removal(device.name()), told);
    }
  }

  /**
   * Lets the devices of a removal go together, if nothing is waited for any more.
   *
   * @param credit of {@code device}, as this decision makes it
   * @param removal the same of its removal
   * @param left the holder that gives {@code device} back with this decision; null if none does
   */
  private static boolean leaveIfAllIsBack(
      DeviceHost host,
      Stamp stamp,
      Device device,
      Credit credit,
      Removal removal,
      @Nullable String left,
      Decision.Builder<DeviceFact> decision) {
    List<Device> together = host.leavingTogether(removal.removalId());
    boolean allBack =
        credit.outstanding() == 0
            && together.stream().allMatch(other -> other == device || isBack(other));
    if (!allBack) {
      return false;
    }
    RemovalEnd end = endOf(together, device, left);
    for (Device leaving : together) {
      Removal last = leaving == device ? removal : Objects.requireNonNull(leaving.removal());
      leave(host, stamp, leaving, last, end, true, decision);
    }
    return true;
  }

  /**
   * What it is called that nothing is waited for any more.
   *
   * @param left the holder that gives {@code given} back just now
   */
  private static RemovalEnd endOf(
      List<Device> devices, @Nullable Device given, @Nullable String left) {
    for (Device device : devices) {
      for (String holder : device.claims().keySet()) {
        if (device != given || !holder.equals(left)) {
          return RemovalEnd.ACKNOWLEDGED;
        }
      }
    }
    return RemovalEnd.UNCLAIMED;
  }

  private static boolean isBack(Device device) {
    return device.credit().outstanding() == 0;
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
    decision.fact(Keys.removal(device.name()), removal.plugged(stamp.now()));
    // Whoever stood on it stood on another generation: it claims again when it uses it again.
    device.claims().keySet().forEach(holder -> decision.gone(Keys.claim(device.name(), holder)));
    Told told = new Told(decision, host.host(), device);
    told.event(
        new DeviceEvent.DevicePlugged(
            host.host(), device.name(), bound.generation(), device.sectors()),
        removal.faultId());
    told.returned(removal.faultId());
    Map<String, @Nullable Object> body = new LinkedHashMap<>(DeviceViews.device(device));
    body.put("generation", bound.generation());
    body.put("state", bound.state().label());
    body.put("claims", List.of());
    body.put("removal", null);
    return decision.reply(Answer.ok(body)).build();
  }
}
