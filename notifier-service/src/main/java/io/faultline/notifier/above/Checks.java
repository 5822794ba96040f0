package io.faultline.notifier.above;

import io.faultline.runtime.http.Edge;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Checks of form that several of the notifier's controllers do. */
final class Checks {

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private Checks() {}

  /** A parameter that is not known is a mistake: a filter that is ignored lets too much through. */
  static void onlyParameters(HttpServletRequest request, Set<String> known) {
    onlyParameters(request.getParameterMap().keySet(), known);
  }

  static void onlyParameters(Set<String> given, Set<String> known) {
    for (String name : given) {
      if (!known.contains(name)) {
        throw Edge.malformed(
            "There is no parameter "
                + Edge.quote(name)
                + "; there are "
                + String.join(", ", new TreeSet<>(known)));
      }
    }
  }

  static int limit(@Nullable Integer limit) {
    int wanted = limit == null ? DEFAULT_LIMIT : limit;
    if (wanted < 1 || wanted > MAX_LIMIT) {
      throw Edge.malformed("limit is a number from 1 to " + MAX_LIMIT + ", but it is " + wanted);
    }
    return wanted;
  }

  /** One line of text that says something. */
  static void line(String name, @Nullable String text, int longest) {
    text(name, text, longest);
    if (text != null && text.chars().anyMatch(Character::isISOControl)) {
      throw Edge.malformed(name + " is one line without control characters");
    }
  }

  /** Text that says something; it may have several lines. */
  static void text(String name, @Nullable String text, int longest) {
    if (text == null) {
      return;
    }
    if (text.length() > longest) {
      throw Edge.malformed(
          name + " has " + longest + " characters at most, but it has " + text.length());
    }
    if (text.isBlank()) {
      throw Edge.malformed(name + " is left out or says something, but it is blank");
    }
    if (text.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
      throw Edge.malformed(name + " has no control characters but line feeds and tabs");
    }
  }
}
