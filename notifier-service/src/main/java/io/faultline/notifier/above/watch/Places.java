package io.faultline.notifier.above.watch;

import io.faultline.events.Ulids;
import io.faultline.notifier.below.Cursor;
import io.faultline.notifier.below.EventFeed.Step;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.EventHub.Reread;
import io.faultline.notifier.below.From;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where in the logs something is that people name. */
final class Places {

  private static final Pattern EVENT =
      Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}:[0-7][0-9A-HJKMNP-TV-Z]{25}");

  /** An event's id is older or younger than its record by no more than that. */
  private static final Duration APART = Duration.ofMinutes(1);

  /** Pieces that are looked through for an event. */
  private static final int MAX_PIECES = 100;

  private final EventHub hub;

  Places(EventHub hub) {
    this.hub = hub;
  }

  Cursor now() {
    return hub.now();
  }

  /**
   * @param text {@code beginning}, {@code now}, a time, the id of an event, or a cursor
   * @throws ProblemException 400 if it is none of these, 404 if there is no such event
   */
  Cursor resolve(String field, String text) {
    if (EVENT.matcher(text).matches()) {
      Cursor found = before(text);
      if (found == null) {
        throw new ProblemException(
            Problem.notFound("There is no event " + text + " in the topics; they may be older"));
      }
      return found;
    }
    try {
      return hub.resolve(From.parse(text));
    } catch (IllegalArgumentException e) {
      throw WatcherRequests.wrong(
          field
              + " is beginning, now, an RFC 3339 time, the id of an event, or a cursor, but it is "
              + Edge.quote(text),
          "/" + field);
    }
  }

  /** The position before an event; null if it is not found near the time that its id says. */
  private @Nullable Cursor before(String id) {
    Instant made = Ulids.time(id.substring(id.indexOf(':') + 1));
    Cursor at = hub.resolve(new From.At(made.minus(APART)));
    Cursor end = hub.now();
    Step.Heard[] found = {null};
    for (int piece = 0; piece < MAX_PIECES && found[0] == null && !at.reaches(end); piece++) {
      Reread reread =
          hub.readAgain(
              at,
              end,
              heard -> {
                if (heard.event().event().id().equals(id)) {
                  found[0] = heard;
                }
                return found[0] == null;
              });
      switch (reread) {
        case Reread.Done done -> at = done.reached();
        case Reread.Gone gone -> at = gone.earliest();
      }
    }
    Step.Heard heard = found[0];
    if (heard == null) {
      return null;
    }
    long[] next = heard.cursor().toArray();
    next[heard.slot()] = heard.offset();
    return new Cursor(heard.cursor().fingerprint(), next);
  }
}
