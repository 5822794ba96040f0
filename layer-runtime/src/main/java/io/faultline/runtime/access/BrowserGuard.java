package io.faultline.runtime.access;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the pages of others from using a browser that can reach us: the name that we are asked by
 * (DNS rebinding), the page that sends a change (CSRF), and reading by embedding (Fetch Metadata).
 * What is not a browser sends none of these headers but Host and is not hindered.
 */
final class BrowserGuard {

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Set<String> OUR_OWN = Set.of("same-origin", "none");

  private final Set<String> hosts = new HashSet<>();
  private final boolean anyHost;
  private final Set<String> origins;

  /**
   * @param ownAddress where this service listens; null if everywhere
   */
  BrowserGuard(AccessProperties settings, @Nullable String ownAddress) {
    hosts.addAll(LOOPBACK);
    if (ownAddress != null) {
      hosts.add(ownAddress.indexOf(':') < 0 ? ownAddress : "[" + ownAddress + "]");
    }
    settings.hosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
    // Who must show a credential cannot be used by a page of another name, which has none.
    this.anyHost = settings.isOn() && settings.hosts().isEmpty();
    this.origins = Set.copyOf(settings.origins());
  }

  /** Why this request is not taken; null if it is. */
  @Nullable Problem refusal(HttpServletRequest request) {
    String host = String.valueOf(request.getHeader("Host")).toLowerCase(Locale.ROOT);
    if (!anyHost && !hosts.contains(withoutPort(host))) {
      return new Problem(
          "host-not-allowed",
          403,
          "This service is not known by that name",
          "Host is "
              + Edge.quote(host)
              + "; allowed are those of the loopback and of faultline.access.hosts");
    }
    boolean changes = !READING.contains(request.getMethod());
    String origin = request.getHeader("Origin");
    boolean others = origin != null && !isOurs(origin, host);
    String site = request.getHeader("Sec-Fetch-Site");
    boolean allowedOrigin = origin != null && origins.contains(origin);
    boolean foreign = site != null && !OUR_OWN.contains(site) && !allowedOrigin;
    if (changes && (others || foreign) || foreign && !isNavigation(request)) {
      return new Problem(
          "cross-site",
          403,
          "A page of another site may not do this",
          "The request comes from "
              + (origin == null ? "another site" : Edge.quote(origin))
              + "; pages of others are allowed with faultline.access.origins");
    }
    return null;
  }

  private boolean isOurs(String origin, String host) {
    int scheme = origin.indexOf("://");
    String authority = scheme < 0 ? "" : origin.substring(scheme + 3).toLowerCase(Locale.ROOT);
    return authority.equals(host) && !host.isEmpty() || origins.contains(origin);
  }

  /** A link somewhere that leads here: a person looks at the answer, no page does. */
  private static boolean isNavigation(HttpServletRequest request) {
    return request.getMethod().equals("GET")
        && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
        && "document".equals(request.getHeader("Sec-Fetch-Dest"));
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.indexOf(']') ? host.substring(0, colon) : host;
  }
}
