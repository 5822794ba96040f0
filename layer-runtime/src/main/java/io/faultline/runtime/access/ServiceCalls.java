package io.faultline.runtime.access;

import jakarta.servlet.http.HttpServletRequest;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * How our services call each other: over TLS where that is configured, with the token of the one
 * who calls, and for whom.
 */
public final class ServiceCalls {

  private final String token;
  private final @Nullable SSLContext tls;

  /**
   * @param token what this service shows; empty: nothing
   * @param tls whom it trusts and what it shows there; null: as Java does
   */
  ServiceCalls(String token, @Nullable SSLContext tls) {
    this.token = token;
    this.tls = tls;
  }

  /** Calls that show nothing, for services that ask for nothing. */
  public static ServiceCalls open() {
    return new ServiceCalls("", null);
  }

  /** A client for calls to other services; follows no redirects. */
  public HttpClient client(Duration connectTimeout) {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(connectTimeout)
            .followRedirects(HttpClient.Redirect.NEVER);
    return tls == null ? client.build() : client.sslContext(tls).build();
  }

  /** Says who calls and for whom: whoever this thread is answering just now. */
  public HttpRequest.Builder signed(HttpRequest.Builder request) {
    if (!token.isEmpty()) {
      request.setHeader("Authorization", "Bearer " + token);
      Caller caller = Caller.ofThisThread();
      if (caller.isKnown()
          && (caller.kind() != Caller.Kind.SERVICE || caller.onBehalfOf() != null)) {
        request.setHeader(
            Credentials.ON_BEHALF_OF, caller.person().replaceAll("[^\\x20-\\x7E]", "?"));
      }
    }
    if (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes current) {
      copyRequestId(current.getRequest(), request);
    }
    return request;
  }

  private static void copyRequestId(HttpServletRequest from, HttpRequest.Builder to) {
    if (from.getAttribute(AccessFilter.REQUEST_ID) instanceof String id) {
      to.setHeader(AccessFilter.REQUEST_ID, id);
    }
  }
}
