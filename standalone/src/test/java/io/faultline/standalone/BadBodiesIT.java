package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.SharedStandalone;
import io.faultline.standalone.testing.StandaloneProcess;
import java.math.BigInteger;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every call of the interface that takes JSON, with bodies that nobody should send: an answer that
 * names what is wrong, or does what little was asked, and never a breakdown.
 */
@ExtendWith(SharedStandalone.class)
class BadBodiesIT {

  private static final String HOST = "bad-bodies";
  private static final int MADE_EVERY = 20;
  private static final Pattern VARIABLE = Pattern.compile("\\{\\*?(\\w+)}");

  /** Words of the inside, which are nothing to a client. */
  private static final Pattern INNER_WORDS =
      Pattern.compile(
          "io\\.faultline|java\\.|jackson|DeserializationFeature|CoercionConfig|JsonToken");

  /** What is there for the calls to be about; every other name is of something that is not. */
  private static final Map<String, String> NAMES =
      Map.of("host", HOST, "device", "pmem0", "volume", "vol0", "fs", "data", "watcher", "w-bad");

  private static final List<String> ALWAYS =
      List.of("", "{}", "null", "[]", "[null]", "{\"\":null}", "1", "true", "\"x\"", "{", "\u0000");

  @Test
  void noBodyBreaksAnything(StandaloneProcess faultline) {
    JsonNode description = Json.LENIENT.readTree(faultline.get("/v1/openapi.json").body());
    List<String> breakdowns = new ArrayList<>();
    int sent = 0;
    for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        JsonNode content = operation.getValue().path("requestBody").path("content");
        JsonNode json = content.path("application/json");
        if (json.isMissingNode()) {
          continue;
        }
        for (String body : bodies(description, json.path("schema"))) {
          // Now and then anew: a body that is taken may have unplugged it.
          if (sent++ % MADE_EVERY == 0) {
            makeWhatIsThere(faultline);
          }
          String call = operation.getKey().toUpperCase(Locale.ROOT);
          HttpResponse<String> answer = send(faultline, call, filled(path.getKey()), body);
          if (isBreakdown(answer)) {
            breakdowns.add(
                call
                    + " "
                    + path.getKey()
                    + " with "
                    + (body.length() > 200 ? body.substring(0, 200) + "…" : body)
                    + " was answered "
                    + answer.statusCode()
                    + " "
                    + answer.body());
          }
        }
      }
    }
    assertThat(sent).as("bodies sent").isGreaterThan(200);
    assertThat(breakdowns).isEmpty();
  }

  /** 503 is for who is away, and nobody is; what is refused is refused in words. */
  private static boolean isBreakdown(HttpResponse<String> answer) {
    if (answer.statusCode() < 400) {
      return false;
    }
    if (answer.statusCode() >= 500) {
      return answer.statusCode() != 507;
    }
    return !answer.headers().firstValue("Content-Type").orElse("").contains("problem+json")
        || INNER_WORDS.matcher(answer.body()).find()
        || Json.LENIENT.readTree(answer.body()).path("detail").asString("").isBlank();
  }

  private static void makeWhatIsThere(StandaloneProcess faultline) {
    Api api = new Api(faultline, HOST);
    api.send("POST", "devices/pmem0/plug", "application/json", "{}");
    api.send(
        "PUT", "devices/pmem0", "application/json", "{\"kind\":\"pmem\",\"sizeBytes\":67108864}");
    api.send("PUT", "volumes/vol0", "text/plain", "0 131072 linear pmem0 0");
    api.send("PUT", "filesystems/data", "application/json", "{\"data\":\"vol0\"}");
    send(
        faultline,
        "PUT",
        "/v1/watchers/w-bad",
        "{\"filter\":{\"host\":\"nobody\"},\"sink\":{\"type\":\"kafka\",\"topic\":\"faultline.watch.bad\"}}");
  }

  private static Set<String> bodies(JsonNode description, JsonNode schema) {
    Set<String> bodies = new LinkedHashSet<>(ALWAYS);
    JsonNode object = resolved(description, schema);
    List<String> names = new ArrayList<>(object.path("properties").propertyNames());
    JsonNodeFactory make = JsonNodeFactory.instance;
    List<JsonNode> values =
        List.of(
            make.nullNode(),
            make.stringNode(""),
            make.stringNode("x\u0000\ud800"),
            make.stringNode("9".repeat(400)),
            make.numberNode(-1),
            make.numberNode(Long.MAX_VALUE),
            make.numberNode(1.5),
            make.numberNode(new BigInteger("9223372036854775808")),
            make.booleanNode(true),
            make.arrayNode(),
            make.arrayNode().addNull(),
            make.arrayNode().add(make.objectNode().putNull("sector")),
            make.objectNode(),
            make.objectNode().putNull("type"));
    for (JsonNode value : values) {
      ObjectNode all = make.objectNode();
      for (String name : names) {
        all.set(name, value);
        bodies.add(make.objectNode().set(name, value).toString());
      }
      bodies.add(all.toString());
    }
    return bodies;
  }

  private static JsonNode resolved(JsonNode description, JsonNode schema) {
    JsonNode now = schema;
    while (now.has("$ref")) {
      now = description.at(now.get("$ref").asString().substring(1));
    }
    return now;
  }

  private static String filled(String path) {
    Matcher variable = VARIABLE.matcher(path);
    StringBuilder filled = new StringBuilder();
    while (variable.find()) {
      variable.appendReplacement(filled, NAMES.getOrDefault(variable.group(1), "unknown"));
    }
    return variable.appendTail(filled).toString();
  }

  private static HttpResponse<String> send(
      StandaloneProcess faultline, String method, String path, String body) {
    return faultline.send(
        HttpRequest.newBuilder(faultline.uri(path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build());
  }
}
