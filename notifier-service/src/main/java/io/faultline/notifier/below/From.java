package io.faultline.notifier.below;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Where to begin to follow the events. */
public sealed interface From {

  /** With the oldest that is kept. */
  record Beginning() implements From {}

  /** With what comes from now on. */
  record Now() implements From {}

  /** With what was written at that time or later. */
  record At(Instant time) implements From {}

  /** After what the one who had this cursor has had. */
  record After(Cursor cursor) implements From {}

  /**
   * {@code beginning}, {@code now}, an RFC 3339 time, or a cursor.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static From parse(String text) {
    if (text.equals("beginning")) {
      return new Beginning();
    }
    if (text.equals("now")) {
      return new Now();
    }
    // No cursor has a colon, and every time has.
    if (text.indexOf(':') >= 0) {
      try {
        // A plus sign that was not encoded in a query arrives as a space.
        return new At(OffsetDateTime.parse(text.replace(' ', '+')).toInstant());
      } catch (DateTimeException e) {
        throw new IllegalArgumentException("it is no RFC 3339 time", e);
      }
    }
    return new After(Cursor.parse(text));
  }
}
