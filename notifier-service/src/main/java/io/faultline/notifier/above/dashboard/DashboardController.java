package io.faultline.notifier.above.dashboard;

import io.swagger.v3.oas.annotations.Hidden;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** The dashboard: one page, its modules and its styles. */
@Hidden
@RestController
public final class DashboardController {

  /** Nothing but what this server has, and no script or style that stands in the page itself. */
  static final String CONTENT_SECURITY_POLICY =
      String.join(
          "; ",
          List.of(
              "default-src 'none'",
              "script-src 'self'",
              "style-src 'self'",
              "img-src 'self' data:",
              "connect-src 'self'",
              "base-uri 'none'",
              "form-action 'self'",
              "frame-ancestors 'none'"));

  private static final String ASSETS = "assets";

  /** What was asked for and is there; bounded by the files that there are. */
  private final ConcurrentHashMap<String, StaticFile> files = new ConcurrentHashMap<>();

  @GetMapping({"/", "/index.html"})
  ResponseEntity<byte[]> page(
      @RequestHeader(name = HttpHeaders.ACCEPT_ENCODING, required = false)
          @Nullable String accepted,
      WebRequest request)
      throws NoResourceFoundException {
    return answer("index.html", accepted, request);
  }

  @GetMapping("/" + ASSETS + "/{*name}")
  ResponseEntity<byte[]> asset(
      @PathVariable String name,
      @RequestHeader(name = HttpHeaders.ACCEPT_ENCODING, required = false)
          @Nullable String accepted,
      WebRequest request)
      throws NoResourceFoundException {
    return answer(ASSETS + name, accepted, request);
  }

  private @Nullable ResponseEntity<byte[]> answer(
      String name, @Nullable String accepted, WebRequest request) throws NoResourceFoundException {
    StaticFile file = file(name);
    boolean packed = takesGzip(accepted);
    String tag = file.tag() + (packed ? "-gzip" : "");
    if (request.checkNotModified('"' + tag + '"')) {
      // The answer, 304, is in the request already.
      return null;
    }
    ResponseEntity.BodyBuilder answer =
        ResponseEntity.ok()
            // Asked for again each time, and answered with 304 as long as it is the same.
            .cacheControl(CacheControl.maxAge(Duration.ZERO).mustRevalidate())
            .header(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING)
            .header(HttpHeaders.CONTENT_TYPE, file.contentType())
            .header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            .header("X-Content-Type-Options", "nosniff")
            .header("Referrer-Policy", "no-referrer")
            .header("Cross-Origin-Opener-Policy", "same-origin")
            .header("Cross-Origin-Resource-Policy", "same-origin");
    if (packed) {
      answer.header(HttpHeaders.CONTENT_ENCODING, "gzip");
    }
    return answer.body(packed ? file.packed() : file.content());
  }

  private StaticFile file(String name) throws NoResourceFoundException {
    StaticFile known = files.get(name);
    if (known != null) {
      return known;
    }
    StaticFile read = StaticFile.read(name);
    if (read == null) {
      throw new NoResourceFoundException(HttpMethod.GET, "/" + name, name);
    }
    files.put(name, read);
    return read;
  }

  /** RFC 9110, 12.5.3, as far as browsers and curl go: gzip is named and not refused. */
  private static boolean takesGzip(@Nullable String accepted) {
    if (accepted == null) {
      return false;
    }
    for (String coding : accepted.split(",")) {
      String[] parts = coding.strip().split("\\s*;\\s*");
      if (parts[0].equalsIgnoreCase("gzip")) {
        return parts.length == 1 || !parts[1].matches("(?i)q=0(\\.0*)?");
      }
    }
    return false;
  }
}
