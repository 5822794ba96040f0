package io.faultline.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Sectors as they are typed: {@code START+COUNT}, or {@code START} for one.
 *
 * @param sector the first
 * @param count at least 1
 */
record SectorSpan(long sector, long count) {

  /** Every number of the interface stays below this. */
  private static final long LIMIT = 1L << 53;

  private static final Pattern TEXT = Pattern.compile("([0-9]{1,16})(?:\\+([0-9]{1,16}))?");

  static SectorSpan parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (matcher.matches()) {
      long sector = Long.parseLong(matcher.group(1));
      long count = matcher.group(2) == null ? 1 : Long.parseLong(matcher.group(2));
      if (count >= 1 && sector < LIMIT && count < LIMIT - sector) {
        return new SectorSpan(sector, count);
      }
    }
    throw new TypeConversionException(
        "sectors are START+COUNT, as in 9376+8, counted from 0 and below 2^53, but this is '"
            + text
            + "'");
  }

  String query() {
    return "sector=" + sector + "&count=" + count;
  }

  /** How picocli reads one. */
  static final class Converter implements ITypeConverter<SectorSpan> {
    @Override
    public SectorSpan convert(String value) {
      return parse(value);
    }
  }
}
