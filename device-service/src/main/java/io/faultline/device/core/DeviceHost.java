package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Acknowledged;
import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Claimed;
import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.Generations;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.device.core.DeviceFact.Patrolled;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceFact.ScrubRun;
import io.faultline.device.core.DeviceFact.Share;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All devices of a host. */
public final class DeviceHost {

  private final String host;
  private final TreeMap<String, Device> devices = new TreeMap<>();

  /** Those of them for which something is due at some time. */
  private final TreeMap<String, Device> waiting = new TreeMap<>();

  private long highestOfDeleted;

  DeviceHost(String host) {
    this.host = host;
  }

  public String host() {
    return host;
  }

  /** The device of that name; null if there is none. */
  public @Nullable Device device(String name) {
    Device device = devices.get(name);
    return device != null && device.isBound() ? device : null;
  }

  /** All devices, ascending by name. */
  public List<Device> devices() {
    List<Device> bound = new ArrayList<>(devices.size());
    for (Device device : devices.values()) {
      if (device.isBound()) {
        bound.add(device);
      }
    }
    return bound;
  }

  long nextGeneration() {
    return highestOfDeleted + 1;
  }

  long highestOfDeleted() {
    return highestOfDeleted;
  }

  /** The devices that wait together for the credit of a removal, ascending by name. */
  List<Device> leavingTogether(String removalId) {
    return devices().stream()
        .filter(
            device -> {
              Removal removal = device.removal();
              return removal != null && !removal.gone() && removal.removalId().equals(removalId);
            })
        .toList();
  }

  /** The devices for which something is due at some time, ascending by name. */
  List<Device> waiting() {
    return List.copyOf(waiting.values());
  }

  /** When the next planned removal is due; null if none waits. */
  @Nullable Instant nextDeadline() {
    Instant next = null;
    for (Device device : waiting.values()) {
      Removal removal = device.removal();
      Instant deadline = removal == null || removal.gone() ? null : removal.deadline();
      if (deadline != null && (next == null || deadline.isBefore(next))) {
        next = deadline;
      }
    }
    return next;
  }

  void apply(Fact<DeviceFact> fact) {
    String[] key = Keys.split(fact.key());
    DeviceFact value = fact.value();
    if (key[0].equals(Keys.GENERATIONS)) {
      highestOfDeleted = value == null ? 0 : ((Generations) value).highestOfDeleted();
      return;
    }
    Device device = devices.computeIfAbsent(key[1], Device::new);
    switch (key[0]) {
      case Keys.DEVICE -> device.setBound((Bound) value);
      case Keys.CLAIM -> device.setClaim(key[2], (Claimed) value);
      case Keys.FAULT -> device.setFault(key[2], (MediaFault) value);
      case Keys.PART -> {
        int slash = key[2].lastIndexOf('/');
        device.setFaultPart(
            key[2].substring(0, slash),
            Long.parseLong(key[2].substring(slash + 1)),
            (FaultPart) value);
      }
      case Keys.REMOVAL -> device.setRemoval((Removal) value);
      case Keys.SHARE -> device.setShare(key[2], (Share) value);
      case Keys.ACK -> device.setAcknowledged(key[2], ((Acknowledged) value) != null);
      case Keys.PATROL -> device.setPatrol((Patrolled) value);
      case Keys.SCRUB -> device.setScrub((ScrubRun) value);
      default -> throw new IllegalArgumentException("no such kind of fact: " + fact.key());
    }
    if (device.isForgotten()) {
      devices.remove(device.name());
    }
    if (device.waitsForTime()) {
      waiting.put(device.name(), device);
    } else {
      waiting.remove(device.name());
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DeviceHost state
        && host.equals(state.host)
        && highestOfDeleted == state.highestOfDeleted
        && devices.equals(state.devices);
  }

  @Override
  public int hashCode() {
    return devices.hashCode();
  }

  @Override
  public String toString() {
    return host + devices.values();
  }
}
