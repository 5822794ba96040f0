package io.faultline.notifier.above;

import io.faultline.notifier.below.From;
import io.faultline.notifier.core.EventFilter;
import io.faultline.runtime.http.Edge;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request for events asks for.
 *
 * @param filter which
 * @param from the {@code from} of the query; null if it has none
 * @param after the {@code after} of the query; null if it has none
 * @param limit the {@code limit} of the query; null if it has none
 */
record EventQuery(
    EventFilter filter, @Nullable From from, @Nullable From after, @Nullable Integer limit) {

  static final int DEFAULT_LIMIT = 100;
  static final int MAX_LIMIT = 1_000;

  private static final Set<String> OF_THE_QUERY = Set.of("from", "after", "limit");

  /**
   * @throws io.faultline.runtime.http.ProblemException 400 for a name or a value that there is not
   */
  static EventQuery parse(Map<String, String[]> parameters) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    parameters.forEach(
        (name, values) -> {
          if (!OF_THE_QUERY.contains(name)) {
            fields.put(name, values(name, values));
          }
        });
    return new EventQuery(
        filter(fields),
        from("from", parameters.get("from")),
        from("after", parameters.get("after")),
        limit(parameters.get("limit")));
  }

  private static EventFilter filter(Map<String, List<String>> fields) {
    return switch (EventFilter.parse(fields)) {
      case EventFilter.Parsed.Ok ok -> ok.filter();
      case EventFilter.Parsed.Refused refused -> throw Edge.malformed(refused.detail());
    };
  }

  /** Repeated, or separated by commas; a comma that belongs to a path has a backslash before it. */
  static List<String> values(String name, String[] given) {
    List<String> values = new ArrayList<>();
    for (String text : given) {
      if (name.equals("path")) {
        for (String value : text.split("(?<!\\\\),", -1)) {
          values.add(value.replace("\\,", ","));
        }
      } else {
        values.addAll(List.of(text.split(",", -1)));
      }
    }
    return values;
  }

  private static @Nullable From from(String name, String @Nullable [] given) {
    String text = only(name, given);
    return text == null ? null : from(name, text);
  }

  static From from(String name, String text) {
    try {
      return From.parse(text);
    } catch (IllegalArgumentException e) {
      throw notAPoint(name, text, e);
    }
  }

  static RuntimeException notAPoint(String name, String text, IllegalArgumentException e) {
    return Edge.malformed(
        name
            + " is beginning, now, an RFC 3339 time or the id: that this stream gave with an event (a"
            + " cursor, not the event's own id), but "
            + Edge.quote(text)
            + " is not: "
            + e.getMessage());
  }

  private static @Nullable Integer limit(String @Nullable [] given) {
    String text = only("limit", given);
    if (text == null) {
      return null;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LIMIT) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Told below, with the numbers that are none of a limit.
    }
    throw Edge.malformed(
        "limit is a number from 1 to " + MAX_LIMIT + ", but it is " + Edge.quote(text));
  }

  private static @Nullable String only(String name, String @Nullable [] given) {
    if (given == null) {
      return null;
    }
    if (given.length > 1) {
      throw Edge.malformed(name + " is given " + given.length + " times, but it has one value");
    }
    return given[0];
  }
}
