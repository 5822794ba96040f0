package io.faultline.events;

import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the golden samples of {@code golden/v1} mean. Neither they nor this is ever changed: a
 * sample that is not read any more as it stands here means that a stored topic is not either.
 */
final class Samples {

  private static final String FAULT = "local:01KA3G0V4N7R8S9T0V1W2X3Y4Z";
  private static final String REMOVAL = "local:01KA3G5B6C7D8E9F0G1H2J3K4M";
  private static final String DEVICE_EVENT = "local:01KA3G0V4PAAAAAAAAAAAAAAAA";
  private static final String VOLUME_EVENT = "local:01KA3G0V4QBBBBBBBBBBBBBBBB";
  private static final String SLICE = "01KA3FZZZZZZZZZZZZZZZZZZZZ";
  private static final FilesystemEvent.Block BLOCK =
      new FilesystemEvent.Block("vol0", Extents.of(19096, 8));
  private static final Origin ORIGIN = new Origin("pmem0", Extents.of(1024, 24), null);

  private final Map<String, Event> events = new LinkedHashMap<>();

  private Samples() {
    device();
    volume();
    files();
    filesystem();
    consumed();
    faults();
  }

  /** By the name of the sample: the type's short name, or that and a variant after a dash. */
  static Map<String, Event> byName() {
    return new Samples().events;
  }

  private void device() {
    told(
        "corrupted_range",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.CorruptedRange(
            "local", "pmem0", Extents.of(1024, 24), false, Cause.MEDIA_ERROR, null, 0, true));
    told(
        "corrupted_range-packed",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.CorruptedRange(
            "local", "pmem0", every(1000, 300), false, Cause.MAPPING_LOST, null, 3, false));
    told(
        "corrupted_range-whole",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.CorruptedRange(
            "local", "pmem0", Extents.of(0, 1L << 40), true, Cause.DEVICE_REMOVED, null, 0, true));
    told(
        "mf_mem_pre_remove",
        "devices/pmem0",
        FAULT,
        null,
        preRemove(Map.of("dm:vol0", 4503599627370496L, "fs:data", 4503599627370495L)));
    told("mf_mem_pre_remove-no_credit", "devices/pmem0", FAULT, null, preRemove(Map.of()));
    told(
        "range_recovered",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.RangeRecovered(
            "local",
            "pmem0",
            Extents.ofPairs(1024, 8, 1040, 8),
            false,
            Cause.MEDIA_ERROR,
            null,
            0,
            true,
            RecoveredData.ZEROED));
    told(
        "range_recovered-returned",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.RangeRecovered(
            "local",
            "pmem0",
            Extents.of(0, 2097152),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            RecoveredData.RETURNED));
    told(
        "device_added",
        "devices/pmem0",
        null,
        null,
        new DeviceEvent.DeviceAdded("local", "pmem0", "pmem", 2097152, true, 1));
    told(
        "device_removed",
        "devices/pmem0",
        FAULT,
        null,
        new DeviceEvent.DeviceRemoved("local", "pmem0", REMOVAL, "planned", true));
    told(
        "device_removed-deleted",
        "devices/pmem0",
        null,
        null,
        new DeviceEvent.DeviceRemoved("local", "pmem0", null, "deleted", false));
    told(
        "device_plugged",
        "devices/pmem0",
        null,
        null,
        new DeviceEvent.DevicePlugged("local", "pmem0", 2, 2097152));
    told(
        "scrub_completed",
        "devices/pmem0",
        null,
        null,
        new DeviceEvent.ScrubCompleted("local", "pmem0", 2097152, 16, "completed", "full"));
  }

