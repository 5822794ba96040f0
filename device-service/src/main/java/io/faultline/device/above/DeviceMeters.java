package io.faultline.device.above;

import io.faultline.device.below.Slice;
import io.faultline.device.below.SliceException;
import io.faultline.device.core.Device;
import io.faultline.device.core.ScrubPace;
import io.faultline.device.core.ScrubViews;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Meters of each device: they come with it and go with it, within a second, and are counted when
 * they are asked for.
 */
public final class DeviceMeters implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(DeviceMeters.class);
  private static final long REFRESH_MILLIS = 1000;

  private record Name(String host, String device) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int byHost = host.compareTo(other.host);
      return byHost != 0 ? byHost : device.compareTo(other.device);
    }
  }

  private final Slice slice;
  private final MeterRegistry registry;
  private final ScrubPace pace;
  private final InstantSource clock;
  private final int maxDevices;
  private final TreeMap<Name, List<Meter>> metered = new TreeMap<>();
  private @Nullable ScheduledExecutorService scheduler;

  /**
   * @param maxDevices with meters of their own; further ones are counted in the sums only
   */
  public DeviceMeters(
      Slice slice, MeterRegistry registry, ScrubPace pace, InstantSource clock, int maxDevices) {
    this.slice = slice;
    this.registry = registry;
    this.pace = pace;
    this.clock = clock;
    this.maxDevices = maxDevices;
  }

  @Override
  public synchronized void start() {
    if (scheduler == null) {
      refresh();
      scheduler =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().daemon().name("faultline-device-meters").factory());
      scheduler.scheduleWithFixedDelay(
          this::refresh, REFRESH_MILLIS, REFRESH_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Lets the meters be those of the devices that there are. */
  private void refresh() {
    try {
      Set<Name> present = present();
      metered
          .entrySet()
          .removeIf(
              entry -> {
                boolean isGone = !present.contains(entry.getKey());
                if (isGone) {
                  entry.getValue().forEach(registry::remove);
                }
                return isGone;
              });
      for (Name name : present) {
        if (metered.size() < maxDevices) {
          metered.computeIfAbsent(name, this::meters);
        }
      }
    } catch (SliceException e) {
      log.debug("the slice is failing or closing; the meters stay as they are", e);
    }
  }

  private Set<Name> present() {
    Set<Name> present = new LinkedHashSet<>();
    for (String host : slice.hosts()) {
      slice
          .read(host, state -> state.devices().stream().map(Device::name).toList())
          .forEach(device -> present.add(new Name(host, device)));
    }
    return present;
  }

  private List<Meter> meters(Name name) {
    List<Meter> meters = new ArrayList<>();
    meters.add(
        gauge(
            "faultline.device.poison.sectors",
            "sectors",
            "Known bad sectors",
            name,
            Device::knownSectors));
    meters.add(
        gauge(
            "faultline.device.poison.faults",
            "faults",
            "Open faults that are known",
            name,
            Device::openFaults));
    meters.add(
        gauge(
            "faultline.device.scrub.progress",
            "ratio",
            "How much the newest scrub has read, from 0 to 1",
            name,
            this::scrubbed));
    return meters;
  }

  private double scrubbed(Device device) {
    var run = device.scrub();
    return run == null ? Double.NaN : ScrubViews.fraction(device, run, pace, clock.instant());
  }

  private Meter gauge(
      String what, String unit, String help, Name name, ToDoubleFunction<Device> value) {
    return Gauge.builder(what, () -> number(name, value))
        .description(help)
        .baseUnit(unit)
        .tags(Tags.of("host", name.host(), "device", name.device()))
        .register(registry);
  }

  private double number(Name name, ToDoubleFunction<Device> value) {
    try {
      return slice.read(
          name.host(),
          state -> {
            Device device = state.device(name.device());
            return device == null ? Double.NaN : value.applyAsDouble(device);
          });
    } catch (SliceException e) {
      return Double.NaN;
    }
  }

  @Override
  public synchronized void stop() {
    if (scheduler != null) {
      scheduler.close();
      scheduler = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return scheduler != null;
  }
}
