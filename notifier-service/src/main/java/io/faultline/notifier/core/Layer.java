package io.faultline.notifier.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import org.jspecify.annotations.Nullable;

/** Who tells an event, from the device upwards. */
public enum Layer {
  DEVICE("device"),
  DM("dm"),
  FS("fs"),
  /** What becomes of faults: not a layer of the stack, but told like one. */
  NOTIFIER("notifier");

  private final String text;

  Layer(String text) {
    this.text = text;
  }

  /** As in topic names and queries: {@code dm}. */
  public String text() {
    return text;
  }

  /** The layer of that name; null if there is none. */
  public static @Nullable Layer byText(String text) {
    for (Layer layer : values()) {
      if (layer.text.equals(text)) {
        return layer;
      }
    }
    return null;
  }

  /**
   * The layer that told it. A device and a volume tell block events in the same shape; their source
   * tells them apart.
   */
  public static Layer of(Event event) {
    return switch (event.data()) {
      case BlockEvent _ -> event.source().contains("/volumes/") ? DM : DEVICE;
      case DeviceEvent _ -> DEVICE;
      case VolumeEvent _ -> DM;
      case FilesystemEvent _ -> FS;
      case FaultEvent _ -> NOTIFIER;
      case RemovalAck _ -> DEVICE;
    };
  }
}
