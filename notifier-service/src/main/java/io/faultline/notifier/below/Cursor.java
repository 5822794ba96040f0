package io.faultline.notifier.below;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A position in all partitions at once: the next offset of each. As text it is opaque: base64url of
 * a version, a fingerprint of the topics, and an LEB128 varint for each partition.
 */
public final class Cursor {

  private static final int VERSION = 1;

  /** Longer texts are not even looked at: 4,096 partitions of the largest offsets. */
  private static final int MAX_TEXT_LENGTH = 50_000;

  private final int fingerprint;
  private final long[] next;

  /** Made once, however many streams name this position. */
  private volatile @Nullable String text;

  /**
   * @param next the next offset of each partition
   */
  public Cursor(int fingerprint, long[] next) {
    this.fingerprint = fingerprint;
    this.next = next.clone();
  }

  /** Of the topics; see {@link TopicLayout#fingerprint}. */
  public int fingerprint() {
    return fingerprint;
  }

  int slots() {
    return next.length;
  }

  public long next(int slot) {
    return next[slot];
  }

  /** A copy, partition by partition. */
  public long[] toArray() {
    return next.clone();
  }

  /** Whether nothing lies between this position and {@code end}. */
  public boolean reaches(Cursor end) {
    for (int slot = 0; slot < next.length; slot++) {
      if (next[slot] < end.next[slot]) {
        return false;
      }
    }
    return true;
  }

  /**
   * This position, but not before {@code earliest} anywhere. Where that is all of it, it is {@code
   * earliest} itself: all who follow what is live share one position.
   */
  Cursor notBefore(Cursor earliest) {
    if (earliest.reaches(this)) {
      return earliest;
    }
    long[] moved = next.clone();
    for (int slot = 0; slot < moved.length; slot++) {
      moved[slot] = Math.max(moved[slot], earliest.next[slot]);
    }
    return new Cursor(fingerprint, moved);
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    String made = text;
    if (made == null) {
      made = text(fingerprint, next);
      text = made;
    }
    return made;
  }

  static String text(int fingerprint, long[] next) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(5 + 3 * next.length);
    bytes.write(VERSION);
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.write(fingerprint >>> shift);
    }
    for (long offset : next) {
      long rest = offset;
      while ((rest & ~0x7FL) != 0) {
        bytes.write((int) (rest & 0x7F) | 0x80);
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
  }

  /**
   * @throws IllegalArgumentException if the text was never a cursor, with the reason
   */
  public static Cursor parse(String text) {
    if (text.isEmpty() || text.length() > MAX_TEXT_LENGTH) {
      throw new IllegalArgumentException("it has " + text.length() + " characters");
    }
    byte[] bytes = Base64.getUrlDecoder().decode(text);
    if (bytes.length < 6 || bytes[0] != VERSION) {
      throw new IllegalArgumentException("it is of no known version");
    }
    int fingerprint = 0;
    for (int i = 1; i <= 4; i++) {
      fingerprint = fingerprint << 8 | bytes[i] & 0xFF;
    }
    long[] next = new long[bytes.length - 5];
    int slots = 0;
    int at = 5;
    while (at < bytes.length) {
      long offset = 0;
      int shift = 0;
      byte part;
      do {
        if (at == bytes.length || shift > 56) {
          throw new IllegalArgumentException("a number in it is cut off or too long");
        }
        part = bytes[at++];
        offset |= (long) (part & 0x7F) << shift;
        shift += 7;
      } while (part < 0);
      next[slots++] = offset;
    }
    return new Cursor(fingerprint, Arrays.copyOf(next, slots));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cursor that
        && fingerprint == that.fingerprint
        && Arrays.equals(next, that.next);
  }

  @Override
  public int hashCode() {
    return 31 * fingerprint + Arrays.hashCode(next);
  }
}
