package io.faultline.events;

/**
 * What an event says, as JSON its {@code data}. Which record it is names the CloudEvents type; see
 * {@link EventType}.
 *
 * <p>Fields are never renamed or given another meaning; readers ignore fields that they do not
 * know.
 */
public sealed interface EventData
    permits BlockEvent, DeviceEvent, VolumeEvent, FilesystemEvent, FaultEvent, RemovalAck {

  /** The host that everything in the event belongs to: the Kafka key. */
  String host();
}
