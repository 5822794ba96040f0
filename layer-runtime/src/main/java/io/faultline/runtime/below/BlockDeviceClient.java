package io.faultline.runtime.below;

import io.faultline.events.Json;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Claims block devices of the service below. A device and a volume are claimed in the same way;
 * {@code kind} tells which.
 */
public final class BlockDeviceClient {

  /** Which service's block devices. */
  public enum Kind {
    DEVICE("devices"),
    VOLUME("volumes");

    private final String segment;

    Kind(String segment) {
      this.segment = segment;
    }
  }

  /** How a claim ended. */
  public sealed interface ClaimResult {

    /** The holder has it. */
    record Claimed(Claim claim) implements ClaimResult {}

    /**
     * What the service below answered, to be passed on: 404 unknown, 409 held by somebody else,
     * 503.
     */
    record Refused(Problem problem) implements ClaimResult {}
  }

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  private final ServiceCalls calls;
  private final HttpClient http;
  private final Supplier<String> baseUrl;
  private final Kind kind;

  /**
   * @param baseUrl {@code http://host:port}, without a path; asked at every request
   */
  public BlockDeviceClient(Supplier<String> baseUrl, Kind kind, ServiceCalls calls) {
    this.baseUrl = baseUrl;
    this.kind = kind;
    this.calls = calls;
    this.http = calls.client(CONNECT_TIMEOUT);
  }

  /**
   * Claims a block device; the same holder may do so again.
   *
   * @param holder {@code dm:vol0} or {@code fs:data}
   */
  public ClaimResult claim(String host, String device, String holder) {
    HttpRequest request = claimRequest(host, device).PUT(holderBody(holder)).build();
    return switch (send(request)) {
      case Result.Unreachable(Problem problem) -> new ClaimResult.Refused(problem);
      case Result.Answered(int status, byte[] body) when status < 300 ->
          new ClaimResult.Claimed(Json.LENIENT.readValue(body, Claim.class));
      case Result.Answered(int status, byte[] body) ->
          new ClaimResult.Refused(problem(status, body));
    };
  }

  /**
   * Gives a claim back, unless it was claimed again since {@code revision}. What cannot be given
   * back now is found when somebody else wants the device.
   *
   * @return whether it is given back
   */
  public boolean release(String host, String device, String holder, long revision) {
    HttpRequest request =
        claimRequest(host, device)
            .header("If-Match", "\"" + revision + "\"")
            .method("DELETE", holderBody(holder))
            .build();
    return succeeds(request);
  }

  /** Gives a claim back however often it was taken. */
  public boolean release(String host, String device, String holder) {
    HttpRequest request = claimRequest(host, device).method("DELETE", holderBody(holder)).build();
    return succeeds(request);
  }

  /**
   * Makes a block device.
   *
   * @param shape the body of the request
   * @return why not; null if it is there now
   */
  public @Nullable Problem create(String host, String device, Map<String, Object> shape) {
    HttpRequest request =
        request(host, device, "")
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofByteArray(Json.LENIENT.writeValueAsBytes(shape)))
            .build();
    return switch (send(request)) {
      case Result.Unreachable(Problem problem) -> problem;
      case Result.Answered(int status, byte[] body) when status < 300 -> null;
      case Result.Answered(int status, byte[] body) -> problem(status, body);
    };
  }

  /** Forgets a block device that nobody claims; whether it is gone. */
  public boolean delete(String host, String device) {
    return succeeds(request(host, device, "").DELETE().build());
  }

  /** Whether there is such a block device. */
  public sealed interface Existence {
    /** There is; the answer of its service describes it. */
    record Exists(JsonNode description) implements Existence {}

    /** There is none of that name. */
    record Missing() implements Existence {}

    /** Its service did not say. */
    record Unknown(Problem problem) implements Existence {}
  }

  /** Looks a block device up without claiming it. */
  public Existence find(String host, String device) {
    return switch (send(request(host, device, "").GET().build())) {
      case Result.Unreachable(Problem problem) -> new Existence.Unknown(problem);
      case Result.Answered(int status, byte[] body) when status < 300 ->
          new Existence.Exists(Json.LENIENT.readTree(body));
      case Result.Answered(int status, byte[] body) when status == 404 -> new Existence.Missing();
      case Result.Answered(int status, byte[] body) -> new Existence.Unknown(problem(status, body));
    };
  }

  private sealed interface Result {
    record Answered(int status, byte[] body) implements Result {}

    record Unreachable(Problem problem) implements Result {}
  }

  private HttpRequest.Builder request(String host, String device, String rest) {
    // Names have been checked: they need no escaping in a path.
    URI uri =
        URI.create(baseUrl.get() + "/v1/hosts/" + host + "/" + kind.segment + "/" + device + rest);
    return calls
        .signed(HttpRequest.newBuilder(uri))
        .header("Accept", "application/json")
        .timeout(REQUEST_TIMEOUT);
  }

  private HttpRequest.Builder claimRequest(String host, String device) {
    return request(host, device, "/claim").header("Content-Type", "application/json");
  }

  private boolean succeeds(HttpRequest request) {
    return send(request) instanceof Result.Answered answered && answered.status() < 300;
  }

  private Result send(HttpRequest request) {
    try {
      HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return new Result.Answered(response.statusCode(), response.body());
    } catch (IOException e) {
      return new Result.Unreachable(
          Problem.unavailable(
              "The service below at " + baseUrl.get() + " does not answer; nothing was changed"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result.Unreachable(Problem.unavailable("Interrupted; nothing was changed"));
    }
  }

  private static HttpRequest.BodyPublisher holderBody(String holder) {
    return HttpRequest.BodyPublishers.ofByteArray(
        Json.LENIENT.writeValueAsBytes(Map.of("holder", holder)));
  }

  /** The problem of the service below, as ours: the one who asks wants to know the same. */
  private static Problem problem(int status, byte[] body) {
    try {
      JsonNode node = Json.LENIENT.readTree(body);
      String type = node.path("type").asString("/problems/http-" + status);
      Problem problem =
          new Problem(
              type.substring(type.lastIndexOf('/') + 1),
              status,
              node.path("title").asString("Refused"),
              node.path("detail").asString(""));
      JsonNode holder = node.path("holder");
      return holder.isString() ? problem.with("holder", holder.asString()) : problem;
    } catch (JacksonException e) {
      return new Problem("http-" + status, status, "Refused", "The service below refused");
    }
  }
}
