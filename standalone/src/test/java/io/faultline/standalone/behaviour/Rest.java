package io.faultline.standalone.behaviour;

import io.faultline.events.Json;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.standalone.testing.StandaloneProcess;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Calls of the interface, of one host. */
final class Rest {

  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final int UNAVAILABLE = 503;
  private static final int CONFLICT = 409;

  private final StandaloneProcess faultline;
  private final String host;

  Rest(StandaloneProcess faultline, String host) {
    this.faultline = faultline;
    this.host = host;
  }

  private static final Pattern ERRNO = Pattern.compile("\\bE[A-Z]{3,}\\b");

  /** What came back. */
  record Answer(int status, String body, String call) {

    boolean isSuccess() {
      return status >= 200 && status < 300;
    }

    JsonNode json() {
      return body.isEmpty() ? Json.LENIENT.createObjectNode() : Json.LENIENT.readTree(body);
    }

    Answer mustSucceed() {
      if (!isSuccess()) {
        throw new AssertionError(this);
      }
      return this;
    }

    /** What a program would see: the errno of a refusal, {@code HANG} where it would wait. */
    String errno() {
      if (isSuccess()) {
        return "ok";
      }
      if (status == 423) {
        return "HANG";
      }
      JsonNode problem = json();
      String named = problem.path("errno").asString("");
      Matcher told = ERRNO.matcher(problem.path("detail").asString(""));
      if (!named.isEmpty()) {
        return named;
      } else if (told.find()) {
        return told.group();
      } else if (problem.path("type").asString("").endsWith("/media-error")) {
        return "EIO";
      }
      return status == 404 ? "ENOENT" : String.valueOf(status);
    }

    @Override
    public String toString() {
      return call + " -> " + status + " " + body;
    }
  }

  Answer get(String path) {
    return send("GET", path, "application/json", "");
  }

  JsonNode json(String path) {
    return get(path).mustSucceed().json();
  }

  Answer put(String path, String json) {
    return send("PUT", path, "application/json", json);
  }

  Answer post(String path, String json) {
    return send("POST", path, "application/json", json);
  }

  Answer delete(String path) {
    return send("DELETE", path, "application/json", "");
  }

  Answer send(String method, String path, String contentType, String body) {
    URI uri = faultline.uri("/v1/hosts/" + host + "/" + path);
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (body.isEmpty() && (method.equals("GET") || method.equals("DELETE"))) {
      request.method(method, BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", contentType)
          .method(method, BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1));
    }
    // An owner that is busy answers later: the same request with the same key is the same request.
    request.header("Idempotency-Key", UUID.randomUUID().toString());
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    HttpResponse<String> response = faultline.send(request.build());
    while (isToBeAskedAgain(response) && System.nanoTime() < deadline) {
      response = faultline.send(request.build());
    }
    return new Answer(response.statusCode(), response.body(), method + " " + uri);
  }

  /** The owner did not answer in time, or what it was asked then is still under way. */
  private static boolean isToBeAskedAgain(HttpResponse<String> response) {
    return response.statusCode() == UNAVAILABLE
        || response.statusCode() == CONFLICT && response.body().contains("/write-under-way");
  }

  /** Waits for what events bring about; no request does. */
  void await(String what, BooleanSupplier condition) {
    Awaiting.await(host + ": " + what, condition);
  }
}
