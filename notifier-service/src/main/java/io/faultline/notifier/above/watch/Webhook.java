package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.notifier.NotifierProperties;
import io.faultline.runtime.trace.Spans;
import io.faultline.runtime.trace.TraceContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Calls webhooks: one signed POST, one answer. Redirects are not followed, nothing is tried again
 * here, and addresses are checked when they are connected to, not before: a name may lead elsewhere
 * by then.
 */
final class Webhook implements AutoCloseable {

  /** How a try ended. */
  sealed interface Outcome {

    /** Any 2xx; nothing else is. */
    record Delivered(int status) implements Outcome {}

    /**
     * @param status null if there was no answer
     * @param retryAfter as the receiver asked for; null if it did not
     */
    record Failed(@Nullable Integer status, String reason, @Nullable Duration retryAfter)
        implements Outcome {}
  }

  private static final ContentType CLOUD_EVENT =
      ContentType.create("application/cloudevents+json", UTF_8);
  private static final int MAX_ANSWER_BYTES = 64 * 1024;
  private static final int MAX_CONNECTIONS = 256;
  private static final int MAX_CONNECTIONS_PER_RECEIVER = 32;

  private final CloseableHttpClient client;
  private final Duration timeout;
  private final Spans spans;
  private final ScheduledExecutorService alarms =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("faultline-webhook-timeouts").daemon().factory());

  /** Whose calls nobody sees in a trace. */
  Webhook(NotifierProperties.Webhooks settings, AddressRule addresses) {
    this(settings, addresses, Spans.unexported());
  }

  Webhook(NotifierProperties.Webhooks settings, AddressRule addresses, Spans spans) {
    this.spans = spans;
    this.timeout = settings.timeout();
    Timeout connect = Timeout.of(settings.connectTimeout());
    Timeout whole = Timeout.of(settings.timeout());
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setDnsResolver(new Resolver(addresses))
                    .setMaxConnTotal(MAX_CONNECTIONS)
                    .setMaxConnPerRoute(MAX_CONNECTIONS_PER_RECEIVER)
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(connect)
                            .setSocketTimeout(whole)
                            // A pooled connection was checked when it was opened; its name may
                            // lead elsewhere after a while.
                            .setTimeToLive(1, TimeUnit.MINUTES)
                            .build())
                    .build())
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(whole)
                    .setResponseTimeout(whole)
                    .setRedirectsEnabled(false)
                    .build())
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .setUserAgent("Faultline")
            .build();
  }

  private record Resolver(AddressRule addresses) implements DnsResolver {

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      return addresses.resolve(host);
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }

  /** A call that is of no trace. */
  Outcome call(String url, WebhookSecret secret, String id, Instant now, byte[] body) {
    return call(url, secret, id, now, null, body);
  }

  /**
   * @param id the same for every try of an event
   * @param now when this try is made
   * @param traceparent the trace that the call goes on; null if it is of none
   */
  Outcome call(
      String url,
      WebhookSecret secret,
      String id,
      Instant now,
      @Nullable String traceparent,
      byte[] body) {
    try (Spans.Span span = spans.begin("webhook", Spans.Kind.CLIENT, traceparent)) {
      span.attribute("faultline.event.id", id);
      Outcome outcome = post(url, secret, id, now, span, body);
      if (outcome instanceof Outcome.Failed failed) {
        span.failed(failed.reason());
      }
      return outcome;
    }
  }

  private Outcome post(
      String url, WebhookSecret secret, String id, Instant now, Spans.Span span, byte[] body) {
    HttpPost post = new HttpPost(URI.create(url));
    String traceparent = span.traceparent();
    if (traceparent != null) {
      post.setHeader(TraceContext.HEADER, traceparent);
    }
    post.setHeader("webhook-id", id);
    post.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
    post.setHeader("webhook-signature", secret.sign(id, now, body));
    post.setEntity(new ByteArrayEntity(body, CLOUD_EVENT));
    // The client's own time-outs are for one read each; a receiver may answer byte by byte.
    ScheduledFuture<?> alarm =
        alarms.schedule(post::abort, timeout.toMillis(), TimeUnit.MILLISECONDS);
    try {
      ClassicHttpResponse response = client.executeOpen(null, post, null);
      try (response) {
        Outcome outcome = outcome(response);
        finish(response);
        return outcome;
      }
    } catch (IOException e) {
      String reason =
          post.isAborted()
              ? "no answer within " + timeout
              : e.getClass().getSimpleName() + ": " + e.getMessage();
      return new Outcome.Failed(null, reason, null);
    } finally {
      alarm.cancel(false);
    }
  }

  /**
   * Reads a short body, so that the connection can be used again; one without end is broken off.
   */
  private static void finish(ClassicHttpResponse response) {
    try {
      if (response.getEntity() != null) {
        InputStream body = response.getEntity().getContent();
        body.readNBytes(MAX_ANSWER_BYTES);
        body.read();
      }
    } catch (IOException e) {
      // The status has been told; that is all that counts.
    }
  }

  private static Outcome outcome(ClassicHttpResponse response) {
    int status = response.getCode();
    if (status >= 200 && status < 300) {
      return new Outcome.Delivered(status);
    }
    String reason =
        status >= 300 && status < 400
            ? "answered " + status + ": redirects are not followed"
            : "answered " + status;
    return new Outcome.Failed(status, reason, retryAfter(response));
  }

  private static @Nullable Duration retryAfter(ClassicHttpResponse response) {
    Header header = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
    if (header == null || !header.getValue().matches("[0-9]{1,6}")) {
      return null;
    }
    return Duration.ofSeconds(Long.parseLong(header.getValue()));
  }

  @Override
  public void close() {
    alarms.shutdownNow();
    try {
      client.close();
    } catch (IOException e) {
      // It is not used any more.
    }
  }
}
