package io.faultline.deployment.door;

import io.faultline.events.Json;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The services' descriptions of their calls as one. */
@RestController
final class UnionController {

  static final String PATH = "/v1/openapi.json";

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Services services;

  UnionController(Services services) {
    this.services = services;
  }

  @GetMapping(path = PATH, produces = MediaType.APPLICATION_JSON_VALUE)
  byte[] union(@RequestHeader HttpHeaders headers) {
    ObjectNode union = Json.LENIENT.createObjectNode();
    for (Route route : Route.values()) {
      merge(union, describe(route, headers));
    }
    ObjectNode info = union.putObject("info");
    info.put("title", "Faultline");
    info.put("version", "v1");
    info.put("description", "Block addresses are sectors of 512 bytes, ranges half-open.");
    union.putArray("servers").addObject().put("url", "/");
    return Json.LENIENT.writeValueAsBytes(union);
  }

  /** What the one has and the other has not is added, of objects in objects as well. */
  static void merge(ObjectNode into, JsonNode from) {
    from.forEachEntry(
        (name, value) -> {
          JsonNode there = into.get(name);
          if (there instanceof ObjectNode deeper && value.isObject()) {
            merge(deeper, value);
          } else if (there == null) {
            into.set(name, value);
          }
        });
  }

  private JsonNode describe(Route route, HttpHeaders headers) {
    try {
      HttpResponse<InputStream> answer =
          services.send(
              route,
              PATH,
              uri -> {
                HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(TIMEOUT);
                for (String name : new String[] {"Host", "Authorization", "Cookie"}) {
                  headers.getValuesAsList(name).forEach(value -> request.header(name, value));
                }
                return request.build();
              });
      try (InputStream body = answer.body()) {
        if (answer.statusCode() == 200) {
          return Json.LENIENT.readTree(body);
        }
        throw new IOException("it answers " + answer.statusCode());
      }
    } catch (IOException e) {
      throw new ProblemException(
          Problem.unavailable(
              route.name().toLowerCase(Locale.ROOT)
                  + "-service does not describe its calls just now: "
                  + e.getMessage()));
    }
  }
}
