package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.ScrubRun;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the newest scrub of a device is shown. */
public final class ScrubViews {

  private ScrubViews() {}

  public static Map<String, @Nullable Object> scrub(Device device, ScrubPace pace, Instant now) {
    return scrub(device, device.scrub(), pace, now);
  }

  static Map<String, @Nullable Object> scrub(
      Device device, @Nullable ScrubRun run, ScrubPace pace, Instant now) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("state", state(device, run));
    view.put("mode", run == null ? null : run.mode().label());
    view.put("sector", run == null ? 0 : position(device, run, pace, now));
    view.put("sectors", run == null ? device.sectors() : run.sectors());
    view.put("scrubbedSectors", run == null ? 0 : scrubbed(device, run, pace, now));
    view.put("fraction", run == null ? 0 : fraction(device, run, pace, now));
    view.put("foundSectors", run == null ? 0 : run.foundSectors());
    view.put("startedAt", run == null ? null : run.startedAt());
    view.put("finishedAt", run == null ? null : run.finishedAt());
    return view;
  }

  /** How much of its sectors a scrub has read, from 0 to 1. */
  public static double fraction(Device device, ScrubRun run, ScrubPace pace, Instant now) {
    return run.sectors() == 0
        ? 1
        : Math.min(1, (double) scrubbed(device, run, pace, now) / run.sectors());
  }

  private static String state(Device device, @Nullable ScrubRun run) {
    if (run == null) {
      return "idle";
    }
    return (isInterrupted(device, run) ? ScrubState.INTERRUPTED : run.state()).label();
  }

  private static boolean isInterrupted(Device device, ScrubRun run) {
    return run.state() == ScrubState.RUNNING
        && (device.state() == DeviceState.REMOVED || run.generation() != device.generation());
  }

  private static long position(Device device, ScrubRun run, ScrubPace pace, Instant now) {
    return isInterrupted(device, run) ? run.sector() : pace.position(run, now);
  }

  private static long scrubbed(Device device, ScrubRun run, ScrubPace pace, Instant now) {
    return run.scrubbedSectors() + position(device, run, pace, now) - run.sector();
  }
}
