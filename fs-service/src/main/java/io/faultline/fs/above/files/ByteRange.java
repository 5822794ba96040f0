package io.faultline.fs.above.files;

import io.faultline.runtime.http.Edge;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a file that a request asks for.
 *
 * @param offsetBytes negative for as many bytes from the end as {@code lengthBytes} says
 * @param isPartial whether it came as a {@code Range} header, so that the answer is 206
 */
record ByteRange(long offsetBytes, long lengthBytes, boolean isPartial) {

  private static final Pattern ONE_RANGE = Pattern.compile("bytes=(\\d{0,16})-(\\d{0,16})");
  private static final long ALL = Edge.NUMBER_LIMIT - 1;

  /**
   * From {@code ?offset=&length=}, else from a {@code Range} header with one range; a header with
   * anything else is not heeded, as RFC 9110 allows.
   */
  static ByteRange of(@Nullable Long offset, @Nullable Long length, @Nullable String header) {
    Matcher range = ONE_RANGE.matcher(header == null ? "" : header.strip());
    if (offset != null || length != null || !range.matches()) {
      long from = offset == null ? 0 : Edge.number("offset", offset);
      return new ByteRange(from, length == null ? ALL : Edge.number("length", length), false);
    }
    String first = range.group(1);
    String last = range.group(2);
    if (first.isEmpty()) {
      return last.isEmpty()
          ? new ByteRange(0, ALL, false)
          : new ByteRange(-1, Long.parseLong(last), true);
    }
    long from = Edge.number("Range", Long.parseLong(first));
    if (last.isEmpty()) {
      return new ByteRange(from, ALL, true);
    }
    long to = Long.parseLong(last);
    return to < from
        ? new ByteRange(0, ALL, false)
        : new ByteRange(from, Math.min(to - from + 1, ALL), true);
  }

  /** Where it begins in a file of that size. */
  long startIn(long sizeBytes) {
    return offsetBytes < 0 ? Math.max(0, sizeBytes - lengthBytes) : offsetBytes;
  }

  boolean isFromEnd() {
    return offsetBytes < 0;
  }
}
