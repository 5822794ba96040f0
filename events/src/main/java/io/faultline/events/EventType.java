package io.faultline.events;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The CloudEvents types, one for each record of {@link EventData}. */
public enum EventType {
  CORRUPTED_RANGE("corrupted_range", BlockEvent.CorruptedRange.class),
  MF_MEM_PRE_REMOVE("mf_mem_pre_remove", BlockEvent.MfMemPreRemove.class),
  RANGE_RECOVERED("range_recovered", BlockEvent.RangeRecovered.class),
  REDUNDANCY_LOST("redundancy_lost", BlockEvent.RedundancyLost.class),
  DEVICE_ADDED("device_added", DeviceEvent.DeviceAdded.class),
  DEVICE_REMOVED("device_removed", DeviceEvent.DeviceRemoved.class),
  DEVICE_PLUGGED("device_plugged", DeviceEvent.DevicePlugged.class),
  SCRUB_COMPLETED("scrub_completed", DeviceEvent.ScrubCompleted.class),
  VOLUME_ADDED("volume_added", VolumeEvent.VolumeAdded.class),
  VOLUME_REMOVED("volume_removed", VolumeEvent.VolumeRemoved.class),
  TABLE_CHANGED("table_changed", VolumeEvent.TableChanged.class),
  FILE_RANGE_LOST("file_range_lost", FilesystemEvent.FileRangeLost.class),
  FILE_RANGE_RECOVERED("file_range_recovered", FilesystemEvent.FileRangeRecovered.class),
  METADATA_LOST("metadata_lost", FilesystemEvent.MetadataLost.class),
  LOG_LOST("log_lost", FilesystemEvent.LogLost.class),
  RANGE_UNOWNED("range_unowned", FilesystemEvent.RangeUnowned.class),
  PROCESS_SIGNALLED("process_signalled", FilesystemEvent.ProcessSignalled.class),
  FILESYSTEM_FROZEN("filesystem_frozen", FilesystemEvent.FilesystemFrozen.class),
  FILESYSTEM_THAWED("filesystem_thawed", FilesystemEvent.FilesystemThawed.class),
  FILESYSTEM_SHUTDOWN("filesystem_shutdown", FilesystemEvent.FilesystemShutdown.class),
  FILESYSTEM_MOUNTED("filesystem_mounted", FilesystemEvent.FilesystemMounted.class),
  FILESYSTEM_UNMOUNTED("filesystem_unmounted", FilesystemEvent.FilesystemUnmounted.class),
  FAILURE_UNSUPPORTED("failure_unsupported", FilesystemEvent.FailureUnsupported.class),
  FAULT_OPENED("fault_opened", FaultEvent.FaultOpened.class),
  FAULT_REOPENED("fault_reopened", FaultEvent.FaultReopened.class),
  FAULT_GREW("fault_grew", FaultEvent.FaultGrew.class),
  FAULT_ACKNOWLEDGED("fault_acknowledged", FaultEvent.FaultAcknowledged.class),
  FAULT_RESOLVED("fault_resolved", FaultEvent.FaultResolved.class),
  REMOVAL_ACKNOWLEDGED("removal_acknowledged", RemovalAck.class);

  private static final String PREFIX = "io.faultline.";

  private static final Map<Class<?>, EventType> BY_RECORD =
      Stream.of(values()).collect(Collectors.toMap(EventType::record, Function.identity()));
  private static final Map<String, EventType> BY_NAME =
      Stream.of(values()).collect(Collectors.toMap(EventType::ceType, Function.identity()));

  private final String shortName;
  private final Class<? extends EventData> record;

  EventType(String shortName, Class<? extends EventData> record) {
    this.shortName = shortName;
    this.record = record;
  }

  /** Without the prefix: {@code corrupted_range}. */
  public String shortName() {
    return shortName;
  }

  /** The CloudEvents {@code type}: {@code io.faultline.corrupted_range}. */
  public String ceType() {
    return PREFIX + shortName;
  }

  public Class<? extends EventData> record() {
    return record;
  }

  public static EventType of(EventData data) {
    EventType type = BY_RECORD.get(data.getClass());
    if (type == null) {
      throw new IllegalStateException(data.getClass() + " has no event type");
    }
    return type;
  }

  /** The type that a CloudEvents {@code type} names; null if there is none. */
  public static @Nullable EventType byName(String ceType) {
    return BY_NAME.get(ceType);
  }
}
