package io.faultline.dm.core;

import io.faultline.events.Cause;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import org.jspecify.annotations.Nullable;

/**
 * A block device whose bad set changed though nothing was heard from below: a table came or
 * changed, or a claim told what events had not. The difference is told under the faults that it
 * belongs to.
 */
final class Differences {

  private Differences() {}

  /** A volume tells what is newly bad of it and what is not bad any more. */
  static void tellOfVolume(Draft draft, String volume, BadSet before, BadSet after) {
    // What is not bad any more comes first: a sector that passed from one leaf of a fault to
    // another is bad at the end.
    before
        .entries()
        .forEach(
            (key, entry) -> {
              Extents gone = entry.ranges().subtract(after.ranges(key));
              if (!gone.isEmpty()) {
                new Telling(draft, news(draft, News.Kind.RECOVERED, key, entry.cause()))
                    .fromVolume(volume, gone);
              }
            });
    after
        .entries()
        .forEach(
            (key, entry) -> {
              Extents newly = entry.ranges().subtract(before.ranges(key));
              if (!newly.isEmpty()) {
                new Telling(draft, news(draft, News.Kind.CORRUPTED, key, entry.cause()))
                    .fromVolume(volume, newly);
              }
            });
  }

  /** A leaf device becomes known as it is; those above hear what they had not. */
  static void tellOfDevice(Draft draft, String device, BadSet before, BadSet after) {
    String prefix = Keys.badOfDevice(device);
    before
        .entries()
        .forEach(
            (key, entry) -> {
              Extents gone = entry.ranges().subtract(after.ranges(key));
              BadSet.write(draft, prefix, key, entry.cause(), entry.ranges(), after.ranges(key));
              if (!gone.isEmpty()) {
                tell(draft, device, News.Kind.RECOVERED, key, entry.cause(), gone);
              }
            });
    after
        .entries()
        .forEach(
            (key, entry) -> {
              Extents newly = entry.ranges().subtract(before.ranges(key));
              if (before.get(key) == null) {
                BadSet.write(draft, prefix, key, entry.cause(), Extents.EMPTY, entry.ranges());
              }
              if (!newly.isEmpty()) {
                tell(draft, device, News.Kind.CORRUPTED, key, entry.cause(), newly);
              }
            });
  }

  private static void tell(
      Draft draft, String device, News.Kind kind, BadSet.Key key, Cause cause, Extents ranges) {
    new Telling(draft, news(kind, key, cause, Origin.of(device, ranges)))
        .fromDevice(device, ranges, java.util.Map.of());
  }

  private static News news(Draft draft, News.Kind kind, BadSet.Key key, Cause cause) {
    BadSet.Entry fault = BadSet.readOne(draft, key.leaf(), key.faultId());
    return news(kind, key, cause, fault == null ? null : Origin.of(key.leaf(), fault.ranges()));
  }

  private static News news(News.Kind kind, BadSet.Key key, Cause cause, @Nullable Origin origin) {
    return new News(
        kind,
        key.faultId(),
        null,
        cause,
        key.leaf(),
        origin,
        cause == Cause.DEVICE_REMOVED,
        kind == News.Kind.RECOVERED ? RecoveredData.RETURNED : null,
        null,
        null,
        null);
  }
}
