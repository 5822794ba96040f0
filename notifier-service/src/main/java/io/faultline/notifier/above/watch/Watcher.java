package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.EventFilter;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A follower that remembers, as it is kept in {@link WatcherTopics#WATCHERS} under its name. Fields
 * are never renamed.
 *
 * @param id made when it was created: a watcher of the same name made anew has another
 * @param revision rising with every change
 * @param filter as {@link EventFilter#toFields}
 * @param url of its webhook
 * @param secret {@code whsec_…}; shown once, at creation
 * @param start the cursor at which it begins
 */
public record Watcher(
    String name,
    String id,
    long revision,
    Instant createdAt,
    Map<String, List<String>> filter,
    String url,
    String secret,
    String start,
    boolean paused) {

  public EventFilter eventFilter() {
    return switch (EventFilter.parse(filter)) {
      case EventFilter.Parsed.Ok ok -> ok.filter();
      case EventFilter.Parsed.Refused refused ->
          throw new IllegalStateException(name + " was kept with a bad filter: " + refused);
    };
  }

  Watcher pausedNow(boolean now) {
    return new Watcher(name, id, revision + 1, createdAt, filter, url, secret, start, now);
  }

  Watcher replacedBy(EventFilter newFilter, String newUrl) {
    return new Watcher(
        name, id, revision + 1, createdAt, newFilter.toFields(), newUrl, secret, start, paused);
  }

  /** Without the secret: this is what logs show. */
  @Override
  public String toString() {
    return "watcher " + name + " (" + id + ", revision " + revision + ")";
  }
}
