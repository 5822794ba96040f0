package io.faultline.notifier.above.dashboard;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file of the dashboard, as it is and packed.
 *
 * @param contentType with its character set
 * @param tag a digest of the content, without quotes
 * @param content as it is
 * @param packed with gzip
 */
record StaticFile(String contentType, String tag, byte[] content, byte[] packed) {

  private static final String FOLDER = "/static/";
  private static final int TAG_DIGITS = 20;

  /** No dot but the one before the ending: nothing can be asked for outside of the folder. */
  private static final Pattern NAME =
      Pattern.compile("(?:[a-z0-9][a-z0-9-]*/)*[A-Za-z0-9][A-Za-z0-9-]*\\.([a-z]+)");

  private static final Map<String, String> CONTENT_TYPES =
      Map.of(
          "html", "text/html;charset=UTF-8",
          "js", "text/javascript;charset=UTF-8",
          "mjs", "text/javascript;charset=UTF-8",
          "css", "text/css;charset=UTF-8",
          "svg", "image/svg+xml;charset=UTF-8",
          "md", "text/plain;charset=UTF-8",
          "txt", "text/plain;charset=UTF-8");

  /**
   * @param name below the folder, without a slash before it
   * @return null if there is no such file
   */
  static @Nullable StaticFile read(String name) {
    var matcher = NAME.matcher(name);
    String contentType = matcher.matches() ? CONTENT_TYPES.get(matcher.group(1)) : null;
    if (contentType == null) {
      return null;
    }
    try (InputStream in = StaticFile.class.getResourceAsStream(FOLDER + name)) {
      return in == null ? null : of(contentType, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " of the dashboard", e);
    }
  }

  private static StaticFile of(String contentType, byte[] content) throws IOException {
    return new StaticFile(contentType, tag(content), content, pack(content));
  }

  private static String tag(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest).substring(0, TAG_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static byte[] pack(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new Best(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** It is packed once and sent often. */
  private static final class Best extends GZIPOutputStream {
    Best(ByteArrayOutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
