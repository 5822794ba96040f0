package io.faultline.device.above;

import io.faultline.device.above.HostDirectory.Running;
import io.faultline.runtime.access.ServiceCalls;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;

/**
 * Speaks to the other instances of device-service: passes calls on to the one that has the host,
 * bodies as they come.
 */
public final class OtherInstances {

  /** Which slice a call was passed on to. Such a call is never passed on again. */
  static final String PASSED_ON = "Faultline-Passed-On";

  /** Which process answered. */
  static final String INSTANCE = "Faultline-Instance";

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Of one connection each (RFC 9110, 7.6.1), or set by the client itself; and what a browser says
   * of the page, which was judged where it asked and would be judged by another name at the owner.
   * Who asks is passed on as they said it: the owner finds out for itself.
   */
  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "origin",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "sec-fetch-dest",
          "sec-fetch-mode",
          "sec-fetch-site",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private final ServiceCalls calls;
  private final HttpClient http;

  public OtherInstances(ServiceCalls calls) {
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  /** Whether the very process that said so answers there. */
  boolean answersAs(Running running) {
    try {
      HttpResponse<Void> response =
          http.send(
              calls
                  .signed(HttpRequest.newBuilder(URI.create(running.url() + "/v1/hosts?limit=1")))
                  .timeout(ASK_TIMEOUT)
                  .build(),
              BodyHandlers.discarding());
      return response
          .headers()
          .firstValue(INSTANCE)
          .filter(running.instanceId()::equals)
          .isPresent();
    } catch (IOException | IllegalArgumentException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Passes a call on and its answer back.
   *
   * @throws IOException if there is no answer; nothing has been written to {@code response} then
   */
  void passOn(Running owner, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String query = request.getQueryString();
    URI uri =
        URI.create(owner.url() + request.getRequestURI() + (query == null ? "" : "?" + query));
    HttpRequest.Builder passed =
        HttpRequest.newBuilder(uri)
            .timeout(ANSWER_TIMEOUT)
            .method(request.getMethod(), body(request))
            .header(PASSED_ON, owner.sliceId());
    for (String name : Collections.list(request.getHeaderNames())) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!NOT_PASSED_ON.contains(lower) && !lower.equals(PASSED_ON.toLowerCase(Locale.ROOT))) {
        Collections.list(request.getHeaders(name)).forEach(value -> passed.header(name, value));
      }
    }
    HttpResponse<InputStream> answer;
    try {
      answer = http.send(passed.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    try (InputStream content = answer.body()) {
      response.setStatus(answer.statusCode());
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                  response.setHeader(name, values.getFirst());
                  values.stream().skip(1).forEach(value -> response.addHeader(name, value));
                }
              });
      answer.headers().firstValueAsLong("content-length").ifPresent(response::setContentLengthLong);
      content.transferTo(response.getOutputStream());
    }
  }

  private static BodyPublisher body(HttpServletRequest request) throws IOException {
    long length = request.getContentLengthLong();
    if (length == 0 || length < 0 && request.getHeader("Transfer-Encoding") == null) {
      return BodyPublishers.noBody();
    }
    InputStream content = request.getInputStream();
    BodyPublisher streamed = BodyPublishers.ofInputStream(() -> content);
    return length < 0 ? streamed : BodyPublishers.fromPublisher(streamed, length);
  }
}
