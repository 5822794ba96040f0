package io.faultline.runtime.pace;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How slowly a request may come, under {@code faultline.requests.*}. The kind of rule is that of
 * Apache's mod_reqtimeout.
 *
 * @param headersTimeout from the first byte of a request to the end of its headers, however they
 *     come
 * @param bodyGrace how long a body may be waited for in all, before its rate counts
 * @param bodyBytesPerSecond beyond the grace a second of waiting for each so many bytes that came;
 *     0: a body may come as slowly as {@code server.tomcat.connection-timeout} allows
 */
@ConfigurationProperties("faultline.requests")
public record RequestPace(
    @DefaultValue("30s") Duration headersTimeout,
    @DefaultValue("30s") Duration bodyGrace,
    @DefaultValue("1024") long bodyBytesPerSecond) {

  /**
   * @throws IllegalArgumentException if the first is not positive or another is negative
   */
  public RequestPace {
    if (headersTimeout.isNegative() || headersTimeout.isZero()) {
      throw new IllegalArgumentException(
          "faultline.requests.headers-timeout is more than nothing, but it is " + headersTimeout);
    }
    if (bodyGrace.isNegative() || bodyBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "faultline.requests.body-grace and .body-bytes-per-second are not negative, but they are "
              + bodyGrace
              + " and "
              + bodyBytesPerSecond);
    }
  }

  /**
   * Whether a body is too slow.
   *
   * @param waitedNanos how long it was waited for, without the time in which it was worked on
   * @param bytes what came
   */
  boolean isTooSlow(long waitedNanos, long bytes) {
    if (bodyBytesPerSecond == 0) {
      return false;
    }
    double allowedSeconds = (double) bytes / bodyBytesPerSecond;
    return waitedNanos - bodyGrace.toNanos() > allowedSeconds * 1e9;
  }
}
