package io.faultline.dm.core.target;

/** Keys as they stand in a table. Nobody here ever needs one. */
public final class KeyText {

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
}
