package io.faultline.runtime.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A token as its holder has it, {@code flt_<id>_<secret>}. The id may be shown; the secret is 256
 * random bits, so a plain hash of it cannot be searched and no slow one is needed.
 *
 * @param id 80 random bits in hexadecimal: names the token in lists, logs and files
 * @param secret base64url of 32 bytes
 */
record ApiToken(String id, String secret) {

  static final String PREFIX = "flt_";

  private static final Pattern FORM = Pattern.compile("flt_([0-9a-f]{20})_([A-Za-z0-9_-]{43})");
  private static final int ID_BYTES = 10;
  private static final int SECRET_BYTES = 32;

  static ApiToken random(SecureRandom random) {
    byte[] id = new byte[ID_BYTES];
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(id);
    random.nextBytes(secret);
    return new ApiToken(
        HexFormat.of().formatHex(id),
        Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  /** Null if the text is no token. */
  static @Nullable ApiToken parse(String text) {
    Matcher form = FORM.matcher(text);
    return form.matches() ? new ApiToken(form.group(1), form.group(2)) : null;
  }

  /** What its holder sends. */
  String text() {
    return PREFIX + id + "_" + secret;
  }

  /** What is kept: SHA-256 of the text, hexadecimal. */
  String hash() {
    try {
      byte[] text = text().getBytes(StandardCharsets.US_ASCII);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Takes as long whatever differs. */
  boolean hasHash(String hash) {
    return MessageDigest.isEqual(
        hash().getBytes(StandardCharsets.US_ASCII), hash.getBytes(StandardCharsets.US_ASCII));
  }

  /** Never the secret: what is logged by mistake must not let anybody in. */
  @Override
  public String toString() {
    return PREFIX + id + "_…";
  }
}
