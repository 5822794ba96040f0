package io.faultline.events;

import java.util.List;

/** The topics' names, and which layer's events are in which. */
public final class Topics {

  public static final String DEVICE_EVENTS = "faultline.device.events";
  public static final String DM_EVENTS = "faultline.dm.events";
  public static final String FS_EVENTS = "faultline.fs.events";
  public static final String REMOVAL_ACKS = "faultline.removal.acks";
  public static final String DEVICE_STATE = "faultline.device.state";

  /** The topics whose events people and programs follow, from the device upwards. */
  public static final List<String> LAYER_EVENTS = List.of(DEVICE_EVENTS, DM_EVENTS, FS_EVENTS);

  private Topics() {}

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
