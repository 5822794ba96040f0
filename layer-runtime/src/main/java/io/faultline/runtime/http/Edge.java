package io.faultline.runtime.http;

import io.faultline.events.Names;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** The checks of form that every controller does before it asks a layer. */
public final class Edge {

  /** Every number of the interface stays below this, so that JavaScript keeps it exact. */
  public static final long NUMBER_LIMIT = 1L << 53;

  /** Items of a page where nobody says how many. */
  public static final int DEFAULT_PAGE = 100;

  /** Items of a page at most. */
  public static final int MAX_PAGE = 10_000;

  private static final int MAX_KEY_LENGTH = 255;
  private static final String IDENTITY = Edge.class.getName() + ".identity";

  private Edge() {}

  /**
   * A name of a host, device, volume, filesystem or watcher.
   *
   * @param what which, for the answer
   * @throws ProblemException 400 if it is none
   */
  public static String name(String what, @Nullable String text) {
    return name(Edge::inRequest, what, what, text);
  }

  /**
   * A name that stands in a body.
   *
   * @param pointer RFC 6901, {@code /devices/0}
   * @throws ProblemException as {@link #name}, with the pointer
   */
  public static String nameAt(String pointer, String what, @Nullable String text) {
    return name(Edge::malformedAt, pointer, what, text);
  }

  private static String name(Wrong wrong, String where, String what, @Nullable String text) {
    if (text == null || !Names.isName(text)) {
      throw wrong.at(
          where,
          "The name of a "
              + what
              + " is "
              + Names.NAME.pattern()
              + ", but this one is "
              + quote(text));
    }
    return text;
  }

  /**
   * A range of sectors as a request gives it.
   *
   * @throws ProblemException 400 if a number is negative, the count is 0, or a number is not below
   *     2^53
   */
  public static SectorRange sectorRange(long sector, long count) {
    return sectorRange(Edge::inRequest, sector, count);
  }

  /**
   * A range of sectors as a body gives it, in the fields {@code sector} and {@code count}.
   *
   * @throws ProblemException as {@link #sectorRange}, with a pointer to the field
   */
  public static SectorRange sectorRangeAt(long sector, long count) {
    return sectorRange(Edge::malformedAt, sector, count);
  }

  private static SectorRange sectorRange(Wrong wrong, long sector, long count) {
    number(wrong, "/sector", "sector", sector);
    number(wrong, "/count", "count", count);
    if (count == 0) {
      throw wrong.at("/count", "count is at least 1, but it is 0");
    }
    if (sector >= NUMBER_LIMIT - count) {
      throw wrong.at(
          "/count", "sector + count is below 2^53, but " + sector + " + " + count + " is not");
    }
    return new SectorRange(sector, count);
  }

  /**
   * A number of a body.
   *
   * @param pointer RFC 6901, {@code /scatter/sectors}
   * @throws ProblemException 400 with the pointer if it is negative or not below 2^53
   */
  public static long numberAt(String pointer, long value) {
    return number(Edge::malformedAt, pointer, pointer.substring(1).replace('/', '.'), value);
  }

  /**
   * @throws ProblemException 400 if it is negative or not below 2^53
   */
  public static long number(String what, long value) {
    return number(Edge::inRequest, what, what, value);
  }

  private static long number(Wrong wrong, String where, String what, long value) {
    if (value < 0 || value >= NUMBER_LIMIT) {
      throw wrong.at(where, what + " is a number from 0 and below 2^53, but it is " + value);
    }
    return value;
  }

  /** Which part of a list is asked for. */
  public record Page(int limit, @Nullable String after) {}

  /**
   * @throws ProblemException 400 if the limit is not from 1 to {@value #MAX_PAGE}
   */
  public static Page page(@Nullable Integer limit, @Nullable String after) {
    int wanted = limit == null ? DEFAULT_PAGE : limit;
    if (wanted < 1 || wanted > MAX_PAGE) {
      throw malformed("limit is a number from 1 to " + MAX_PAGE + ", but it is " + wanted);
    }
    return new Page(wanted, after);
  }

  /**
   * Says who makes this request, so that their keys are theirs only.
   *
   * @param identity the same for all that one caller does; empty where nobody is asked
   */
  public static void identify(HttpServletRequest request, String identity) {
    request.setAttribute(IDENTITY, identity);
  }

  /**
   * The id of the command that this request is: made from its {@code Idempotency-Key}, its method,
   * its path and who makes it; null if it has no key.
   *
   * @throws ProblemException 400 if the key is empty, too long or not printable ASCII
   */
  public static @Nullable String commandId(HttpServletRequest request) {
    String key = request.getHeader("Idempotency-Key");
    if (key == null) {
      return null;
    }
    boolean printable = key.chars().allMatch(c -> c > ' ' && c < 0x7F);
    if (key.isEmpty() || key.length() > MAX_KEY_LENGTH || !printable) {
      throw malformed(
          "Idempotency-Key has 1 to "
              + MAX_KEY_LENGTH
              + " printable ASCII characters, but this one has "
              + key.length());
    }
    String id = request.getMethod() + " " + request.getRequestURI() + " " + key;
    // At the end, because a name may have spaces in it and the others have none.
    return request.getAttribute(IDENTITY) instanceof String who && !who.isEmpty()
        ? id + " " + who
        : id;
  }

  public static ProblemException malformed(String detail) {
    return new ProblemException(Problem.malformed(detail));
  }

  /** How a rule is refused: of a body with a pointer to the place, of another part without. */
  @FunctionalInterface
  private interface Wrong {
    ProblemException at(String pointer, String detail);
  }

  /** What is no body has no place that could be pointed at. */
  private static ProblemException inRequest(String nowhere, String detail) {
    return malformed(detail);
  }

  /** A body that is wrong at one place. */
  public static ProblemException malformedAt(String pointer, String detail) {
    return new ProblemException(Problem.malformed(detail).at(pointer, detail));
  }

  /** A value of the client as it may stand in an answer: in quotes, one line, not too long. */
  public static String quote(@Nullable String text) {
    if (text == null) {
      return "missing";
    }
    String shown = text.length() <= 80 ? text : text.substring(0, 80) + "…";
    return "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"";
  }
}
