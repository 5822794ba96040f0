package io.faultline.cli;

import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** How single values of an answer are shown to a person. */
final class Shown {

  private static final int RANGES = 4;

  private Shown() {}

  /**
   * A value in one line, without what a terminal would take for a command: paths come from
   * filesystems, and whoever may make a file there chooses its name.
   */
  static String plain(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().map(c -> isSafe(c) ? c : '\uFFFD').forEach(safe::appendCodePoint);
    return safe.toString();
  }

  private static boolean isSafe(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }

  /** Lists separated by commas, nothing for what is not there. */
  static String value(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return "";
    }
    if (node.isArray()) {
      StringJoiner list = new StringJoiner(", ");
      node.forEach(item -> list.add(value(item)));
      return list.toString();
    }
    return plain(node.isValueNode() ? node.asString() : node.toString());
  }

  /** A flat array of pairs as {@code START+COUNT}, the first of them. */
  static String ranges(JsonNode pairs) {
    if (!pairs.isArray()) {
      return "";
    }
    StringJoiner list = new StringJoiner(", ");
    int all = pairs.size() / 2;
    for (int i = 0; i < Math.min(all, RANGES); i++) {
      list.add(pairs.get(2 * i).asString() + "+" + pairs.get(2 * i + 1).asString());
    }
    if (all > RANGES) {
      list.add("… " + all + " ranges");
    }
    return list.toString();
  }
}
