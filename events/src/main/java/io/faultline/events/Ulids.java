package io.faultline.events;

import java.time.Instant;

/**
 * Makes identities ({@code host:ulid}) that are the same whenever the same input is decided again:
 * the time and the seed come from the input, never from a clock or a random source.
 *
 * <p>A ULID is 48 bits of milliseconds and 80 bits that tell equal milliseconds apart, as 26
 * letters of Crockford's base 32, so that identities sort by time.
 */
public final class Ulids {

  private static final char[] CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();

  private final long millis;
  private final long seed;
  private long made;

  /**
   * @param now the time of the input
   * @param seed different for every input of every process that makes identities
   */
  public Ulids(Instant now, long seed) {
    this.millis = now.toEpochMilli();
    this.seed = seed;
  }

  /** The next identity, {@code host:ulid}; ascending among those of one instance and host. */
  public String next(String host) {
    return host + ":" + nextUlid();
  }

  /** The next 26-letter ULID. */
  public String nextUlid() {
    // 80 bits: 64 that tell inputs apart, then 16 that count within one input and keep its order.
    // From 65,536 identities of one input on the count carries over into the 64 bits, as in any
    // sum, so that the order holds on.
    long count = made++;
    long high = mix(seed) + (count >>> 16);
    char[] text = new char[26];
    long time = millis;
    for (int i = 9; i >= 0; i--) {
      text[i] = CROCKFORD[(int) (time & 31)];
      time >>>= 5;
    }
    long low = (high << 16) | (count & 0xFFFF);
    long top = high >>> 48;
    for (int i = 25; i >= 10; i--) {
      text[i] = CROCKFORD[(int) (low & 31)];
      low = (low >>> 5) | ((top & 31) << 59);
      top >>>= 5;
    }
    return new String(text);
  }

  /**
   * When a ULID says that it was made.
   *
   * @throws IllegalArgumentException if its first ten letters are not Crockford's base 32
   */
  public static Instant time(String ulid) {
    long millis = 0;
    for (int i = 0; i < 10; i++) {
      int digit = new String(CROCKFORD).indexOf(ulid.charAt(i));
      if (digit < 0) {
        throw new IllegalArgumentException(ulid + " is no ULID");
      }
      millis = millis << 5 | digit;
    }
    return Instant.ofEpochMilli(millis);
  }

  /** The finaliser of SplitMix64: neighbouring seeds give unlike bits. */
  public static long mix(long value) {
    long mixed = value + 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
