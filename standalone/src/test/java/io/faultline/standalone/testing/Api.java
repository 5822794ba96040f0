package io.faultline.standalone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/**
 * Calls of the interface for tests: what is not expected to succeed is asked for with its status.
 */
public final class Api {

  private final StandaloneProcess faultline;
  private final String host;

  public Api(StandaloneProcess faultline, String host) {
    this.faultline = faultline;
    this.host = host;
  }

  public JsonNode get(String path) {
    return body(faultline.get(path), 200);
  }

  /** Of the host: {@code devices/pmem0}. */
  public JsonNode ofHost(String path) {
    return get("/v1/hosts/" + host + "/" + path);
  }

  public JsonNode put(String path, String json) {
    return success(send("PUT", path, "application/json", json));
  }

  public JsonNode putText(String path, Path file) {
    try {
      return success(send("PUT", path, "text/plain", Files.readString(file)));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  public JsonNode post(String path, String json) {
    return success(send("POST", path, "application/json", json));
  }

  public HttpResponse<String> send(String method, String path, String contentType, String body) {
    return faultline.send(
        HttpRequest.newBuilder(faultline.uri("/v1/hosts/" + host + "/" + path))
            .header("Content-Type", contentType)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  /**
   * The stack of the README's walk: two devices, a stripe over both, a real filesystem's map on it.
   */
  public void buildWalk(Path project) {
    put("devices/pmem0", "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    put("devices/pmem1", "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    putText("volumes/vol0", project.resolve("examples/tables/striped.table"));
    put("filesystems/data", "{\"data\":\"vol0\"}");
    putText("filesystems/data/fsmap", project.resolve("examples/xfs/reflink.fsmap-v.txt"));
    putText("filesystems/data/paths", project.resolve("examples/xfs/reflink.paths.txt"));
  }

  private static JsonNode success(HttpResponse<String> answer) {
    assertThat(answer.statusCode())
        .as(answer.request().method() + " " + answer.uri() + ": " + answer.body())
        .isBetween(200, 299);
    return answer.body().isEmpty()
        ? Json.LENIENT.createObjectNode()
        : Json.LENIENT.readTree(answer.body());
  }

  private static JsonNode body(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.uri() + ": " + answer.body()).isEqualTo(status);
    return Json.LENIENT.readTree(answer.body());
  }
}
