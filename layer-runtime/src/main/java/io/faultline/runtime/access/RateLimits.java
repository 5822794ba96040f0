package io.faultline.runtime.access;

import io.faultline.runtime.core.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * How often somebody may ask. A caller pays for each request. A stranger pays for what was answered
 * 401 and for each try to open a session, by the address that it came from; what everybody may have
 * costs nothing, so that nobody's guessing takes the health checks and the dashboard away from
 * others at the same address.
 */
final class RateLimits {

  /** RFC 6585, 4. */
  static final int STATUS = 429;

  private static final int UNAUTHENTICATED = 401;
  private static final int NETWORK_BYTES = 8;

  private final TokenBuckets callers;
  private final TokenBuckets strangers;
  private final Counter limitedCallers;
  private final Counter limitedStrangers;

  RateLimits(AccessProperties.Limits limits, MeterRegistry registry) {
    this.callers = new TokenBuckets(limits.callerPerMinute(), limits.callerBurst(), limits.kept());
    this.strangers =
        new TokenBuckets(limits.strangerPerMinute(), limits.strangerBurst(), limits.kept());
    this.limitedCallers = registry.counter("faultline.access.limited", "who", "caller");
    this.limitedStrangers = registry.counter("faultline.access.limited", "who", "stranger");
  }

  /**
   * How long this request is too early; zero if it is not.
   *
   * @param status what it would be answered; 200 if it is let in
   */
  Duration wait(HttpServletRequest request, Caller caller, int status, long nowNanos) {
    if (caller.kind() == Caller.Kind.SERVICE) {
      return Duration.ZERO;
    }
    if (caller.isKnown()) {
      return counted(limitedCallers, callers.take(caller.identity(), nowNanos));
    }
    boolean costs = status == UNAUTHENTICATED || status == 200 && isGuess(request);
    return costs
        ? counted(limitedStrangers, strangers.take(network(request.getRemoteAddr()), nowNanos))
        : Duration.ZERO;
  }

  /** What strangers may send is only the token that a session is to be opened with. */
  private static boolean isGuess(HttpServletRequest request) {
    return request.getMethod().equals("POST");
  }

  private static Duration counted(Counter limited, Duration wait) {
    if (!wait.isZero()) {
      limited.increment();
    }
    return wait;
  }

  /**
   * Whose address this is. Of IPv6 the network, because a single machine has 2^64 addresses of it.
   *
   * @param address as the request says it came from; a forwarded one only where Tomcat was told to
   *     trust the proxy
   */
  static String network(String address) {
    try {
      return InetAddress.ofLiteral(address) instanceof Inet6Address six
          ? HexFormat.of().formatHex(Arrays.copyOf(six.getAddress(), NETWORK_BYTES))
          : address;
    } catch (IllegalArgumentException noLiteral) {
      return address;
    }
  }

  static Problem problem(Caller caller, Duration wait) {
    return new Problem(
        "too-many-requests",
        STATUS,
        "You ask too often",
        (caller.isKnown() ? "This caller" : "Your address, without a credential that lets you in,")
            + " may ask again in "
            + seconds(wait)
            + " s");
  }

  /** Whole seconds, as {@code Retry-After} has them; at least one. */
  static long seconds(Duration wait) {
    return Math.max(1, wait.plusNanos(999_999_999).toSeconds());
  }
}
