package io.faultline.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write and read them: powers of 1024. */
final class Sizes {

  private static final String UNITS = "KMGTPE";
  private static final Pattern TEXT =
      Pattern.compile("([0-9]{1,16})(?:([KMGTP])(?:i?B)?|B)?", Pattern.CASE_INSENSITIVE);

  private Sizes() {}

  /** {@code 268435456}, {@code 256M} and {@code 256MiB} are the same. */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      String unit = matcher.group(2);
      int shift = unit == null ? 0 : 10 * (UNITS.indexOf(unit.toUpperCase(Locale.ROOT)) + 1);
      if (number <= Long.MAX_VALUE >> shift) {
        return number << shift;
      }
    }
    throw new TypeConversionException(
        "a size is a number of bytes, or one with K, M, G, T or P (powers of 1024), but this is '"
            + text
            + "'");
  }

  /** The largest unit that leaves a whole number, else one digit after the point. */
  static String show(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < UNITS.length()) {
      value /= 1024;
      unit++;
    }
    if (unit == 0) {
      return bytes + " B";
    }
    String number =
        value == Math.rint(value)
            ? Long.toString((long) value)
            : String.format(Locale.ROOT, "%.1f", value);
    return number + " " + UNITS.charAt(unit - 1) + "iB";
  }

  /** How picocli reads one. */
  static final class Converter implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      return parse(value);
    }
  }
}
