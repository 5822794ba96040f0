package io.faultline.device.core;

import java.util.Locale;

/**
 * How ndctl and cxl print numbers, plain or for people with {@code -u} (observed, and ndctl's
 * {@code util/json.c}).
 */
final class NdctlNumbers {

  /** Sizes below this stay plain numbers for people too. */
  private static final long SMALL_BYTES = 5000L << 10;

  private static final int MEBI = 20;
  private static final int GIBI = 30;
  private static final int TEBI = 40;

  private NdctlNumbers() {}

  static Object size(long bytes, boolean human) {
    if (!human || bytes < SMALL_BYTES) {
      return bytes;
    }
    if (bytes < 2L << GIBI) {
      return size(bytes, 1L << MEBI, "MiB", 1_000_000L, "MB");
    }
    return bytes < 2L << TEBI
        ? size(bytes, 1L << GIBI, "GiB", 1_000_000_000L, "GB")
        : size(bytes, 1L << TEBI, "TiB", 1_000_000_000_000L, "TB");
  }

  private static String size(long bytes, long binary, String ofBinary, long decimal, String unit) {
    return hundredths(bytes, binary)
        + " "
        + ofBinary
        + " ("
        + hundredths(bytes, decimal)
        + " "
        + unit
        + ")";
  }

  private static String hundredths(long bytes, long unit) {
    long rounded = (bytes * 200 / unit + 1) / 2;
    return String.format(Locale.ROOT, "%d.%02d", rounded / 100, rounded % 100);
  }

  /** Hexadecimal for people; zero has no prefix, as C's {@code %#x} prints it. */
  static Object address(long value, boolean human) {
    if (!human) {
      return value;
    }
    return value == 0 ? "0" : "0x" + Long.toHexString(value);
  }
}
