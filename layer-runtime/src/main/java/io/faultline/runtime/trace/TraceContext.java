package io.faultline.runtime.trace;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a trace, as W3C Trace Context has it. It travels as text beside commands and events,
 * so that the cores know nothing of it.
 *
 * @param traceId 32 hexadecimal digits, not all 0
 * @param spanId 16 hexadecimal digits, not all 0
 * @param isSampled whether somebody wants to see it
 */
public record TraceContext(String traceId, String spanId, boolean isSampled) {

  /** The header, in HTTP and in Kafka. */
  public static final String HEADER = "traceparent";

  /** What this thread works on; bound for the length of a request. */
  static final ScopedValue<TraceContext> CURRENT = ScopedValue.newInstance();

  private static final Pattern TEXT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_SPAN = "0".repeat(16);

  /**
   * Reads a {@code traceparent}.
   *
   * @return null if it is none: then whoever reads it begins a trace of their own
   */
  public static @Nullable TraceContext parse(@Nullable String traceparent) {
    Matcher matcher = TEXT.matcher(traceparent == null ? "" : traceparent);
    if (!matcher.matches()) {
      return null;
    }
    String traceId = matcher.group(1);
    String spanId = matcher.group(2);
    boolean isSampled = (Integer.parseInt(matcher.group(3), 16) & 1) == 1;
    return traceId.equals(NO_TRACE) || spanId.equals(NO_SPAN)
        ? null
        : new TraceContext(traceId, spanId, isSampled);
  }

  /** What this thread works on; null outside of a request. */
  public static @Nullable TraceContext current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  /** The {@code traceparent} of what this thread works on; null outside of a request. */
  public static @Nullable String currentTraceparent() {
    TraceContext current = current();
    return current == null ? null : current.traceparent();
  }

  /** As the header has it. */
  public String traceparent() {
    return "00-" + traceId + "-" + spanId + (isSampled ? "-01" : "-00");
  }
}
