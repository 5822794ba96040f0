package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.notifier.NotifierProperties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps the secrets of webhooks unreadable where they are kept: AES-256 in Galois counter mode,
 * under a key that stays out of Kafka.
 */
final class SecretBox {

  /** It cannot be opened with the key that is there. */
  static final class UnreadableException extends RuntimeException {
    UnreadableException(String why) {
      super(why);
    }
  }

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final String CIPHER = "AES/GCM/NoPadding";

  private final SecureRandom random = new SecureRandom();
  private final SecretKeySpec key;
  private final String keyId;

  private SecretBox(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
    this.keyId = HexFormat.of().formatHex(sha256(key), 0, 4);
  }

  /**
   * @param own where an instance that stands alone keeps a key of its own; made if it is not there
   * @throws IllegalStateException if the key that is named is not there or is none
   */
  static SecretBox open(NotifierProperties.Secrets configured, Path own) {
    if (!configured.key().isEmpty()) {
      return new SecretBox(key(configured.key(), "faultline.notifier.secrets.key"));
    }
    Path named = configured.keyFile();
    if (named != null && !Files.isReadable(named)) {
      throw new IllegalStateException(
          "faultline.notifier.secrets.key-file is " + named + ", which is not there to read");
    }
    try {
      Path file = named == null ? own : named;
      if (!Files.exists(file)) {
        make(file);
      }
      return new SecretBox(key(Files.readString(file).strip(), file.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException("the key of the webhooks' secrets is not readable", e);
    }
  }

  private static byte[] key(String text, String where) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(where + " is not base64", e);
    }
    if (key.length != KEY_BYTES) {
      throw new IllegalStateException(
          where + " is base64 of " + KEY_BYTES + " bytes, but it has " + key.length);
    }
    return key;
  }

  /** Whole or not at all, and by whoever comes first; nobody else may read it. */
  private static void make(Path file) throws IOException {
    byte[] made = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(made);
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Path written = Files.createTempFile(folder, "key", ".new");
    try {
      if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-------"));
      }
      Files.writeString(written, Base64.getEncoder().encodeToString(made) + "\n");
      try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.createLink(file, written);
    } catch (FileAlreadyExistsException | AtomicMoveNotSupportedException e) {
      // Somebody else was quicker: that key counts.
      return;
    } finally {
      Files.delete(written);
    }
  }

  /**
   * @param owner what it belongs to; it can be opened for the same only
   */
  String seal(String secret, String owner) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] sealed = crypt(Cipher.ENCRYPT_MODE, nonce, secret.getBytes(UTF_8), owner);
    byte[] both = Arrays.copyOf(nonce, nonce.length + sealed.length);
    System.arraycopy(sealed, 0, both, nonce.length, sealed.length);
    return keyId + ":" + Base64.getEncoder().encodeToString(both);
  }

  /**
   * @throws UnreadableException if it was sealed under another key, or for another owner
   */
  String open(String text, String owner) {
    int colon = text.indexOf(':');
    if (colon < 0 || !text.substring(0, colon).equals(keyId)) {
      throw new UnreadableException(
          "its secret was sealed under another key (faultline.notifier.secrets.key is to be the"
              + " same for all instances); rotate-secret makes a new one");
    }
    byte[] both = Base64.getDecoder().decode(text.substring(colon + 1));
    return new String(
        crypt(
            Cipher.DECRYPT_MODE,
            Arrays.copyOf(both, NONCE_BYTES),
            Arrays.copyOfRange(both, NONCE_BYTES, both.length),
            owner),
        UTF_8);
  }

  private byte[] crypt(int mode, byte[] nonce, byte[] input, String owner) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(owner.getBytes(UTF_8));
      return cipher.doFinal(input);
    } catch (AEADBadTagException e) {
      throw new UnreadableException("its secret was changed or belongs to another watcher");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + CIPHER, e);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
