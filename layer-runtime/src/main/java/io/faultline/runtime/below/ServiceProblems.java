package io.faultline.runtime.below;

import io.faultline.events.Json;
import io.faultline.runtime.core.Problem;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Problems of the service below, as ours: the one who asks wants to know the same. */
final class ServiceProblems {

  private ServiceProblems() {}

  static Problem of(int status, byte[] body) {
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
      Problem held = holder.isString() ? problem.with("holder", holder.asString()) : problem;
      JsonNode sector = node.path("sector");
      return sector.isIntegralNumber() ? held.with("sector", sector.asLong()) : held;
    } catch (JacksonException e) {
      return new Problem("http-" + status, status, "Refused", "The service below refused");
    }
  }
}
