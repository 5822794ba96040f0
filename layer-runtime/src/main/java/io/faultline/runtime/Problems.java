package io.faultline.runtime;

import io.faultline.events.Json;
import io.faultline.runtime.core.Problem;
import java.util.LinkedHashMap;
import java.util.Map;

/** Problems as RFC 9457 JSON. */
public final class Problems {

  public static final String CONTENT_TYPE = "application/problem+json";

  private Problems() {}

  public static byte[] toJson(Problem problem) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", "/problems/" + problem.kind());
    members.put("title", problem.title());
    members.put("status", problem.status());
    members.put("detail", problem.detail());
    if (!problem.errors().isEmpty()) {
      members.put("errors", problem.errors());
    }
    members.putAll(problem.more());
    return json(members);
  }

  /** Any answer's body. */
  static byte[] json(Object body) {
    return Json.LENIENT.writeValueAsBytes(body);
  }
}