  private void volume() {
    told(
        "corrupted_range-volume",
        "volumes/vol0",
        FAULT,
        DEVICE_EVENT,
        new BlockEvent.CorruptedRange(
            "local",
            "vol0",
            Extents.ofPairs(2048, 8, 4096, 16),
            false,
            Cause.MEDIA_ERROR,
            ORIGIN,
            0,
            true));
    told(
        "corrupted_range-origin_cut",
        "volumes/vol0",
        FAULT,
        DEVICE_EVENT,
        new BlockEvent.CorruptedRange(
            "local",
            "vol0",
            Extents.of(2048, 8),
            false,
            Cause.MEDIA_ERROR,
            Origin.of("pmem0", every(1024, 257)),
            0,
            true));
    told(
        "redundancy_lost",
        "volumes/vol0",
        FAULT,
        DEVICE_EVENT,
        new BlockEvent.RedundancyLost(
            "local", "vol0", Extents.of(2048, 24), false, Cause.MEDIA_ERROR, ORIGIN, 0, true));
    told(
        "volume_added",
        "volumes/vol0",
        null,
        null,
        new VolumeEvent.VolumeAdded(
            "local",
            "vol0",
            4194304,
            true,
            1,
            List.of("0 4194304 striped 2 256 pmem0 0 pmem1 0"),
            List.of("pmem0", "pmem1")));
    told(
        "volume_removed",
        "volumes/vol0",
        null,
        null,
        new VolumeEvent.VolumeRemoved("local", "vol0"));
    told(
        "table_changed",
        "volumes/vol0",
        null,
        null,
        new VolumeEvent.TableChanged(
            "local",
            "vol0",
            4096,
            false,
            List.of("0 2048 linear pmem0 0", "2048 2048 zero"),
            List.of("pmem0")));
    told(
        "removal_acknowledged",
        "volumes/vol0",
        FAULT,
        DEVICE_EVENT,
        new RemovalAck("local", "pmem0", REMOVAL, "dm:vol0", 4503599627370496L, "not_held"));
  }

  private void files() {
    told(
        "file_range_lost",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FileRangeLost(
            "local",
            "data",
            144,
            List.of("/ref-src", "/a \"quoted\" name", "/größe"),
            "data",
            2097152,
            4096,
            true,
            false,
            Cause.MEDIA_ERROR,
            BLOCK));
    told(
        "file_range_lost-packed",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FileRangeLost(
            "local",
            "data",
            145,
            List.of(),
            "bmbt",
            0,
            4096,
            false,
            true,
            Cause.MEDIA_ERROR,
            new FilesystemEvent.Block("vol0", every(0, 257))));
    told(
        "file_range_recovered",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FileRangeRecovered(
            "local",
            "data",
            144,
            List.of("/ref-src"),
            "data",
            2097152,
            4096,
            true,
            false,
            RecoveredData.REWRITTEN,
            BLOCK));
    told(
        "metadata_lost",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.MetadataLost(
            "local", "data", "inode btree", "vol0", Extents.of(24, 8), true, Cause.MEDIA_ERROR));
    told(
        "log_lost",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.LogLost(
            "local", "data", "pmem9", Extents.of(0, 8), true, Cause.MEDIA_ERROR));
    told(
        "range_unowned",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.RangeUnowned(
            "local", "data", "free space", "vol0", Extents.of(8192, 8), Cause.MEDIA_ERROR));
    told(
        "process_signalled",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.ProcessSignalled(
            "local", "data", 4711, "m1", "SIGBUS", "BUS_MCEERR_AO", 8192, 12, "/ref-src"));
    told(
        "process_signalled-no_path",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.ProcessSignalled(
            "local", "data", 4711, "m1", "SIGBUS", "BUS_ADRERR", 8192, -1, null));
  }

