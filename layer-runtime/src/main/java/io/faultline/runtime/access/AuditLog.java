package io.faultline.runtime.access;

import io.faultline.events.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who changed what, when, and what came of it: a line of JSON each in the log {@code audit}, and a
 * copy in a topic while access control is on.
 *
 * <p>What our own services do for nobody (claims, copying) follows from a change that is in the log
 * already, so only what is refused of it is told. Nobody can fill the log: of strangers, and of who
 * asks too often, {@value #REFUSALS_PER_MINUTE} refusals a minute are told, and all counted.
 */
final class AuditLog {

  private static final Logger audit = LoggerFactory.getLogger("audit");
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");
  private static final Pattern HOST = Pattern.compile("/v1/hosts/([^/]+).*");
  private static final Pattern SECRET =
      Pattern.compile("(flt_[0-9a-f]+_|whsec_|eyJ)[A-Za-z0-9+/=._%-]+");
  private static final int LONGEST_PATH = 512;
  static final int REFUSALS_PER_MINUTE = 60;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final String service;
  private final Consumer<AuditEntry> copy;
  private final Counter untold;
  private final AtomicLong minute = new AtomicLong(System.nanoTime());
  private final AtomicLong refusals = new AtomicLong();

  AuditLog(String service, Consumer<AuditEntry> copy, MeterRegistry registry) {
    this.service = service;
    this.copy = copy;
    this.untold = registry.counter("faultline.audit.untold");
  }

  /**
   * @param problem the kind of the problem that was answered; null if none
   */
  void tell(
      HttpServletRequest request,
      Caller caller,
      String requestId,
      Instant began,
      long millis,
      int status,
      @Nullable String problem) {
    boolean refused = status == 401 || status == 403;
    if (READING.contains(request.getMethod())) {
      return;
    }
    boolean ourOwn = caller.kind() == Caller.Kind.SERVICE && caller.onBehalfOf() == null;
    if (ourOwn && !refused) {
      return;
    }
    if ((caller.kind() == Caller.Kind.NOBODY || status == RateLimits.STATUS) && isTooMany()) {
      untold.increment();
      return;
    }
    AuditEntry entry =
        new AuditEntry(
            began,
            requestId,
            service,
            caller.person(),
            caller.kind().name().toLowerCase(Locale.ROOT),
            caller.credential().isEmpty() ? null : caller.credential(),
            caller.onBehalfOf() == null ? null : caller.name(),
            request.getRemoteAddr(),
            request.getMethod(),
            shown(request),
            host(request.getRequestURI()),
            status,
            problem,
            millis);
    audit.info("{}", new String(Json.LENIENT.writeValueAsBytes(entry), StandardCharsets.UTF_8));
    copy.accept(entry);
  }

  private boolean isTooMany() {
    long now = System.nanoTime();
    long began = minute.get();
    if (now - began > MINUTE_NANOS && minute.compareAndSet(began, now)) {
      refusals.set(0);
    }
    return refusals.incrementAndGet() > REFUSALS_PER_MINUTE;
  }

  /** A secret that somebody put where none belongs does not get into a log. */
  private static String shown(HttpServletRequest request) {
    String query = request.getQueryString();
    String whole = request.getRequestURI() + (query == null ? "" : "?" + query);
    String plain = SECRET.matcher(whole.replaceAll("\\p{Cntrl}", "?")).replaceAll("$1…");
    return plain.length() <= LONGEST_PATH ? plain : plain.substring(0, LONGEST_PATH) + "…";
  }

  private static @Nullable String host(String path) {
    Matcher matcher = HOST.matcher(path);
    return matcher.matches() ? matcher.group(1) : null;
  }
}
