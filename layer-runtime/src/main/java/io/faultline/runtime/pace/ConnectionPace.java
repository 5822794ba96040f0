package io.faultline.runtime.pace;

import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.coyote.Constants;
import org.apache.coyote.Request;
import org.jspecify.annotations.Nullable;

/**
 * What one connection has kept us waiting for. Read and changed by the one thread that reads the
 * connection.
 */
final class ConnectionPace {

  /** What {@link Request#getStartTimeNanos()} says while nothing of a request is there. */
  private static final long NOT_BEGUN = -1;

  private final RequestPace limits;
  private final Runnable tooSlow;
  private @Nullable Request request;
  private long bodyOf = NOT_BEGUN;
  private long bytes;
  private long waitedNanos;
  private boolean isWaiting;
  private long waitingSinceNanos;
  private boolean isBlank;
  private long blankSinceNanos;

  /**
   * @param tooSlow told when a body is ended
   */
  ConnectionPace(RequestPace limits, Runnable tooSlow) {
    this.limits = limits;
    this.tooSlow = tooSlow;
  }

  /** Another client has the channel now. */
  void reset() {
    request = null;
    bodyOf = NOT_BEGUN;
    isBlank = false;
  }

  /** Whose bytes are read from here on. */
  void readFor(Request next) {
    request = next;
  }

  /**
   * The socket has been read.
   *
   * @param count bytes that came; 0: there were none, and they are waited for; -1: there will be
   *     none
   * @throws SocketTimeoutException if the body is too slow; Tomcat answers 408 to that
   */
  void read(int count, long nowNanos) throws SocketTimeoutException {
    Request current = request;
    if (current == null || isBeforeBody(current)) {
      return;
    }
    if (bodyOf != current.getStartTimeNanos()) {
      bodyOf = current.getStartTimeNanos();
      bytes = 0;
      waitedNanos = 0;
      isWaiting = false;
    }
    if (isWaiting) {
      waitedNanos += nowNanos - waitingSinceNanos;
    }
    isWaiting = count == 0;
    waitingSinceNanos = nowNanos;
    bytes += Math.max(0, count);
    if (limits.isTooSlow(waitedNanos, bytes)) {
      tooSlow.run();
      throw new SocketTimeoutException("the body comes too slowly");
    }
  }

  private static boolean isBeforeBody(Request request) {
    int stage = request.getRequestProcessor().getStage();
    return stage < Constants.STAGE_PREPARE || stage == Constants.STAGE_KEEPALIVE;
  }

  /**
   * How long the rest of the headers may be waited for; zero or less: no longer.
   *
   * @param begunNanos when their first byte was there
   */
  Duration leftForHeaders(long begunNanos, long nowNanos) {
    return limits.headersTimeout().minusNanos(nowNanos - begunNanos);
  }

  /** There was something that is nothing: empty lines before a request. */
  boolean isBlankForTooLong(long nowNanos) {
    if (!isBlank) {
      isBlank = true;
      blankSinceNanos = nowNanos;
    }
    return !leftForHeaders(blankSinceNanos, nowNanos).isPositive();
  }

  void notBlank() {
    isBlank = false;
  }
}