  private void filesystem() {
    told(
        "filesystem_frozen",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FilesystemFrozen("local", "data", "kernel"));
    told(
        "filesystem_thawed",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FilesystemThawed("local", "data", "userspace"));
    told(
        "filesystem_shutdown",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FilesystemShutdown("local", "data", "CORRUPT_ONDISK", "vol0"));
    told(
        "filesystem_shutdown-no_device",
        "filesystems/data",
        null,
        null,
        new FilesystemEvent.FilesystemShutdown("local", "data", "FORCE_UMOUNT", null));
    told(
        "filesystem_mounted",
        "filesystems/data",
        null,
        null,
        new FilesystemEvent.FilesystemMounted(
            "local", "data", List.of("vol0", "pmem9"), "always", true));
    told(
        "filesystem_unmounted",
        "filesystems/data",
        null,
        null,
        new FilesystemEvent.FilesystemUnmounted("local", "data"));
    told(
        "failure_unsupported",
        "filesystems/data",
        FAULT,
        VOLUME_EVENT,
        new FilesystemEvent.FailureUnsupported(
            "local", "data", "no_reverse_map", "vol0", Extents.of(2048, 8), Cause.MEDIA_ERROR));
  }

  private void consumed() {
    told(
        "corrupted_range-consumed",
        "devices/pmem0",
        FAULT,
        null,
        new BlockEvent.CorruptedRange(
            "local",
            "pmem0",
            Extents.of(1024, 8),
            false,
            Cause.MEDIA_ERROR,
            null,
            0,
            true,
            new ConsumedBy(4711, "m1")));
  }

  private void faults() {
    FaultEvent.Fault fault =
        new FaultEvent.Fault(
            "open",
            "error",
            Cause.MEDIA_ERROR,
            Instant.parse("2026-11-20T08:00:00Z"),
            List.of("pmem0"),
            List.of("vol0"),
            List.of("data"),
            List.of("/ref-src"),
            24,
            1);
    FaultEvent.Fault unknown =
        new FaultEvent.Fault(
            "resolved",
            "warning",
            null,
            Instant.parse("2026-11-20T08:00:00Z"),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            0,
            0);
    told(
        "fault_opened",
        "faults",
        FAULT,
        DEVICE_EVENT,
        new FaultEvent.FaultOpened("local", fault, List.of("devices", "sectors")));
    told(
        "fault_reopened",
        "faults",
        FAULT,
        DEVICE_EVENT,
        new FaultEvent.FaultReopened("local", fault, List.of()));
    told(
        "fault_grew",
        "faults",
        FAULT,
        VOLUME_EVENT,
        new FaultEvent.FaultGrew("local", fault, List.of("files")));
    told(
        "fault_acknowledged",
        "faults",
        FAULT,
        null,
        new FaultEvent.FaultAcknowledged("local", fault, List.of(), "ann", "module ordered"));
    told(
        "fault_resolved",
        "faults",
        FAULT,
        DEVICE_EVENT,
        new FaultEvent.FaultResolved("local", unknown, List.of(), null, null));
  }

  private static BlockEvent.MfMemPreRemove preRemove(Map<String, Long> credits) {
    return new BlockEvent.MfMemPreRemove(
        "local",
        "pmem0",
        Extents.of(0, 2097152),
        true,
        Cause.DEVICE_REMOVED,
        null,
        0,
        true,
        REMOVAL,
        Instant.parse("2026-11-20T08:00:30Z"),
        credits);
  }

  /** {@code count} ranges of one sector, every fourth, from {@code start} on. */
  private static Extents every(long start, int count) {
    Extents.Builder ranges = Extents.builder();
    for (int i = 0; i < count; i++) {
      ranges.add(start + 4L * i, 1);
    }
    return ranges.build();
  }

  private void told(
      String name,
      String source,
      @Nullable String faultId,
      @Nullable String causationId,
      EventData data) {
    boolean ofDevice = source.startsWith("devices");
    Event event =
        new Event(
            "local:01KA3G0V4R0123456789ABCDEF",
            "/hosts/local/" + source,
            Instant.parse("2026-11-20T08:00:00.123456Z"),
            faultId,
            causationId,
            events.size() + 1,
            ofDevice ? SLICE : layer(source) + SLICE,
            faultId == null ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            data);
    if (events.put(name, event) != null) {
      throw new IllegalStateException("two samples are named " + name);
    }
  }

  private static String layer(String source) {
    return source.startsWith("volumes") ? "dm:" : source.equals("faults") ? "notifier:" : "fs:";
  }
}
