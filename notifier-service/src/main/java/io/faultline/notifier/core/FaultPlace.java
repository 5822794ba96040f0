package io.faultline.notifier.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;

/**
 * Where a case stands in a list of cases: the newest first. It is a position, not a number, so that
 * a page goes on where the one before it ended, whatever came and went since.
 *
 * @param openedAt when the fault began
 * @param id of the fault
 */
public record FaultPlace(Instant openedAt, String id) implements Comparable<FaultPlace> {

  private static final Comparator<FaultPlace> NEWEST_FIRST =
      Comparator.comparing(FaultPlace::openedAt).thenComparing(FaultPlace::id).reversed();

  private static final int MAX_TEXT_LENGTH = 512;

  /** As {@link #parse} reads it; opaque to everybody else. */
  public String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((openedAt + " " + id).getBytes(UTF_8));
  }

  /**
   * The place that a text stands for.
   *
   * @throws IllegalArgumentException if it was never one
   */
  public static FaultPlace parse(String text) {
    if (text.length() > MAX_TEXT_LENGTH) {
      throw new IllegalArgumentException("it has " + text.length() + " characters");
    }
    String decoded = new String(Base64.getUrlDecoder().decode(text), UTF_8);
    int end = decoded.indexOf(' ');
    if (end < 0) {
      throw new IllegalArgumentException("it was never the end of a page");
    }
    try {
      return new FaultPlace(Instant.parse(decoded.substring(0, end)), decoded.substring(end + 1));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("it was never the end of a page", e);
    }
  }

  /** Before every case that was opened before {@code time}, after every other. */
  static FaultPlace before(Instant time) {
    return new FaultPlace(time, "");
  }

  /** The place right before this one, which no case has. */
  FaultPlace justBefore() {
    return new FaultPlace(openedAt, id + '\0');
  }

  @Override
  public int compareTo(FaultPlace other) {
    return NEWEST_FIRST.compare(this, other);
  }
}
