package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Requests as a client of the interface makes them. */
final class HttpCalls {

  /** An answer, its body read. */
  record Answer(HttpResponse<byte[]> response) {

    Answer expect(int status) {
      assertThat(response.statusCode())
          .as("%s %s: %s", response.request().method(), response.request().uri(), text())
          .isEqualTo(status);
      return this;
    }

    Answer oneOf(Integer... statuses) {
      assertThat(statuses)
          .as("%s %s: %s", response.request().method(), response.request().uri(), text())
          .contains(response.statusCode());
      return this;
    }

    int status() {
      return response.statusCode();
    }

    JsonNode json() {
      return Json.LENIENT.readTree(response.body());
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }

    byte[] bytes() {
      return response.body();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    /** A problem answer of that kind. */
    JsonNode problem(int status, String kind) {
      expect(status);
      assertThat(header("Content-Type")).isEqualTo("application/problem+json");
      JsonNode problem = json();
      assertThat(problem.get("type").asString()).isEqualTo("/problems/" + kind);
      assertThat(problem.get("status").asInt()).isEqualTo(status);
      assertThat(problem.get("detail").asString()).isNotEmpty();
      return problem;
    }
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final String base;

  HttpCalls(String base) {
    this.base = base;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path));
  }

  Answer send(HttpRequest.Builder request) {
    try {
      return new Answer(client.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  Answer get(String path) {
    return send(request(path).GET());
  }

  Answer get(String path, String accept) {
    return send(request(path).header("Accept", accept).GET());
  }

  Answer put(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(json)));
  }

  Answer putBytes(String path, byte[] content) {
    return send(
        request(path)
            .header("Content-Type", "application/octet-stream")
            .PUT(BodyPublishers.ofByteArray(content)));
  }

  Answer post(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json)));
  }

  Answer post(String path) {
    return send(request(path).POST(BodyPublishers.noBody()));
  }

  Answer delete(String path) {
    return send(request(path).DELETE());
  }

  Answer delete(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method("DELETE", BodyPublishers.ofString(json)));
  }
}
