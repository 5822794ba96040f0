package io.faultline.device.core;

import io.faultline.events.RemovalAck;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Output;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of the devices of a host; which class has which is seen in {@link #command}. */
public final class DeviceCore implements LayerCore<DeviceHost, DeviceCommand, DeviceFact> {

  private final ScrubPace pace;
  private final Inventory inventory;
  private final Injections injections;
  private final Scrubs scrubs;
  private final Claims claims;
  private final Removals removals;

  /** At the usual pace. */
  public DeviceCore(Limits limits) {
    this(limits, ScrubPace.USUAL);
  }

  public DeviceCore(Limits limits, ScrubPace pace) {
    this.pace = pace;
    inventory = new Inventory(limits);
    injections = new Injections(limits);
    scrubs = new Scrubs(pace);
    claims = new Claims(limits);
    removals = new Removals(limits);
  }

  public ScrubPace pace() {
    return pace;
  }

  @Override
  public DeviceHost initial(String host) {
    return new DeviceHost(host);
  }

  @Override
  public Decision<DeviceFact> decide(DeviceHost state, Input<DeviceCommand> input) {
    return switch (input) {
      case Input.Commanded<DeviceCommand> commanded -> command(state, commanded);
      case Input.Ticked<DeviceCommand> ticked -> tick(state, ticked.stamp());
      case Input.Heard<DeviceCommand> heard ->
          heard.event().data() instanceof RemovalAck ack
              ? removals.acknowledge(state, heard.stamp(), heard.event().id(), ack)
              : Decision.nothing();
    };
  }

  /** What {@link #decide} would make of an acknowledgement, for whoever counts them. */
  public AckVerdict verdict(DeviceHost state, String eventId, RemovalAck ack) {
    return removals.verdict(state, eventId, ack);
  }

  private Decision<DeviceFact> command(DeviceHost host, Input.Commanded<DeviceCommand> input) {
    var stamp = input.stamp();
    return switch (input.command()) {
      case DeviceCommand.Create create -> inventory.create(host, stamp, create);
      case DeviceCommand.Delete delete -> inventory.delete(host, stamp, delete);
      case DeviceCommand.Inject inject -> injections.inject(host, stamp, inject);
      case DeviceCommand.Discover discover -> Poison.discover(host, stamp, discover);
      case DeviceCommand.Heal heal -> Poison.heal(host, stamp, heal);
      case DeviceCommand.Scrub scrub -> scrubs.start(host, stamp, scrub);
      case DeviceCommand.StopScrub stop -> scrubs.stop(host, stamp, stop);
      case DeviceCommand.Claim claim -> claims.claim(host, stamp, claim);
      case DeviceCommand.Release release -> claims.release(host, stamp, release);
      case DeviceCommand.Unplug unplug -> removals.unplug(host, stamp, unplug);
      case DeviceCommand.Plug plug -> removals.plug(host, stamp, plug);
    };
  }

  @Override
  public DeviceHost evolve(DeviceHost state, Fact<DeviceFact> fact) {
    state.apply(fact);
    return state;
  }

  private Decision<DeviceFact> tick(DeviceHost host, Stamp stamp) {
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    for (Device device : waiting(host)) {
      // What ends now must not be found as well; the scrub stays due, and the next tick is its own.
      if (!Injections.expire(host, device, stamp.now(), decision)) {
        scrubs.tick(host, device, stamp.now(), decision);
      }
    }
    Decision<DeviceFact> removed = removals.tick(host, stamp);
    Decision<DeviceFact> moved = decision.build();
    List<Fact<DeviceFact>> facts = new ArrayList<>(moved.facts());
    facts.addAll(removed.facts());
    List<Output> outputs = new ArrayList<>(moved.outputs());
    outputs.addAll(removed.outputs());
    return new Decision<>(facts, outputs);
  }

  private List<Device> waiting(DeviceHost host) {
    return pace.patrols() ? host.devices() : host.waiting();
  }

  @Override
  public boolean waitsForTime(DeviceHost state) {
    return nextDeadline(state) != null;
  }

  /** When a tick is due for a host, which may be past; null if it waits for nothing. */
  public @Nullable Instant nextDeadline(DeviceHost host) {
    Instant next = host.nextDeadline();
    for (Device device : waiting(host)) {
      next = earlier(next, Injections.due(device));
      next = earlier(next, scrubs.due(device));
    }
    return next;
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isBefore(other) ? one : other;
  }
}
