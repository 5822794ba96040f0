package io.faultline.dm.core.target;

import java.util.Map;

/** How long the digests of hash algorithms are, as the kernel's crypto interface names them. */
final class Digests {

  static final int UNKNOWN = -1;

  private static final Map<String, Integer> BYTES =
      Map.ofEntries(
          Map.entry("crc32", 4),
          Map.entry("crc32c", 4),
          Map.entry("xxhash64", 8),
          Map.entry("md5", 16),
          Map.entry("sha1", 20),
          Map.entry("rmd160", 20),
          Map.entry("sha224", 28),
          Map.entry("sha256", 32),
          Map.entry("sha384", 48),
          Map.entry("sha512", 64),
          Map.entry("sha3-224", 28),
          Map.entry("sha3-256", 32),
          Map.entry("sha3-384", 48),
          Map.entry("sha3-512", 64),
          Map.entry("sm3", 32),
          Map.entry("blake2b-160", 20),
          Map.entry("blake2b-256", 32),
          Map.entry("blake2b-384", 48),
          Map.entry("blake2b-512", 64),
          Map.entry("blake2s-256", 32),
          Map.entry("wp256", 32),
          Map.entry("wp384", 48),
          Map.entry("wp512", 64));

  private Digests() {}

  /** Bytes of a digest; {@link #UNKNOWN} of an algorithm that is not known here. */
  static int bytes(String algorithm) {
    String name = algorithm;
    for (String keyed : new String[] {"hmac(", "cmac("}) {
      if (name.startsWith(keyed) && name.endsWith(")")) {
        name = name.substring(keyed.length(), name.length() - 1);
      }
    }
    int implementation = name.indexOf("-generic");
    return BYTES.getOrDefault(
        implementation < 0 ? name : name.substring(0, implementation), UNKNOWN);
  }
}
