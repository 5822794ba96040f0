package io.faultline.notifier;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.BlockEvent.RedundancyLost;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.VolumeEvent;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Events as the layers of one host tell them, in rising time. */
public final class Told {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  public final String host;
  private final AtomicLong made = new AtomicLong();

  public Told(String host) {
    this.host = host;
  }

  public String faultId(int number) {
    return host + ":01ABCDEFGHJKMNPQRSTVWXYZ" + String.format("%02d", number);
  }

  public Event event(String source, @Nullable String faultId, EventData data) {
    long number = made.incrementAndGet();
    return new Event(
        host + ":01EVENT" + String.format("%019d", number),
        "/hosts/" + host + source,
        START.plusMillis(number),
        faultId,
        null,
        number,
        // Each layer numbers its own events: its log is told by the first part of the source.
        "slice-of-" + source.split("/")[1],
        null,
        data);
  }

  /** The same event, made from that one. */
  public static Event because(Event of, Event cause) {
    return new Event(
        of.id(),
        of.source(),
        of.time(),
        of.faultId(),
        cause.id(),
        of.sequence(),
        of.sliceId(),
        of.traceparent(),
        of.data());
  }

  public Event corrupted(String device, @Nullable String faultId, long... ranges) {
    return event(
        "/devices/" + device,
        faultId,
        new CorruptedRange(
            host, device, Extents.ofPairs(ranges), false, Cause.MEDIA_ERROR, null, 0, true));
  }

  public Event recovered(
      String device, @Nullable String faultId, RecoveredData data, long... ranges) {
    return event(
        "/devices/" + device,
        faultId,
        new RangeRecovered(
            host,
            device,
            Extents.ofPairs(ranges),
            false,
            data == RecoveredData.RETURNED ? Cause.DEVICE_REMOVED : Cause.MEDIA_ERROR,
            null,
            0,
            true,
            data));
  }

  /** A transient fault whose time is over. */
  public Event faultOver(String device, String faultId, long... ranges) {
    return event(
        "/devices/" + device,
        faultId,
        new RangeRecovered(
            host,
            device,
            Extents.ofPairs(ranges),
            false,
            Cause.MEDIA_ERROR,
            null,
            0,
            true,
            RecoveredData.RETURNED));
  }

  public Event leaving(String device, String faultId, long sectors) {
    return event(
        "/devices/" + device,
        faultId,
        new MfMemPreRemove(
            host,
            device,
            Extents.of(0, sectors),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            faultId,
            START.plusSeconds(30),
            Map.of("dm:vol0", 7L)));
  }

  public Event gone(String device, String faultId, long sectors) {
    return event(
        "/devices/" + device,
        faultId,
        new CorruptedRange(
            host, device, Extents.of(0, sectors), true, Cause.DEVICE_REMOVED, null, 0, true));
  }

  public Event removed(String device, @Nullable String faultId, String mode) {
    return event(
        "/devices/" + device,
        faultId,
        new DeviceEvent.DeviceRemoved(host, device, faultId, mode, true));
  }

  public Event added(String device, long sectors) {
    return event(
        "/devices/" + device,
        null,
        new DeviceEvent.DeviceAdded(host, device, "pmem", sectors, true, 1));
  }

  public Event plugged(String device, long sectors, long generation) {
    return event(
        "/devices/" + device,
        null,
        new DeviceEvent.DevicePlugged(host, device, generation, sectors));
  }

  public Event volumeCorrupted(
      String volume, @Nullable String faultId, String leaf, long... ranges) {
    Extents extents = Extents.ofPairs(ranges);
    return event(
        "/volumes/" + volume,
        faultId,
        new CorruptedRange(
            host, volume, extents, false, Cause.MEDIA_ERROR, Origin.of(leaf, extents), 0, true));
  }

  /** A target lost the metadata that says where its data is. */
  public Event mappingLost(String volume, @Nullable String faultId, String leaf, long sectors) {
    Extents whole = Extents.of(0, sectors);
    return event(
        "/volumes/" + volume,
        faultId,
        new CorruptedRange(
            host, volume, whole, true, Cause.MAPPING_LOST, Origin.of(leaf, whole), 0, true));
  }

  public Event redundancyLost(
      String volume, @Nullable String faultId, String leaf, long... ranges) {
    Extents extents = Extents.ofPairs(ranges);
    return event(
        "/volumes/" + volume,
        faultId,
        new RedundancyLost(
            host, volume, extents, false, Cause.MEDIA_ERROR, Origin.of(leaf, extents), 0, true));
  }

  public Event volumeRecovered(
      String volume, @Nullable String faultId, RecoveredData data, long... ranges) {
    return event(
        "/volumes/" + volume,
        faultId,
        new RangeRecovered(
            host, volume, Extents.ofPairs(ranges), false, Cause.MEDIA_ERROR, null, 0, true, data));
  }

  public Event volumeAdded(String volume, long sectors, String... below) {
    return event(
        "/volumes/" + volume,
        null,
        new VolumeEvent.VolumeAdded(host, volume, sectors, true, 1, List.of(), List.of(below)));
  }

  public Event fileLost(
      String filesystem, @Nullable String faultId, long inode, String path, long offset) {
    return event(
        "/filesystems/" + filesystem,
        faultId,
        new FilesystemEvent.FileRangeLost(
            host,
            filesystem,
            inode,
            List.of(path),
            "data",
            offset,
            4096,
            false,
            false,
            Cause.MEDIA_ERROR,
            new FilesystemEvent.Block("vol0", Extents.of(offset / 512, 8))));
  }

  /** A page of {@link #fileLost} is good again. */
  public Event fileRecovered(
      String filesystem,
      @Nullable String faultId,
      long inode,
      String path,
      long offset,
      RecoveredData how) {
    return event(
        "/filesystems/" + filesystem,
        faultId,
        new FilesystemEvent.FileRangeRecovered(
            host,
            filesystem,
            inode,
            List.of(path),
            "data",
            offset,
            4096,
            false,
            false,
            how,
            new FilesystemEvent.Block("vol0", Extents.of(offset / 512, 8))));
  }

  public Event signalled(String filesystem, @Nullable String faultId, long pid, String path) {
    return event(
        "/filesystems/" + filesystem,
        faultId,
        new FilesystemEvent.ProcessSignalled(
            host, filesystem, pid, "m1", "SIGBUS", "BUS_MCEERR_AO", 0, 12, path));
  }

  public Event filesystem(String filesystem, @Nullable String faultId, FilesystemEvent data) {
    return event("/filesystems/" + filesystem, faultId, data);
  }

  public Event mounted(String filesystem, String... devices) {
    return filesystem(
        filesystem,
        null,
        new FilesystemEvent.FilesystemMounted(host, filesystem, List.of(devices), "always", true));
  }

  public Event shutdown(String filesystem, @Nullable String faultId, String reason) {
    return filesystem(
        filesystem,
        faultId,
        new FilesystemEvent.FilesystemShutdown(host, filesystem, reason, "vol0"));
  }
}
