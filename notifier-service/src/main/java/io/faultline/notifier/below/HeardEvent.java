package io.faultline.notifier.below;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import org.jspecify.annotations.Nullable;

/** An event as it was read; shared by everybody who gets it. */
public final class HeardEvent {

  private final Event event;
  private final Layer layer;
  private final int sizeBytes;
  private volatile byte @Nullable [] structured;

  HeardEvent(Event event, Layer layer, int sizeBytes) {
    this.event = event;
    this.layer = layer;
    this.sizeBytes = sizeBytes;
  }

  public Event event() {
    return event;
  }

  public Layer layer() {
    return layer;
  }

  /** About what it takes in memory. */
  int sizeBytes() {
    return sizeBytes;
  }

  public boolean matches(EventFilter filter) {
    return filter.matches(layer, event);
  }

  /** As CloudEvents structured JSON in UTF-8, made once however many want it; not to be changed. */
  public byte[] structured() {
    byte[] made = structured;
    if (made == null) {
      made = EventCodec.structured(event).getBytes(UTF_8);
      structured = made;
    }
    return made;
  }
}
