package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.runtime.trace.TraceContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.utils.DateUtils;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Calls webhooks: one signed POST, one answer. Redirects are not followed, nothing is tried again
 * here, and addresses are checked when they are connected to, not before: a name may lead elsewhere
 * by then.
 */
final class Webhook implements AutoCloseable {

  /** Of an answer, so many bytes are kept for people to see. */
  static final int SHOWN_BYTES = 512;

  static final ContentType CLOUD_EVENT = ContentType.create("application/cloudevents+json", UTF_8);
  private static final int MAX_ANSWER_BYTES = 64 * 1024;
  private static final int LONGEST_WAIT_DIGITS = 9;

  private final CloseableHttpClient client;
  private final ScheduledExecutorService alarms =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("faultline-webhook-timeouts").daemon().factory());

  Webhook(NotifierProperties.Webhooks settings, AddressRule addresses) {
    Timeout connect = Timeout.of(settings.connectTimeout());
    Timeout whole = Timeout.of(settings.maxTimeout());
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setDnsResolver(new Resolver(addresses))
                    // Each watcher has so many and no more: one that is slow takes none of
                    // the others'.
                    .setMaxConnTotal(settings.connections())
                    .setMaxConnPerRoute(settings.connections())
                    .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(connect)
                            .setSocketTimeout(whole)
                            // A pooled connection was checked when it was opened; its name may
                            // lead elsewhere after a while.
                            .setTimeToLive(1, TimeUnit.MINUTES)
                            // Many receivers close what is not used for a moment; that is no
                            // failure of theirs, and no try should be spent to learn it.
                            .setValidateAfterInactivity(Timeout.ofMilliseconds(100))
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

  /**
   * @param body one part of JSON
   * @param type of the body
   * @param signature its headers; empty where nothing is signed
   * @param timeout for everything together
   * @param traceparent the trace that the call goes on; null if it is of none
   */
  record Request(
      String url,
      byte[] body,
      ContentType type,
      Map<String, String> signature,
      Duration timeout,
      @Nullable String traceparent) {}

  /** The three headers of the Standard Webhooks specification. */
  static Map<String, String> signed(
      List<WebhookSecret> secrets, String id, Instant now, byte[] body) {
    return Map.of(
        "webhook-id",
        id,
        "webhook-timestamp",
        Long.toString(now.getEpochSecond()),
        "webhook-signature",
        secrets.stream()
            .map(secret -> secret.sign(id, now, body))
            .collect(Collectors.joining(" ")));
  }

  /** Makes one call, and waits for its end. */
  TryEnd call(Request request, Instant now) {
    HttpPost post = new HttpPost(URI.create(request.url()));
    request.signature().forEach(post::setHeader);
    if (request.traceparent() != null) {
      post.setHeader(TraceContext.HEADER, request.traceparent());
    }
    post.setEntity(new ByteArrayEntity(request.body(), request.type()));
    long begun = System.nanoTime();
    // The client's own time-outs are for one read each; a receiver may answer byte by byte.
    ScheduledFuture<?> alarm =
        alarms.schedule(post::abort, request.timeout().toMillis(), TimeUnit.MILLISECONDS);
    try {
      ClassicHttpResponse response = client.executeOpen(null, post, null);
      try (response) {
        String answer = finish(response);
        return end(response, answer, now, begun);
      }
    } catch (IOException e) {
      String reason =
          post.isAborted()
              ? "no answer within " + request.timeout()
              : e.getClass().getSimpleName() + ": " + e.getMessage();
      return new TryEnd(Outcome.FAILED, now, millisSince(begun), null, reason, null, null);
    } finally {
      alarm.cancel(false);
    }
  }

  private static long millisSince(long begun) {
    return (System.nanoTime() - begun) / 1_000_000;
  }

  /**
   * Reads a short body, so that the connection can be used again; one without end is broken off.
   *
   * @return how it begins
   */
  private static @Nullable String finish(ClassicHttpResponse response) {
    try {
      if (response.getEntity() != null) {
        InputStream body = response.getEntity().getContent();
        byte[] read = body.readNBytes(MAX_ANSWER_BYTES);
        body.read();
        int shown = Math.min(read.length, SHOWN_BYTES);
        return shown == 0 ? null : new String(read, 0, shown, UTF_8).replaceAll("\\p{Cntrl}", "?");
      }
    } catch (IOException e) {
      // The status has been told; that is all that counts.
    }
    return null;
  }

  private static TryEnd end(
      ClassicHttpResponse response, @Nullable String answer, Instant now, long begun) {
    int status = response.getCode();
    long millis = millisSince(begun);
    if (status >= 200 && status < 300) {
      return new TryEnd(Outcome.TAKEN, now, millis, status, null, answer, null);
    }
    if (status == HttpStatus.SC_GONE) {
      String reason = "answered 410: it wants no more calls";
      return new TryEnd(Outcome.UNWANTED, now, millis, status, reason, answer, null);
    }
    String reason =
        status >= 300 && status < 400
            ? "answered " + status + ": redirects are not followed"
            : "answered " + status;
    return new TryEnd(
        Outcome.FAILED, now, millis, status, reason, answer, retryAfter(response, now));
  }

  /** RFC 9110, 10.2.3: seconds or a date. */
  private static @Nullable Duration retryAfter(ClassicHttpResponse response, Instant now) {
    Header header = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
    if (header == null) {
      return null;
    }
    String value = header.getValue().strip();
    if (value.matches("[0-9]{1," + LONGEST_WAIT_DIGITS + "}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    Instant until = DateUtils.parseStandardDate(value);
    return until == null || until.isBefore(now) ? null : Duration.between(now, until);
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
