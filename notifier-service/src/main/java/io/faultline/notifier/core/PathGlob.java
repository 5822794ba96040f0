package io.faultline.notifier.core;

import java.util.Arrays;

/**
 * A pattern for paths: {@code *} stands for any characters but a slash, {@code **} for any at all,
 * {@code ?} for one that is no slash; everything else for itself.
 *
 * <p>Matching takes time proportional to the pattern's length times the path's, whatever they are:
 * patterns come from outside.
 */
public record PathGlob(String pattern) {

  public static final int MAX_LENGTH = 1024;

  /**
   * @throws IllegalArgumentException if the pattern is empty or longer than {@value #MAX_LENGTH}
   */
  public PathGlob {
    if (pattern.isEmpty() || pattern.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a path pattern has 1 to " + MAX_LENGTH + " characters, not " + pattern.length());
    }
  }

  /** Whether the path begins as every path does that matches: far cheaper than to match it. */
  boolean canMatch(String path) {
    for (int i = 0; i < pattern.length(); i++) {
      char token = pattern.charAt(i);
      if (token == '*' || token == '?') {
        return true;
      }
      if (i >= path.length() || path.charAt(i) != token) {
        return false;
      }
    }
    return path.length() == pattern.length();
  }

  public boolean matches(String path) {
    // before[j]: whether the pattern so far matches the first j characters of the path.
    boolean[] before = new boolean[path.length() + 1];
    boolean[] after = new boolean[path.length() + 1];
    before[0] = true;
    for (int i = 0; i < pattern.length(); i++) {
      char token = pattern.charAt(i);
      boolean acrossSlashes =
          token == '*' && i + 1 < pattern.length() && pattern.charAt(i + 1) == '*';
      if (acrossSlashes) {
        i++;
      }
      Arrays.fill(after, false);
      after[0] = token == '*' && before[0];
      for (int j = 1; j <= path.length(); j++) {
        char next = path.charAt(j - 1);
        after[j] =
            switch (token) {
              case '*' -> before[j] || (after[j - 1] && (acrossSlashes || next != '/'));
              case '?' -> before[j - 1] && next != '/';
              default -> before[j - 1] && next == token;
            };
      }
      boolean[] swap = before;
      before = after;
      after = swap;
    }
    return before[path.length()];
  }
}
