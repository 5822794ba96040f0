package io.faultline.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.faultline.ranges.Extents;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Everything in which the document and the code differ, in either direction. */
final class AsyncApiDifferences {

  private static final String EVENT_TRAIT = "#/components/messageTraits/event";
  private static final Set<String> ONE_OF_BOTH = Set.of("[ranges]", "[packedRanges]");

  private final AsyncApi doc;
  private final List<String> found = new ArrayList<>();

  private AsyncApiDifferences(AsyncApi doc) {
    this.doc = doc;
  }

  static List<String> of(AsyncApi doc) {
    AsyncApiDifferences differences = new AsyncApiDifferences(doc);
    differences.topics();
    differences.headers();
    differences.messages();
    for (EventType type : EventType.values()) {
      differences.schema(
          type.shortName(), doc.at("components", "schemas", type.shortName()), type.record());
    }
    return differences.found;
  }

  private void compare(String what, Object inDocument, Object inCode) {
    if (!inDocument.equals(inCode)) {
      found.add(what + ": the document has " + inDocument + ", the code " + inCode);
    }
  }

  // --- topics and their types

  private void topics() {
    Map<String, Set<String>> documented = doc.messagesByTopic();
    // What access control keeps is held by a test beside it, in layer-runtime.
    documented
        .keySet()
        .removeIf(
            topic -> topic.startsWith("faultline.access.") || topic.equals("faultline.audit"));
    compare("topics", documented.keySet(), topicsOfTheCode());
    Set<String> events =
        Stream.of(EventType.values()).map(EventType::ceType).collect(Collectors.toSet());
    documented.forEach(
        (topic, names) -> {
          Set<String> types = new TreeSet<>(names);
          types.removeIf(name -> !events.contains(name) && !name.startsWith("io.faultline."));
          compare(
              "types of " + topic,
              types,
              Topics.typesOf(topic).stream()
                  .map(EventType::ceType)
                  .collect(Collectors.toCollection(TreeSet::new)));
        });
  }

