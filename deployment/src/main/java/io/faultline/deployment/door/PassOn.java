package io.faultline.deployment.door;

import io.faultline.runtime.Problems;
import io.faultline.runtime.core.Problem;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes every call on to the service that answers it, as it was sent: method, path, query, headers
 * ({@code Host} and {@code Authorization} among them, for it is the services that judge them) and
 * the body while it comes. The answer comes back in the same way, a stream of events event by
 * event.
 */
final class PassOn implements Filter {

  private static final Logger log = LoggerFactory.getLogger(PassOn.class);

  /** Of one connection each (RFC 9110, 7.6.1), or set by the client itself. */
  private static final Set<String> OF_ONE_CONNECTION =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final Pattern HEALTH = Pattern.compile("/actuator/health(/[a-zA-Z]+)*");
  private static final String FORWARDED_FOR = "X-Forwarded-For";
  private static final int CHUNK_BYTES = 16 * 1024;

  private final Services services;
  private final DoorProperties.Door limits;

  PassOn(Services services, DoorProperties.Door limits) {
    this.services = services;
    this.limits = limits;
  }

  @Override
  public void doFilter(ServletRequest plain, ServletResponse answer, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest request = (HttpServletRequest) plain;
    HttpServletResponse response = (HttpServletResponse) answer;
    String path = request.getRequestURI();
    if (isOwn(path)) {
      chain.doFilter(plain, answer);
      return;
    }
    Route route = Route.of(path).orElse(null);
    if (route == null) {
      refuse(response, Problem.notFound("There is nothing at " + path + " of the front door"));
      return;
    }
    pass(route, request, response);
  }

  /**
   * What the front door answers itself. Of the actuator nothing that tells more than its health.
   */
  private static boolean isOwn(String path) {
    return path.equals(UnionController.PATH) || HEALTH.matcher(path).matches();
  }

  private void pass(Route route, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String query = request.getQueryString();
    String pathAndQuery = request.getRequestURI() + (query == null ? "" : "?" + query);
    HttpResponse<InputStream> answer;
    try {
      answer = services.send(route, pathAndQuery, uri -> passed(request, uri));
    } catch (IllegalArgumentException noUri) {
      refuse(response, Problem.malformed("The path or the query is not a URI: " + pathAndQuery));
      return;
    } catch (IOException failed) {
      log.warn("{} {}: {} gives no answer: {}", request.getMethod(), path(request), route, failed);
      response.setHeader("Retry-After", "1");
      refuse(
          response,
          Problem.unavailable(
              route.name().toLowerCase(Locale.ROOT)
                  + "-service gives no answer. Whether a change was carried out is told by the same"
                  + " request with the same Idempotency-Key"));
      return;
    }
    copy(answer, response);
  }

  private static String path(HttpServletRequest request) {
    return request.getRequestURI().replaceAll("[\r\n]", "_");
  }

  private HttpRequest passed(HttpServletRequest request, URI uri) {
    boolean empty = !hasBody(request);
    HttpRequest.Builder passed =
        HttpRequest.newBuilder(uri)
            .timeout(empty ? limits.answerTimeout() : limits.uploadTimeout())
            .method(request.getMethod(), empty ? BodyPublishers.noBody() : body(request));
    Set<String> left = ofThisConnection(request);
    for (String name : Collections.list(request.getHeaderNames())) {
      if (!left.contains(name.toLowerCase(Locale.ROOT)) && !name.equalsIgnoreCase(FORWARDED_FOR)) {
        Collections.list(request.getHeaders(name)).forEach(value -> passed.header(name, value));
      }
    }
    // What a caller claims about himself is not passed on, only where the call came from.
    return passed.header(FORWARDED_FOR, request.getRemoteAddr()).build();
  }

  private static Set<String> ofThisConnection(HttpServletRequest request) {
    Set<String> names = new HashSet<>(OF_ONE_CONNECTION);
    for (String listed : Collections.list(request.getHeaders("Connection"))) {
      for (String name : listed.split(",")) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }

  private static boolean hasBody(HttpServletRequest request) {
    return request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
  }

  private static BodyPublisher body(HttpServletRequest request) {
    long length = request.getContentLengthLong();
    BodyPublisher streamed =
        BodyPublishers.ofInputStream(
            () -> {
              try {
                return request.getInputStream();
              } catch (IOException e) {
                // The publisher takes it as a body that cannot be read.
                return InputStream.nullInputStream();
              }
            });
    return length < 0 ? streamed : BodyPublishers.fromPublisher(streamed, length);
  }

  private static void copy(HttpResponse<InputStream> answer, HttpServletResponse response)
      throws IOException {
    try (InputStream content = answer.body()) {
      response.setStatus(answer.statusCode());
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!OF_ONE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                  addAll(response, name, values);
                }
              });
      long length = answer.headers().firstValueAsLong("content-length").orElse(-1);
      if (length >= 0) {
        response.setContentLengthLong(length);
      }
      OutputStream out = response.getOutputStream();
      byte[] chunk = new byte[CHUNK_BYTES];
      // An answer of unknown length may be a stream of events: nothing of it is held back.
      for (int read = content.read(chunk); read >= 0; read = content.read(chunk)) {
        out.write(chunk, 0, read);
        if (length < 0 && content.available() == 0) {
          out.flush();
        }
      }
    }
  }

  private static void addAll(HttpServletResponse response, String name, List<String> values) {
    response.setHeader(name, values.getFirst());
    values.stream().skip(1).forEach(value -> response.addHeader(name, value));
  }

  private static void refuse(HttpServletResponse response, Problem problem) throws IOException {
    response.setStatus(problem.status());
    response.setContentType(Problems.CONTENT_TYPE);
    response.getOutputStream().write(Problems.toJson(problem));
  }
}
