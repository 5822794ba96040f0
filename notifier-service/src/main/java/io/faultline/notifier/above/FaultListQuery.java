package io.faultline.notifier.above;

import io.faultline.events.Cause;
import io.faultline.events.Names;
import io.faultline.notifier.core.CaseState;
import io.faultline.notifier.core.FaultPlace;
import io.faultline.notifier.core.FaultQuery;
import io.faultline.notifier.core.PathGlob;
import io.faultline.notifier.core.Severity;
import io.faultline.runtime.http.Edge;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a request for a list of fault cases asks for.
 *
 * @param hosts empty for all
 * @param after where the page before ended; null for the first
 */
record FaultListQuery(FaultQuery query, Set<String> hosts, @Nullable FaultPlace after, int limit) {

  /**
   * Cases are large: a page has no more of them, whatever is asked for, and says where the next
   * begins.
   */
  static final int LONGEST_PAGE = 100;

  private static final Set<String> KNOWN =
      Set.of(
          "state",
          "cause",
          "host",
          "device",
          "volume",
          "filesystem",
          "severity",
          "path",
          "since",
          "until",
          "limit",
          "after");

  /**
   * Reads a query.
   *
   * @throws io.faultline.runtime.http.ProblemException 400 for a name or a value that there is not
   */
  static FaultListQuery parse(Map<String, String[]> parameters) {
    Checks.onlyParameters(parameters.keySet(), KNOWN);
    Parameters given = new Parameters(parameters);
    FaultQuery query =
        new FaultQuery(
            given.set("state", FaultListQuery::state, oneOf(CaseState.values())),
            given.set("cause", FaultListQuery::cause, oneOf(Cause.values())),
            given.names("device"),
            given.names("volume"),
            given.names("filesystem"),
            given.set("severity", Severity::byText, oneOf(Severity.values())).stream()
                .min(Severity::compareTo)
                .orElse(null),
            given.paths(),
            given.time("since"),
            given.time("until"));
    return new FaultListQuery(
        query,
        given.names("host"),
        given.after(),
        Math.min(Checks.limit(given.number("limit")), LONGEST_PAGE));
  }

  private static @Nullable CaseState state(String text) {
    return byText(CaseState.values(), text);
  }

  private static @Nullable Cause cause(String text) {
    return byText(Cause.values(), text);
  }

  private static <E extends Enum<E>> @Nullable E byText(E[] values, String text) {
    for (E value : values) {
      if (text(value).equals(text)) {
        return value;
      }
    }
    return null;
  }

  private static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String oneOf(Enum<?>[] values) {
    return Arrays.stream(values)
        .map(FaultListQuery::text)
        .collect(Collectors.joining(", ", "one of ", ""));
  }

  /** The parameters of a query by name: repeated, or separated by commas. */
  private record Parameters(Map<String, String[]> given) {

    <T> Set<T> set(String name, Function<String, @Nullable T> parse, String rule) {
      return EventQuery.values(name, given.getOrDefault(name, new String[0])).stream()
          .map(
              text -> {
                T value = parse.apply(text);
                if (value == null) {
                  throw Edge.malformed(name + " is " + rule + ", but it is " + Edge.quote(text));
                }
                return value;
              })
          .collect(Collectors.toCollection(TreeSet::new));
    }

    Set<String> names(String name) {
      return few(
          name,
          set(name, text -> Names.isName(text) ? text : null, "a name as " + Names.NAME.pattern()));
    }

    Set<String> paths() {
      return few(
          "path",
          set(
              "path",
              text -> text.isEmpty() || text.length() > PathGlob.MAX_LENGTH ? null : text,
              "a pattern of 1 to " + PathGlob.MAX_LENGTH + " characters"));
    }

    private static Set<String> few(String name, Set<String> values) {
      if (values.size() > FaultQuery.MAX_VALUES) {
        throw Edge.malformed(
            name + " takes " + FaultQuery.MAX_VALUES + " values at most, not " + values.size());
      }
      return values;
    }

    @Nullable Instant time(String name) {
      String text = only(name);
      if (text == null) {
        return null;
      }
      try {
        // A plus sign that was not encoded in a query arrives as a space.
        return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
      } catch (DateTimeException e) {
        throw Edge.malformed(name + " is an RFC 3339 time, but it is " + Edge.quote(text));
      }
    }

    @Nullable Integer number(String name) {
      String text = only(name);
      if (text == null) {
        return null;
      }
      try {
        return Integer.valueOf(text);
      } catch (NumberFormatException e) {
        throw Edge.malformed(name + " is a number, but it is " + Edge.quote(text));
      }
    }

    @Nullable FaultPlace after() {
      String text = only("after");
      if (text == null) {
        return null;
      }
      try {
        return FaultPlace.parse(text);
      } catch (IllegalArgumentException e) {
        throw Edge.malformed("after is the next of a page, but it is " + Edge.quote(text));
      }
    }

    private @Nullable String only(String name) {
      List<String> values = List.of(given.getOrDefault(name, new String[0]));
      if (values.size() > 1) {
        throw Edge.malformed(name + " is given " + values.size() + " times, but it has one value");
      }
      return values.isEmpty() ? null : values.getFirst();
    }
  }
}
