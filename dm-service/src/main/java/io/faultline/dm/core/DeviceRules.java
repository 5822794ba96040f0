package io.faultline.dm.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.Names;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import io.faultline.ranges.Extents;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What follows from what devices tell. */
final class DeviceRules {

  private static final String VOLUME_HOLDER = "dm:";

  private final Draft draft;
  private final Event event;

  DeviceRules(Draft draft, Event event) {
    this.draft = draft;
    this.event = event;
  }

  void hear() {
    switch (event.data()) {
      case BlockEvent block -> hear(block);
      case DeviceEvent device -> hear(device);
      case VolumeEvent volume -> notOfADevice(volume.volume());
      case FilesystemEvent filesystem -> notOfADevice(filesystem.filesystem());
      case FaultEvent _ -> notOfADevice("a fault");
      case RemovalAck ack -> notOfADevice(ack.holder());
    }
  }

  private void notOfADevice(String who) {
    throw new IllegalArgumentException(
        event.type().ceType() + " of " + who + " is no event of a device");
  }

  private void hear(BlockEvent block) {
    DmFact.Device device = known(block.device());
    if (device == null) {
      return;
    }
    // Ranges beyond the end of the device show nowhere; no table reaches there.
    switch (block) {
      case BlockEvent.CorruptedRange bad -> corrupted(device, bad);
      case BlockEvent.RangeRecovered good -> recovered(device, good);
      case BlockEvent.MfMemPreRemove leaving -> leaving(device, leaving);
      case BlockEvent.RedundancyLost lost -> keep(lost.device(), device);
    }
  }

  private void hear(DeviceEvent news) {
    DmFact.Device device = known(news.device());
    if (device == null) {
      return;
    }
    switch (news) {
      case DeviceEvent.DeviceAdded added -> added(added);
      case DeviceEvent.DeviceRemoved removed -> removed(device, removed);
      case DeviceEvent.DevicePlugged plugged ->
          keep(
              plugged.device(),
              new DmFact.Device(
                  device.sliceId(),
                  device.sequence(),
                  device.complete(),
                  plugged.sectors(),
                  device.dax(),
                  device.logicalBlockBytes(),
                  plugged.generation(),
                  null,
                  false));
      case DeviceEvent.ScrubCompleted scrub -> keep(scrub.device(), device);
    }
  }

  /**
   * What is known of the device that tells; of one that nothing is known of, a beginning. Null if
   * this event is in what is known already.
   */
  private DmFact.@Nullable Device known(String name) {
    if (!Names.isName(name)) {
      throw new IllegalArgumentException("no name of a device: " + name);
    }
    DmFact.Device device = draft.device(name);
    if (device == null) {
      return new DmFact.Device(
          event.sliceId(), 0, false, 0, false, DmFact.Device.USUAL_BLOCK_BYTES, 0, null, false);
    }
    if (!device.sliceId().equals(event.sliceId())) {
      // A slice that was made anew: its devices introduce themselves before anything else, so what
      // is known is kept until then, but is not known to be all.
      return new DmFact.Device(
          event.sliceId(),
          0,
          false,
          device.sectors(),
          device.dax(),
          device.logicalBlockBytes(),
          device.generation(),
          device.removalId(),
          device.removed());
    }
    return event.sequence() <= device.sequence() ? null : device;
  }

  private void keep(String name, DmFact.Device device) {
    draft.put(
        Keys.device(name),
        new DmFact.Device(
            event.sliceId(),
            event.sequence(),
            device.complete(),
            device.sectors(),
            device.dax(),
            device.logicalBlockBytes(),
            device.generation(),
            device.removalId(),
            device.removed()));
  }

  /** Heard of from its beginning: nothing is bad of it but what will be told. */
  private void added(DeviceEvent.DeviceAdded added) {
    BadSet before = BadSet.read(draft, Keys.badOfDevice(added.device()));
    keep(
        added.device(),
        new DmFact.Device(
            event.sliceId(),
            event.sequence(),
            true,
            added.sectors(),
            added.dax(),
            DmFact.Device.USUAL_BLOCK_BYTES,
            added.generation(),
            null,
            false));
    Differences.tellOfDevice(draft, added.device(), before, new BadSet());
  }

  private void removed(DmFact.Device device, DeviceEvent.DeviceRemoved removed) {
    dropAnnouncements(removed.device());
    boolean forgotten =
        removed.mode().equals("deleted")
            && draft.topology().directlyAbove(removed.device()).isEmpty();
    if (forgotten) {
      BadSet.removeAll(draft, Keys.badOfDevice(removed.device()));
      draft.remove(Keys.device(removed.device()));
      return;
    }
    keep(
        removed.device(),
        new DmFact.Device(
            device.sliceId(),
            device.sequence(),
            device.complete(),
            device.sectors(),
            device.dax(),
            device.logicalBlockBytes(),
            device.generation(),
            null,
            true));
  }

