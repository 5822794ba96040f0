package io.faultline.device.above;

import io.faultline.device.below.Slice;
import io.faultline.device.below.SliceException;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceFact.Ended;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceHost;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.function.ToLongFunction;

/** What is bad and what waits, counted when it is asked for. */
public final class DeviceMetrics implements MeterBinder {

  private final Slice slice;

  public DeviceMetrics(Slice slice) {
    this.slice = slice;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    registry.gauge("faultline.device.bad.sectors", this, DeviceMetrics::badSectors);
    registry.gauge("faultline.device.open.faults", this, DeviceMetrics::openFaults);
    registry.gauge(
        "faultline.device.events.unpublished", this, metrics -> metrics.slice.backlog().size());
    registry.gauge(
        "faultline.device.damaged", this, metrics -> metrics.slice.damagedDevices().size());
  }

  /** How long a device took to leave, from the first word to its going. */
  static void removal(MeterRegistry registry, Removal removal) {
    Ended ended = removal.ended();
    if (ended != null) {
      registry
          .timer(
              "faultline.device.removals",
              "mode",
              removal.mode().label(),
              "end",
              ended.end().label())
          .record(Duration.between(removal.since(), ended.at()));
    }
  }

  private double badSectors() {
    return sum(device -> device.knownSectors());
  }

  private double openFaults() {
    return sum(Device::openFaults);
  }

  private double sum(ToLongFunction<Device> of) {
    try {
      return slice.hosts().stream()
          .mapToLong(host -> slice.read(host, (DeviceHost state) -> sum(state, of)))
          .sum();
    } catch (SliceException e) {
      return Double.NaN;
    }
  }

  private static long sum(DeviceHost host, ToLongFunction<Device> of) {
    return host.devices().stream().mapToLong(of).sum();
  }
}
