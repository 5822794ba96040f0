package io.faultline.events;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The topics' names, and which layer's events are in which. */
public final class Topics {

  public static final String DEVICE_EVENTS = "faultline.device.events";
  public static final String DM_EVENTS = "faultline.dm.events";
  public static final String FS_EVENTS = "faultline.fs.events";
  public static final String REMOVAL_ACKS = "faultline.removal.acks";
  public static final String DEVICE_STATE = "faultline.device.state";

  /** Which instance of device-service has which host: one partition, the order decides. */
  public static final String DEVICE_HOSTS = "faultline.device.hosts";

  /** What becomes of faults. */
  public static final String NOTIFIER_EVENTS = "faultline.notifier.events";

  /** How far each watcher has come, and what is still to be delivered to it. */
  public static final String NOTIFIER_DELIVERIES = "faultline.notifier.deliveries";

  /** The layers that take commands, from below upwards. */
  public static final List<String> LAYERS_WITH_COMMANDS = List.of("dm", "fs", "notifier");

  /** What the layers tell of devices, volumes and filesystems, from the device upwards. */
  public static final List<String> LAYER_EVENTS = List.of(DEVICE_EVENTS, DM_EVENTS, FS_EVENTS);

  /** The topics whose events people and programs follow: the layers' and the notifier's own. */
  public static final List<String> FOLLOWED_EVENTS =
      List.of(DEVICE_EVENTS, DM_EVENTS, FS_EVENTS, NOTIFIER_EVENTS);

  /** The types that each topic of events carries; the contract of {@code docs/asyncapi.yaml}. */
  private static final Map<String, Set<EventType>> TYPES =
      Map.of(
          DEVICE_EVENTS,
          types(
              EventType.CORRUPTED_RANGE,
              EventType.MF_MEM_PRE_REMOVE,
              EventType.RANGE_RECOVERED,
              EventType.DEVICE_ADDED,
              EventType.DEVICE_REMOVED,
              EventType.DEVICE_PLUGGED,
              EventType.SCRUB_COMPLETED),
          DM_EVENTS,
          types(
              EventType.CORRUPTED_RANGE,
              EventType.MF_MEM_PRE_REMOVE,
              EventType.RANGE_RECOVERED,
              EventType.REDUNDANCY_LOST,
              EventType.VOLUME_ADDED,
              EventType.VOLUME_REMOVED,
              EventType.TABLE_CHANGED),
          FS_EVENTS,
          types(
              EventType.FILE_RANGE_LOST,
              EventType.FILE_RANGE_RECOVERED,
              EventType.METADATA_LOST,
              EventType.LOG_LOST,
              EventType.RANGE_UNOWNED,
              EventType.PROCESS_SIGNALLED,
              EventType.FILESYSTEM_FROZEN,
              EventType.FILESYSTEM_THAWED,
              EventType.FILESYSTEM_SHUTDOWN,
              EventType.FILESYSTEM_MOUNTED,
              EventType.FILESYSTEM_UNMOUNTED,
              EventType.FAILURE_UNSUPPORTED),
          NOTIFIER_EVENTS,
          types(
              EventType.FAULT_OPENED,
              EventType.FAULT_REOPENED,
              EventType.FAULT_GREW,
              EventType.FAULT_ACKNOWLEDGED,
              EventType.FAULT_RESOLVED),
          REMOVAL_ACKS,
          types(EventType.REMOVAL_ACKNOWLEDGED));

  private Topics() {}

  private static Set<EventType> types(EventType first, EventType... rest) {
    return Set.copyOf(EnumSet.of(first, rest));
  }

  /** The types of events in {@code topic}; none for a topic that carries no events. */
  public static Set<EventType> typesOf(String topic) {
    return TYPES.getOrDefault(topic, Set.of());
  }

  /** Requests to a layer: {@code faultline.dm.commands}. */
  public static String commands(String layer) {
    return "faultline." + layer + ".commands";
  }

  /** Its answers: {@code faultline.dm.replies}. */
  public static String replies(String layer) {
    return "faultline." + layer + ".replies";
  }

  /** Its events: {@code faultline.dm.events}. */
  public static String events(String layer) {
    return "faultline." + layer + ".events";
  }

  /** Where records of {@code topic} go that nobody could read or carry out. */
  public static String deadLetters(String topic) {
    return topic + "-dlt";
  }

  /** The layer whose events {@code topic} holds: {@code device}, {@code dm}, {@code fs}. */
  public static String layerOf(String topic) {
    return topic.split("\\.")[1];
  }
}
