package io.faultline.fs.above.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Paths of files in requests. A path is what stands in the URL behind {@code /files}, each name
 * percent-encoded UTF-8; it is taken to the letter. What a client might have meant otherwise
 * ({@code ..}, an empty name) is refused, not tidied.
 */
final class FilePath {

  /** How many segments come before the path: an empty one, v1, hosts, ... files. */
  private static final int SEGMENTS_BEFORE = 7;

  private static final int HEX = 16;

  private FilePath() {}

  /** A path, and what is to be done with it, behind the last colon. */
  record WithAction(String path, String action) {}

  /**
   * @param requestUri as it came, not decoded
   * @return with a slash in front; the root is {@code /}
   * @throws ProblemException 400 if it is no path
   */
  static String ofUri(String requestUri) {
    return decoded(behindFiles(requestUri));
  }

  /**
   * A path with {@code :action} behind it. A colon that belongs to the last name is written {@code
   * %3A}, or has the action's colon behind it.
   */
  static WithAction withAction(String requestUri) {
    String raw = behindFiles(requestUri);
    int colon = raw.lastIndexOf(':');
    if (colon < 0 || raw.indexOf('/', colon) >= 0) {
      throw Edge.malformed(
          "POST wants an action behind the path, as in …/files/a.txt:truncate, but here is none");
    }
    return new WithAction(decoded(raw.substring(0, colon)), raw.substring(colon + 1));
  }

  /**
   * A path as it stands in a body: not percent-encoded.
   *
   * @param what which field
   */
  static String ofText(String what, String text) {
    String path = text.startsWith("/") ? text : "/" + text;
    for (String name : path.substring(1).split("/", -1)) {
      check(what, name);
    }
    return path;
  }

  private static String behindFiles(String requestUri) {
    int at = 0;
    for (int segment = 1; segment < SEGMENTS_BEFORE; segment++) {
      at = requestUri.indexOf('/', at) + 1;
    }
    int end = requestUri.indexOf('/', at);
    return end < 0 ? "" : requestUri.substring(end + 1);
  }

  private static String decoded(String raw) {
    if (raw.isEmpty()) {
      return "/";
    }
    StringBuilder path = new StringBuilder();
    for (String segment : raw.split("/", -1)) {
      String name = decodedName(segment);
      check("the path", name);
      path.append('/').append(name);
    }
    return path.toString();
  }

  private static void check(String what, String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw Edge.malformed(
          "The names in "
              + what
              + " are not empty, not . and not .., but one of them is "
              + Edge.quote(name));
    }
    boolean unfit = name.chars().anyMatch(c -> c < ' ' || c == 0x7F || c == '/');
    if (unfit) {
      throw Edge.malformed(
          "The names in "
              + what
              + " have no control characters and no slash in them, but one of them is "
              + Edge.quote(name));
    }
  }

  private static String decodedName(String raw) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.write(encodedByte(raw, i));
        i += 2;
      } else if (c == ';' || c > 0x7E) {
        throw Edge.malformed(
            "In a path " + Edge.quote(String.valueOf(c)) + " is percent-encoded, as UTF-8");
      } else {
        bytes.write(c);
      }
    }
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
    } catch (CharacterCodingException e) {
      throw Edge.malformed(
          "The names in a path are UTF-8, but this one is not: " + Edge.quote(raw));
    }
  }

  private static int encodedByte(String raw, int percent) {
    boolean whole = raw.length() - percent > 2;
    int high = whole ? Character.digit(raw.charAt(percent + 1), HEX) : -1;
    int low = whole ? Character.digit(raw.charAt(percent + 2), HEX) : -1;
    if (high < 0 || low < 0) {
      throw Edge.malformed(
          "Behind a % stand two hexadecimal digits, but not in " + Edge.quote(raw));
    }
    return high * HEX + low;
  }
}
