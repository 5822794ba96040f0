package io.faultline.notifier.below;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An event as it was read; shared by everybody who gets it. */
public final class HeardEvent {

  private final Event event;
  private final Layer layer;
  private final int sizeBytes;
  private volatile byte @Nullable [] structured;
  private volatile @Nullable Framed framed;

  /** A server-sent event, for all who are at that position after it. */
  private record Framed(Cursor cursor, byte[] bytes) {}

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
  public int sizeBytes() {
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

  /**
   * As a server-sent event (WHATWG HTML, 9.2) in UTF-8. Whoever follows what is live is at the same
   * position after it, so it is made once for all of them; not to be changed.
   *
   * @param cursor the position after it, the event's {@code id}
   */
  public byte[] serverSent(Cursor cursor) {
    Framed made = framed;
    if (made == null || made.cursor() != cursor) {
      String head = "id: " + cursor + "\nevent: " + event.type().ceType() + "\ndata: ";
      made = new Framed(cursor, joined(head.getBytes(UTF_8), structured()));
      framed = made;
    }
    return made.bytes();
  }

  private static byte[] joined(byte[] head, byte[] data) {
    byte[] all = Arrays.copyOf(head, head.length + data.length + 2);
    System.arraycopy(data, 0, all, head.length, data.length);
    all[all.length - 2] = '\n';
    all[all.length - 1] = '\n';
    return all;
  }
}