  private void corrupted(DmFact.Device device, BlockEvent.CorruptedRange bad) {
    Telling telling = new Telling(draft, bad.device());
    keep(bad.device(), device);
    String faultId = faultId();
    BadSet.Entry before = BadSet.readOne(draft, bad.device(), faultId);
    Extents rangesBefore = before == null ? Extents.EMPTY : before.ranges();
    BadSet.write(
        draft,
        Keys.badOfDevice(bad.device()),
        new BadSet.Key(bad.device(), faultId),
        before == null ? bad.cause() : before.cause(),
        rangesBefore,
        rangesBefore.union(bad.ranges()));
    if (bad.cause() == Cause.DEVICE_REMOVED) {
      dropAnnouncements(bad.device());
    }
    telling.fromDevice(news(News.Kind.CORRUPTED, bad, null, null), bad.ranges(), Map.of());
  }

  /**
   * Rewritten and zeroed ranges are out of every media error of the device. A device that returned
   * is out of the fault that its removal was, and of no other: its poison is still there.
   */
  private void recovered(DmFact.Device device, BlockEvent.RangeRecovered good) {
    Telling telling = new Telling(draft, good.device());
    keep(good.device(), device);
    boolean returned = good.data() == RecoveredData.RETURNED;
    BadSet bad = BadSet.read(draft, Keys.badOfDevice(good.device()));
    Extents.Builder healed = Extents.builder();
    bad.entries()
        .forEach(
            (key, entry) -> {
              boolean meant =
                  returned
                      ? key.faultId().equals(event.faultId())
                      : entry.cause() == Cause.MEDIA_ERROR;
              if (meant) {
                Extents left = entry.ranges().subtract(good.ranges());
                healed.addAll(entry.ranges().subtract(left));
                BadSet.write(
                    draft,
                    Keys.badOfDevice(good.device()),
                    key,
                    entry.cause(),
                    entry.ranges(),
                    left);
              }
            });
    Extents ranges = healed.build();
    if (!ranges.isEmpty()) {
      telling.fromDevice(news(News.Kind.RECOVERED, good, good.data(), null), ranges, Map.of());
    }
  }

  private void leaving(DmFact.Device device, BlockEvent.MfMemPreRemove leaving) {
    keep(
        leaving.device(),
        new DmFact.Device(
            device.sliceId(),
            device.sequence(),
            device.complete(),
            device.sectors(),
            device.dax(),
            device.logicalBlockBytes(),
            device.generation(),
            leaving.removalId(),
            device.removed()));
    Map<String, Long> shares = new TreeMap<>();
    leaving
        .credits()
        .forEach(
            (holder, credit) -> {
              if (holder.startsWith(VOLUME_HOLDER) && credit > 0) {
                shares.put(holder.substring(VOLUME_HOLDER.length()), credit);
              }
            });
    new Telling(draft, leaving.device())
        .fromDevice(news(News.Kind.LEAVING, leaving, null, leaving), leaving.ranges(), shares);
  }

  private String faultId() {
    return Objects.requireNonNullElse(event.faultId(), event.id());
  }

  private News news(
      News.Kind kind,
      BlockEvent block,
      @Nullable RecoveredData data,
      BlockEvent.@Nullable MfMemPreRemove leaving) {
    Cause cause =
        switch (block) {
          case BlockEvent.CorruptedRange bad -> bad.cause();
          case BlockEvent.RangeRecovered good -> good.cause();
          case BlockEvent.MfMemPreRemove going -> going.cause();
          case BlockEvent.RedundancyLost lost -> lost.cause();
        };
    return new News(
        kind,
        // What is bad is kept by fault, here and above: a fault without a name gets one.
        kind == News.Kind.CORRUPTED ? faultId() : event.faultId(),
        event.id(),
        cause,
        false,
        block.device(),
        Origin.of(block.device(), block.ranges()),
        block.whole(),
        data,
        leaving == null ? null : leaving.removalId(),
        leaving == null ? null : leaving.deadline(),
        block instanceof BlockEvent.CorruptedRange bad ? bad.consumedBy() : null);
  }

  /** A device that is gone does not wait any more for what suspended volumes keep for it. */
  private void dropAnnouncements(String device) {
    Copies.deviceGone(draft, device);
    draft
        .scan(Keys.HELD)
        .forEach(
            (key, fact) -> {
              News kept = ((DmFact.Held) fact).news();
              if (kept.kind() == News.Kind.LEAVING && kept.leaf().equals(device)) {
                draft.remove(key);
              }
            });
  }
}
