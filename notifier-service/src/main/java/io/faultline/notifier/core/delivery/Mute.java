package io.faultline.notifier.core.delivery;

import io.faultline.events.Event;
import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.Layer;
import java.time.Instant;

/**
 * What a watcher does not want to hear of for a while. It does not hold for a fault that has grown
 * since.
 *
 * @param until when it ends
 */
public record Mute(String name, EventFilter filter, Instant until) {

  boolean covers(Layer layer, Event event) {
    return filter.covers(layer, event);
  }

  boolean holds(Instant now) {
    return now.isBefore(until);
  }
}