  /** Every constant of {@link Topics} is a topic; those that are read have dead letters. */
  private static Set<String> topicsOfTheCode() {
    Set<String> topics = new TreeSet<>();
    for (var field : Topics.class.getFields()) {
      if (field.getType() == String.class && Modifier.isStatic(field.getModifiers())) {
        try {
          topics.add((String) field.get(null));
        } catch (IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
    for (String layer : Topics.LAYERS_WITH_COMMANDS) {
      topics.add(Topics.commands(layer));
    }
    Set<String> read = new TreeSet<>(topics);
    read.remove(Topics.DEVICE_STATE);
    read.remove(Topics.DEVICE_HOSTS);
    for (String topic : read) {
      topics.add(Topics.deadLetters(topic));
    }
    for (String layer : Topics.LAYERS_WITH_COMMANDS) {
      topics.add(Topics.replies(layer));
    }
    return topics;
  }

  // --- headers

  private void headers() {
    Map<String, Object> trait = doc.at("components", "messageTraits", "event");
    compare("content type", String.valueOf(trait.get("contentType")), "application/json");
    if (doc.at("components", "messageTraits", "event", "bindings", "kafka", "key").isEmpty()) {
      found.add("events: the document does not say what the key is");
    }
    Map<String, Object> schema = doc.resolved(trait.get("headers"));
    compare(
        "headers",
        AsyncApi.map(schema.get("properties")).keySet(),
        headersOf(Samples.byName().get("corrupted_range-volume")));
    compare(
        "required headers",
        AsyncApi.texts(schema.get("required")),
        headersOf(Samples.byName().get("filesystem_unmounted")));
  }

  private static Set<String> headersOf(Event event) {
    Set<String> names = new TreeSet<>();
    for (Header header : EventCodec.headers(event)) {
      names.add(header.key());
    }
    return names;
  }

  // --- messages

  private void messages() {
    Map<String, Object> messages = doc.at("components", "messages");
    Set<String> documented = new TreeSet<>();
    messages.forEach(
        (key, message) -> {
          String name = String.valueOf(AsyncApi.map(message).get("name"));
          if (name.startsWith("io.faultline.")) {
            documented.add(name);
          }
        });
    compare(
        "messages",
        documented,
        Stream.of(EventType.values())
            .map(EventType::ceType)
            .collect(Collectors.toCollection(TreeSet::new)));
    for (EventType type : EventType.values()) {
      Map<String, Object> message = AsyncApi.map(messages.get(type.shortName()));
      compare("name of " + type.shortName(), String.valueOf(message.get("name")), type.ceType());
      compare(
          "payload of " + type.shortName(),
          String.valueOf(AsyncApi.map(message.get("payload")).get("$ref")),
          "#/components/schemas/" + type.shortName());
      compare(
          "traits of " + type.shortName(),
          AsyncApi.list(message.get("traits")),
          List.of(Map.of("$ref", EVENT_TRAIT)));
    }
  }

  // --- payloads

  private void schema(String path, Map<String, Object> schema, Class<?> record) {
    compare(path + ": type", String.valueOf(schema.get("type")), "object");
    Map<String, Object> properties = AsyncApi.map(schema.get("properties"));
    Set<String> names = new TreeSet<>();
    Set<String> required = new TreeSet<>();
    boolean mayBePacked = false;
    for (RecordComponent component : record.getRecordComponents()) {
      names.add(component.getName());
      // An origin is cut at as many ranges as stand readable.
      boolean packs = component.getType() == Extents.class && record != Origin.class;
      if (packs) {
        mayBePacked = true;
        names.add("packedRanges");
        property(path + ".packedRanges", properties.get("packedRanges"), String.class, null);
      } else if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
        required.add(component.getName());
      }
      property(
          path + "." + component.getName(),
          properties.get(component.getName()),
          component.getType(),
          component);
    }
    compare(path + ": fields", new TreeSet<>(properties.keySet()), names);
    compare(path + ": required", AsyncApi.texts(schema.get("required")), required);
    Set<String> alternatives = new TreeSet<>();
    AsyncApi.list(schema.get("oneOf"))
        .forEach(one -> alternatives.add(String.valueOf(AsyncApi.map(one).get("required"))));
    compare(path + ": one of", alternatives, mayBePacked ? new TreeSet<>(ONE_OF_BOTH) : Set.of());
  }

  private void property(
      String path, @Nullable Object node, Class<?> type, @Nullable RecordComponent component) {
    if (node == null) {
      return; // Told by the comparison of the names.
    }
    Map<String, Object> schema = doc.resolved(node);
    if (type.isRecord()) {
      schema(path, schema, type);
      return;
    }
    compare(path + ": type", shape(schema), shape(type, component));
  }

  /** What a schema allows, said in the same words as {@link #shape(Class, RecordComponent)}. */
  private String shape(Map<String, Object> schema) {
    String type = String.valueOf(schema.get("type"));
    if (schema.containsKey("enum")) {
      return type + " " + AsyncApi.texts(schema.get("enum"));
    }
    return switch (type) {
      case "array" -> "array of " + shape(doc.resolved(schema.get("items")));
      case "object" -> "map to " + shape(doc.resolved(schema.get("additionalProperties")));
      case "string" -> schema.containsKey("format") ? "string " + schema.get("format") : "string";
      default -> type;
    };
  }

  private static String shape(Class<?> type, @Nullable RecordComponent component) {
    if (type == String.class) {
      return "string";
    } else if (type == long.class || type == Long.class || type == int.class) {
      return "integer";
    } else if (type == boolean.class) {
      return "boolean";
    } else if (type == Extents.class) {
      return "array of integer";
    } else if (type == Instant.class) {
      return "string date-time";
    } else if (type.isEnum()) {
      return "string " + enumNames(type);
    } else if (type == List.class && component != null) {
      return "array of " + shape(argument(component, 0), null);
    } else if (type == Map.class && component != null) {
      return "map to " + shape(argument(component, 1), null);
    }
    throw new AssertionError("no shape for " + type);
  }

  private static Class<?> argument(RecordComponent component, int index) {
    ParameterizedType type = (ParameterizedType) component.getGenericType();
    return (Class<?>) type.getActualTypeArguments()[index];
  }

  private static Set<String> enumNames(Class<?> type) {
    Map<String, String> names = new TreeMap<>();
    for (var field : type.getFields()) {
      JsonProperty written = field.getAnnotation(JsonProperty.class);
      if (field.isEnumConstant()) {
        names.put(written == null ? field.getName() : written.value(), field.getName());
      }
    }
    return new TreeSet<>(names.keySet());
  }
}
