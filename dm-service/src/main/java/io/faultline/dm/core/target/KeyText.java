package io.faultline.dm.core.target;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys as they stand in a table. Nobody here ever needs one. */
public final class KeyText {

  /** The longest decimal number that a target reads: {@link Long#MAX_VALUE}. */
  private static final int MAX_NUMBER_DIGITS = 19;

  /** Eight bytes and more, together or with something between each two. */
  private static final Pattern MANY_DIGITS =
      Pattern.compile("(?i)[0-9a-f]{16,}+|[0-9a-f]{2}(?:[:._-][0-9a-f]{2}){7,}+");

  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1," + MAX_NUMBER_DIGITS + "}");
  private static final Pattern ZEROS = Pattern.compile("[0:._-]*");
  private static final Pattern HEX_DIGIT = Pattern.compile("[0-9a-fA-F]");

  private KeyText() {}

  /**
   * The same key with zeros for its digits: what it is made of does not matter, how long it is
   * does. The name of a key in a ring is no key and stays, and so does what is no key at all, so
   * that it is refused.
   */
  public static String blind(String key) {
    if (key.startsWith(":") || key.equals("-")) {
      return key;
    }
    StringBuilder zeros = new StringBuilder(key.length());
    key.chars().forEach(c -> zeros.append(Character.digit(c, 16) < 0 ? 'x' : '0'));
    return zeros.toString();
  }

  /**
   * Whether a word has in it what a key may be: eight bytes in hexadecimal and more that are no
   * number. A digest looks the same, and so may the name of a device; zeros are no secret.
   */
  public static boolean looksLikeKey(String word) {
    return MANY_DIGITS.matcher(word).results().anyMatch(KeyText::mayBeKey);
  }

  /** Any text with zeros for the digits of whatever {@link #looksLikeKey}. */
  public static String blindIn(String text) {
    return MANY_DIGITS
        .matcher(text)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(
                    mayBeKey(match)
                        ? HEX_DIGIT.matcher(match.group()).replaceAll("0")
                        : match.group()));
  }

  private static boolean mayBeKey(MatchResult match) {
    String digits = match.group();
    return !DECIMAL.matcher(digits).matches() && !ZEROS.matcher(digits).matches();
  }
}
