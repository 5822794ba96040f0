package io.faultline.runtime.access;

import io.faultline.runtime.core.Problem;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes plain paths only. Proxies, Tomcat and Spring each have their own idea of dots, empty
 * segments and path parameters, and a rule that holds for one spelling must hold for all.
 */
final class PathGuard {

  private static final Set<String> DOTS = Set.of(".", "..");

  private PathGuard() {}

  /**
   * @param rawPath as it was sent, without the query
   * @return why it is not taken; null if it is
   */
  static @Nullable Problem refusal(String rawPath) {
    String lower = rawPath.toLowerCase(Locale.ROOT);
    if (rawPath.contains("//") || rawPath.contains(";") || rawPath.contains("\\")) {
      return Problem.malformed(
          "A path has single slashes and no semicolon or backslash (in a name: %3B)");
    }
    if (lower.contains("%2f") || lower.contains("%5c") || lower.contains("%00")) {
      return Problem.malformed("A name in a path has no slash, backslash or NUL, encoded or not");
    }
    for (String segment : lower.split("/", -1)) {
      if (DOTS.contains(segment.replace("%2e", "."))) {
        return Problem.malformed("A path has no segments \".\" and \"..\", encoded or not");
      }
    }
    return null;
  }
}
