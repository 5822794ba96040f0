package io.faultline.events;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks JSON against the part of JSON Schema that the document uses. Stricter in one thing: a
 * field that the schema does not list is an error, because here the writer is checked, not a
 * reader.
 */
final class SchemaCheck {

  private static final Set<String> KNOWN_KEYWORDS =
      Set.of(
          "$ref",
          "type",
          "description",
          "required",
          "properties",
          "oneOf",
          "items",
          "maxItems",
          "enum",
          "const",
          "pattern",
          "format",
          "minimum",
          "maximum",
          "additionalProperties");

  private final AsyncApi doc;
  private final List<String> wrong = new ArrayList<>();

  private SchemaCheck(AsyncApi doc) {
    this.doc = doc;
  }

  static List<String> wrong(AsyncApi doc, Object schema, JsonNode value) {
    SchemaCheck check = new SchemaCheck(doc);
    check.check("", doc.resolved(schema), value);
    return check.wrong;
  }

  private void check(String path, Map<String, Object> schema, JsonNode value) {
    for (String keyword : schema.keySet()) {
      if (!KNOWN_KEYWORDS.contains(keyword)) {
        wrong.add(path + ": this check does not know the keyword " + keyword);
      }
    }
    if (schema.containsKey("enum")) {
      require(AsyncApi.texts(schema.get("enum")).contains(value.asString("")), path, value);
    }
    if (schema.containsKey("const")) {
      require(Objects.equals(schema.get("const"), value.asString("")), path, value);
    }
    switch (String.valueOf(schema.get("type"))) {
      case "object" -> checkObject(path, schema, value);
      case "array" -> checkArray(path, schema, value);
      case "string" -> checkString(path, schema, value);
      case "boolean" -> require(value.isBoolean(), path, value);
      case "integer" -> checkInteger(path, schema, value);
      default -> wrong.add(path + ": the schema has no type");
    }
  }

  private void checkObject(String path, Map<String, Object> schema, JsonNode value) {
    if (!value.isObject()) {
      require(false, path, value);
      return;
    }
    for (String name : AsyncApi.texts(schema.get("required"))) {
      require(value.has(name), path + "/" + name, value);
    }
    List<Object> alternatives = AsyncApi.list(schema.get("oneOf"));
    long fitting =
        alternatives.stream()
            .filter(one -> hasAll(value, AsyncApi.texts(AsyncApi.map(one).get("required"))))
            .count();
    require(alternatives.isEmpty() || fitting == 1, path + " (one of)", value);
    Map<String, Object> properties = AsyncApi.map(schema.get("properties"));
    for (var field : value.properties()) {
      Object known = properties.getOrDefault(field.getKey(), schema.get("additionalProperties"));
      String name = path + "/" + field.getKey();
      if (known == null) {
        wrong.add(name + ": not in the schema");
      } else {
        check(name, doc.resolved(known), field.getValue());
      }
    }
  }

  private static boolean hasAll(JsonNode value, Set<String> names) {
    return names.stream().allMatch(value::has);
  }

  private void checkArray(String path, Map<String, Object> schema, JsonNode value) {
    require(value.isArray(), path, value);
    if (schema.get("maxItems") instanceof Integer max) {
      require(value.size() <= max, path + " (size)", value);
    }
    for (JsonNode element : value) {
      check(path + "[]", doc.resolved(schema.get("items")), element);
    }
  }

  private void checkString(String path, Map<String, Object> schema, JsonNode value) {
    require(value.isString(), path, value);
    String text = value.asString("");
    if (schema.get("pattern") instanceof String pattern) {
      require(text.matches(pattern), path, value);
    }
    if (schema.containsKey("format")) {
      try {
        Instant.parse(text);
      } catch (DateTimeParseException e) {
        require(false, path, value);
      }
    }
  }

  private void checkInteger(String path, Map<String, Object> schema, JsonNode value) {
    require(value.isIntegralNumber(), path, value);
    if (schema.get("minimum") instanceof Number minimum) {
      require(value.asLong(Long.MIN_VALUE) >= minimum.longValue(), path, value);
    }
    if (schema.get("maximum") instanceof Number maximum) {
      require(value.asLong(Long.MAX_VALUE) <= maximum.longValue(), path, value);
    }
  }

  private void require(boolean holds, String path, JsonNode value) {
    if (!holds) {
      String text = value.toString();
      wrong.add(path + ": " + (text.length() <= 200 ? text : text.substring(0, 200) + "…"));
    }
  }

  static JsonNode json(byte[] bytes) {
    return JsonMapper.shared().readTree(bytes);
  }
}
