package io.faultline.device.above;

import io.faultline.device.below.Slice;
import io.faultline.device.below.SliceException;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceFact.Ended;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceHost;
import io.faultline.device.core.DeviceViews;
import io.micrometer.core.instrument.Gauge;
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
    registry.gauge("faultline.device.hosts", this, DeviceMetrics::hosts);
    registry.gauge("faultline.device.removals.announced", this, DeviceMetrics::announced);
    Gauge.builder("faultline.device.credit.outstanding", this, DeviceMetrics::creditOutstanding)
        .baseUnit("ratio")
        .register(registry);
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

  private double hosts() {
    try {
      return slice.hosts().size();
    } catch (SliceException e) {
      return Double.NaN;
    }
  }

  private double announced() {
    return sum(device -> isAnnounced(device) ? 1 : 0);
  }

  private static boolean isAnnounced(Device device) {
    Removal removal = device.removal();
    return removal != null && removal.ended() == null;
  }

  /** How much is not back: 1 is all credit of one removal. */
  private double creditOutstanding() {
    return sum(device -> isAnnounced(device) ? DeviceViews.creditOutstanding(device) : 0)
        / (double) DeviceViews.ALL_CREDIT;
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
