package io.faultline.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.faultline.events.Json;
import io.faultline.runtime.core.ExplicitNulls;
import io.faultline.runtime.core.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Problems as RFC 9457 JSON. */
public final class Problems {

  public static final String CONTENT_TYPE = "application/problem+json";

  private static final JsonMapper ANSWERS =
      Json.LENIENT.rebuild().addMixIn(ExplicitNulls.class, NullsSaid.class).build();

  @JsonInclude(JsonInclude.Include.ALWAYS)
  private interface NullsSaid {}

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
  public static byte[] json(Object body) {
    return ANSWERS.writeValueAsBytes(body);
  }
}
