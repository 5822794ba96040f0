package io.faultline.runtime.access;

import io.faultline.runtime.Problems;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Lets nobody past who may not, before anything else looks at a request:
 *
 * <pre>
 *   path ─ browser ─ who is it ─ what does it need ─ how often ─ (the service) ─ audit
 * </pre>
 */
public final class AccessFilter extends OncePerRequestFilter implements Ordered {

  /** The id of a request; one that the client chose is kept if it is plain. */
  static final String REQUEST_ID = "X-Request-Id";

  private static final Pattern PLAIN_ID = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
  private static final BooleanSupplier ALWAYS = () -> true;

  private final boolean isOn;
  private final BrowserGuard browsers;
  private final Credentials credentials;
  private final TokenDirectory tokens;
  private final AccessTable table;
  private final RateLimits limits;
  private final AuditLog audit;
  private final InstantSource clock;
  private final MeterRegistry registry;

  AccessFilter(
      boolean isOn,
      BrowserGuard browsers,
      Credentials credentials,
      TokenDirectory tokens,
      AccessTable table,
      RateLimits limits,
      AuditLog audit,
      InstantSource clock,
      MeterRegistry registry) {
    this.isOn = isOn;
    this.browsers = browsers;
    this.credentials = credentials;
    this.tokens = tokens;
    this.table = table;
    this.limits = limits;
    this.audit = audit;
    this.clock = clock;
    this.registry = registry;
  }

  /** After the one that measures requests, before all others. */
  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE + 10;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var began = clock.instant();
    long nanos = System.nanoTime();
    String requestId = requestId(request);
    request.setAttribute(REQUEST_ID, requestId);
    response.setHeader(REQUEST_ID, requestId);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader("X-Frame-Options", "DENY");
    Decision decision = limit(request, decide(request), nanos);
    Caller caller = decision.caller();
    caller.attachTo(request);
    WatchedResponse watched =
        new WatchedResponse(response, caller.isKnown() ? () -> tokens.isStillGood(caller) : ALWAYS);
    boolean failed = true;
    try {
      if (decision.refusal() == null) {
        chain.doFilter(request, watched);
      } else {
        refuse(watched, decision, decision.refusal());
      }
      failed = false;
    } finally {
      int status = failed && watched.getStatus() < 400 ? 500 : watched.getStatus();
      long millis = Duration.ofNanos(System.nanoTime() - nanos).toMillis();
      audit.tell(request, caller, requestId, began, millis, status, watched.problem());
    }
  }

  /**
   * @param caller as far as it is known
   * @param refusal null: let past
   * @param methods what else may be done at this path, where the method is refused
   * @param retryAfter until it is worth to ask again, where that is known
   */
  private record Decision(
      Caller caller, @Nullable Problem refusal, Set<String> methods, Duration retryAfter) {

    static Decision of(Caller caller, @Nullable Problem refusal) {
      return new Decision(caller, refusal, Set.of(), Duration.ZERO);
    }
  }

  private Decision limit(HttpServletRequest request, Decision decided, long nowNanos) {
    if (!isOn) {
      return decided;
    }
    Caller caller = decided.caller();
    Problem refusal = decided.refusal();
    int status = refusal == null ? 200 : refusal.status();
    Duration wait = limits.wait(request, caller, status, nowNanos);
    return wait.isZero()
        ? decided
        : new Decision(caller, RateLimits.problem(caller, wait), Set.of(), wait);
  }

  private Decision decide(HttpServletRequest request) {
    Problem wrong = PathGuard.refusal(request.getRequestURI());
    if (wrong == null) {
      wrong = browsers.refusal(request);
    }
    if (wrong != null) {
      return Decision.of(Caller.NOBODY, wrong);
    }
    return switch (credentials.of(request)) {
      // Where everybody is let in, a token of elsewhere does no harm.
      case Credentials.Shown.Refused refused when !isOn -> Decision.of(Caller.OPEN, null);
      case Credentials.Shown.Refused(Problem problem) -> refused(request, problem);
      case Credentials.Shown.Known(Caller caller) when !isOn ->
          Decision.of(caller.isKnown() ? caller : Caller.OPEN, null);
      case Credentials.Shown.Known(Caller caller) -> decide(request, caller);
    };
  }

  /** A bad credential does not keep anybody from what everybody may, such as a new session. */
  private Decision refused(HttpServletRequest request, Problem problem) {
    Decision without = decide(request, Caller.NOBODY);
    return without.refusal() == null ? without : Decision.of(Caller.NOBODY, problem);
  }

  private Decision decide(HttpServletRequest request, Caller caller) {
    AccessTable.Verdict verdict =
        table.find(request.getMethod(), request.getRequestURI(), request.getQueryString());
    return switch (verdict) {
      case AccessTable.Verdict.Needs(Role role) when caller.role().covers(role) ->
          Decision.of(caller, null);
      case AccessTable.Verdict.Needs needs when !caller.isKnown() ->
          Decision.of(caller, Credentials.unauthenticated(HOW));
      case AccessTable.Verdict.Needs(Role role) -> Decision.of(caller, forbidden(caller, role));
      // Not even what there is is told to strangers.
      case AccessTable.Verdict.Nothing nothing when !caller.isKnown() ->
          Decision.of(caller, Credentials.unauthenticated(HOW));
      case AccessTable.Verdict.OtherMethods others when !caller.isKnown() ->
          Decision.of(caller, Credentials.unauthenticated(HOW));
      case AccessTable.Verdict.Nothing() ->
          Decision.of(caller, Problem.notFound("There is nothing at this path"));
      case AccessTable.Verdict.OtherMethods(var methods) ->
          new Decision(
              caller,
              new Problem(
                  "method-not-allowed",
                  405,
                  "This method is not for this path",
                  "Method '" + request.getMethod() + "' is not supported."),
              methods,
              Duration.ZERO);
    };
  }

  private static final String HOW =
      "Send \"Authorization: Bearer <token>\"; an administrator makes tokens with POST /v1/tokens";

  private static Problem forbidden(Caller caller, Role needed) {
    return new Problem(
        "forbidden",
        403,
        "You may not do this",
        Edge.quote(caller.name())
            + " is "
            + (caller.role() == Role.ANYONE ? "without a role" : caller.role().text())
            + ", and this needs "
            + needed.text());
  }

  private void refuse(HttpServletResponse response, Decision decision, Problem problem)
      throws IOException {
    registry.counter("faultline.access.refused", "reason", problem.kind()).increment();
    response.setStatus(problem.status());
    response.setContentType(Problems.CONTENT_TYPE);
    if (problem.status() == 401) {
      response.setHeader("WWW-Authenticate", "Bearer realm=\"faultline\"");
    }
    if (problem.status() == 503) {
      response.setHeader("Retry-After", "1");
    }
    if (!decision.retryAfter().isZero()) {
      response.setHeader("Retry-After", Long.toString(RateLimits.seconds(decision.retryAfter())));
    }
    if (!decision.methods().isEmpty()) {
      response.setHeader("Allow", String.join(", ", decision.methods()));
    }
    // What else the client sends is not read.
    response.setHeader("Connection", "close");
    byte[] body = Problems.toJson(problem);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static String requestId(HttpServletRequest request) {
    String chosen = request.getHeader(REQUEST_ID);
    return chosen != null && PLAIN_ID.matcher(chosen).matches()
        ? chosen
        : UUID.randomUUID().toString();
  }
}
