package io.faultline.device.core;

import io.faultline.events.RemovalAck;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;

/** The rules of the devices of a host; which class has which is seen in {@link #command}. */
public final class DeviceCore implements LayerCore<DeviceHost, DeviceCommand, DeviceFact> {

  private final Inventory inventory;
  private final Poison poison;
  private final Claims claims;
  private final Removals removals;

  public DeviceCore(Limits limits) {
    inventory = new Inventory(limits);
    poison = new Poison(limits);
    claims = new Claims(limits);
    removals = new Removals(limits);
  }

  @Override
  public DeviceHost initial(String host) {
    return new DeviceHost(host);
  }

  @Override
  public Decision<DeviceFact> decide(DeviceHost state, Input<DeviceCommand> input) {
    return switch (input) {
      case Input.Commanded<DeviceCommand> commanded -> command(state, commanded);
      case Input.Ticked<DeviceCommand> ticked -> removals.tick(state, ticked.stamp());
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
      case DeviceCommand.Inject inject -> poison.inject(host, stamp, inject);
      case DeviceCommand.Discover discover -> poison.discover(host, stamp, discover);
      case DeviceCommand.Heal heal -> poison.heal(host, stamp, heal);
      case DeviceCommand.Scrub scrub -> poison.scrub(host, stamp, scrub);
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

  @Override
  public boolean waitsForTime(DeviceHost state) {
    return state.nextDeadline() != null;
  }
}
