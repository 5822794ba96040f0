package io.faultline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Calls Faultline: an answer, or a {@link Failure} that says what went wrong. */
final class Api {

  /** What an answer may have at most; a longer one is refused rather than kept in memory. */
  private static final int MAX_ANSWER_BYTES = 256 << 20;

  private static final int PAGE = 1_000;
  private static final int TRIES = 3;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final HttpClient client;
  private final URI url;
  private final String host;
  private final @Nullable String token;
  private final Duration timeout;

  /**
   * @param url without a slash at its end
   * @param host whose devices are meant
   * @param timeout for one answer
   */
  Api(HttpClient client, URI url, String host, @Nullable String token, Duration timeout) {
    this.client = client;
    this.url = url;
    this.host = host;
    this.token = token;
    this.timeout = timeout;
  }

  /**
   * Items of a list.
   *
   * @param next where the rest begins; null if these are all
   */
  record Listing(List<JsonNode> items, @Nullable String next) {}

  /**
   * Whether a token may be sent there: over TLS, or to this machine.
   *
   * @throws Failure if not
   */
  static void requireSafeForToken(URI url) {
    if (url.getScheme().equals("https")) {
      return;
    }
    try {
      if (InetAddress.getByName(url.getHost()).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      throw unreachable(url, "there is no machine " + url.getHost());
    }
    throw Failure.of(
        ExitCode.USAGE,
        "the token is not sent to " + url + ": everybody on the way could take it",
        "use https://, or say --allow-plain-http");
  }

  /** Whose devices are meant. */
  String host() {
    return host;
  }

  /** {@code /v1/hosts/<host>/a/b} of {@code a}, {@code b}. */
  String ofHost(String... parts) {
    return "/v1/hosts/" + encoded(host) + "/" + path(parts);
  }

  /** Parts of a path, each encoded. */
  static String path(String... parts) {
    List<String> safe = new ArrayList<>();
    for (String part : parts) {
      safe.add(encoded(part));
    }
    return String.join("/", safe);
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) {
    return send(request(path).GET());
  }

  JsonNode put(String path, JsonNode body) {
    return send(withJson(path, "PUT", body));
  }

  /** Under a key of its own, so that trying it again does not do it twice. */
  JsonNode post(String path, @Nullable JsonNode body) {
    HttpRequest.Builder request =
        body == null ? request(path).POST(BodyPublishers.noBody()) : withJson(path, "POST", body);
    return send(request.header("Idempotency-Key", UUID.randomUUID().toString()));
  }

  JsonNode delete(String path) {
    return send(request(path).DELETE());
  }

  /**
   * Items of all pages.
   *
   * @param limit how many at most
   */
  Listing list(String path, int limit) {
    List<JsonNode> items = new ArrayList<>();
    String next = null;
    String joiner = path.contains("?") ? "&" : "?";
    do {
      String page = path + joiner + "limit=" + Math.min(pageSize(path), limit - items.size());
      JsonNode answer = get(next == null ? page : page + "&after=" + encoded(next));
      answer.path("items").forEach(items::add);
      next = answer.path("next").asStringOpt().orElse(null);
    } while (next != null && items.size() < limit);
    return new Listing(items, next);
  }

  /** Pages of fault cases are shorter: each is a long answer. */
  private static int pageSize(String path) {
    return path.startsWith("/v1/faults") ? 100 : PAGE;
  }

  /**
   * The event stream, open.
   *
   * @param lastEventId the last event that was read; null to begin as the query says
   */
  InputStream stream(String path, @Nullable String lastEventId) {
    HttpRequest.Builder request = request(path).header("Accept", "text/event-stream").GET();
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<InputStream> response = exchange(request.build());
    if (response.statusCode() == 200) {
      return response.body();
    }
    throw refused(response.statusCode(), body(response));
  }

  private HttpRequest.Builder withJson(String path, String method, JsonNode body) {
    return request(path)
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(Printer.JSON.writeValueAsString(body)));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(timeout)
            .header("User-Agent", "faultline-cli");
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  private JsonNode send(HttpRequest.Builder builder) {
    HttpRequest request = builder.setHeader("Accept", "application/json").build();
    for (int attempt = 1; ; attempt++) {
      HttpResponse<InputStream> response = exchange(request);
      byte[] body = body(response);
      int status = response.statusCode();
      if (status >= 200 && status < 300) {
        return body.length == 0 ? Printer.JSON.createObjectNode() : parsed(status, body);
      }
      if (status != 503 || attempt == TRIES) {
        throw refused(status, body);
      }
      pause(response);
    }
  }

  private static void pause(HttpResponse<?> response) {
    String asked = response.headers().firstValue("Retry-After").orElse("1");
    long seconds = asked.matches("[0-9]{1,6}") ? Long.parseLong(asked) : 1;
    sleep(Duration.ofSeconds(Math.min(seconds, LONGEST_PAUSE.toSeconds())));
  }

  static void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.of(ExitCode.UNAVAILABLE, "interrupted");
    }
  }

  private HttpResponse<InputStream> exchange(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofInputStream());
    } catch (HttpTimeoutException e) {
      throw Failure.of(
          ExitCode.UNAVAILABLE,
          url + " did not answer within " + timeout.toSeconds() + " s",
          "whether it was carried out is not known; --timeout=SECONDS waits longer");
    } catch (ConnectException e) {
      throw unreachable(url, "nothing listens on " + url);
    } catch (SSLException e) {
      throw Failure.of(
          ExitCode.UNAVAILABLE,
          "no trusted connection to " + url + ": " + e.getMessage(),
          "--ca-file=FILE names the certificates to trust");
    } catch (IOException e) {
      throw unreachable(url, url + " does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.of(ExitCode.UNAVAILABLE, "interrupted");
    }
  }

  private static Failure unreachable(URI url, String line) {
    return url.toString().equals(Connection.DEFAULT_URL)
        ? Failure.of(
            ExitCode.UNAVAILABLE,
            line,
            "./run starts it here; --url=URL or FAULTLINE_URL names another")
        : Failure.of(ExitCode.UNAVAILABLE, line, "--url=URL or FAULTLINE_URL names another");
  }

  private byte[] body(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      byte[] body = in.readNBytes(MAX_ANSWER_BYTES + 1);
      if (body.length > MAX_ANSWER_BYTES) {
        throw Failure.of(
            ExitCode.SERVER, "the answer is longer than " + Sizes.show(MAX_ANSWER_BYTES));
      }
      return body;
    } catch (IOException e) {
      throw unreachable(url, "the answer of " + url + " broke off: " + e.getMessage());
    }
  }

  private JsonNode parsed(int status, byte[] body) {
    try {
      return Printer.JSON.readTree(body);
    } catch (JacksonException e) {
      throw Failure.of(
          ExitCode.SERVER,
          url + " answered " + status + " with something that is no JSON; is it Faultline?");
    }
  }

  private Failure refused(int status, byte[] body) {
    JsonNode problem;
    try {
      problem = Printer.JSON.readTree(body);
    } catch (JacksonException e) {
      problem = Printer.JSON.createObjectNode();
    }
    List<String> more = new ArrayList<>();
    problem
        .path("errors")
        .forEach(
            error ->
                more.add(
                    (error.path("pointer").asString("") + " " + error.path("detail").asString(""))
                        .strip()));
    List<String> holders = new ArrayList<>();
    problem.path("holders").forEach(holder -> holders.add(holder.asString("")));
    if (!holders.isEmpty()) {
      more.add("held by, topmost first: " + String.join(", ", holders));
    }
    if (status == 401) {
      more.add(
          token == null
              ? "no token was sent: --token-file=FILE or FAULTLINE_TOKEN_FILE names one"
              : "the token is not known here, has expired or was revoked");
    }
    return Failure.answered(status, problem, more);
  }
}
