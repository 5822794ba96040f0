package io.faultline.runtime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;

/**
 * What {@code docs/asyncapi.yaml} says of the topics of access control is what is written there.
 */
class AccessTopicsDocumentTest {

  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");

  private Map<?, ?> document;

  @BeforeEach
  void read() throws IOException {
    document = new Yaml().load(Files.readString(Path.of("../docs/asyncapi.yaml")));
  }

  @Test
  void everyTopicIsDescribedWithHowItIsKept() {
    Map<String, Object> described = new TreeMap<>();
    for (Object channel : at("channels").values()) {
      String address = String.valueOf(of(channel, "address"));
      if (address.startsWith("faultline.access.") || address.equals("faultline.audit")) {
        described.put(address, of(resolved(of(channel, "bindings")), "kafka"));
      }
    }
    Map<String, Object> made = new TreeMap<>();
    for (NewTopic topic : topicsOfTheCode()) {
      made.put(topic.name(), binding(topic));
    }
    assertThat(made.keySet()).isEqualTo(constants());
    assertThat(described).isEqualTo(made);
  }

  @Test
  void tokensLookAsTheyAreDescribed() {
    assertThat(differences("access_token", StoredToken.class, AccessTopicsDocumentTest::tokens))
        .isEmpty();
    assertThat(texts(of(field("access_token", "kind"), "enum")))
        .isEqualTo(lower(StoredToken.Kind.values()));
    Set<String> roles = lower(Role.values());
    roles.remove(Role.ANYONE.text());
    assertThat(texts(of(field("access_token", "role"), "enum"))).isEqualTo(roles);
  }

  @Test
  void entriesOfTheAuditLogLookAsTheyAreDescribed() {
    assertThat(differences("audit_entry", AuditEntry.class, AccessTopicsDocumentTest::entry))
        .isEmpty();
    assertThat(texts(of(field("audit_entry", "kind"), "enum")))
        .isEqualTo(lower(Caller.Kind.values()));
  }

  @Test
  void aDifferenceIsReported() {
    mapOf(at("components", "schemas", "access_token", "properties")).remove("parent");
    mapOf(at("components", "schemas", "audit_entry")).put("required", List.of("time"));
    mapOf(at("components", "schemas", "audit_entry", "properties"))
        .put("status", Map.of("type", "string"));
    assertThat(differences("access_token", StoredToken.class, AccessTopicsDocumentTest::tokens))
        .anyMatch(difference -> difference.contains("parent"));
    assertThat(differences("audit_entry", AuditEntry.class, AccessTopicsDocumentTest::entry))
        .anyMatch(difference -> difference.contains("required"))
        .anyMatch(difference -> difference.contains("status"));
  }

  // --- the code

  private static List<NewTopic> topicsOfTheCode() {
    AccessProperties defaults =
        new Binder(new MapConfigurationPropertySource(Map.of()))
            .bindOrCreate("faultline.access", AccessProperties.class);
    TopicsAdmin admin =
        new TopicsAdmin(
            new KafkaConnection(List.of("nowhere:1"), Map.of()),
            new FaultlineProperties.Topics(12, (short) 1, Duration.ofDays(7)));
    return List.of(
        admin.compactedInOrder(AccessTopics.TOKENS),
        admin.compactedInOrder(AccessTopics.USES),
        admin.eventsInOrder(AccessTopics.AUDIT, defaults.auditRetention()));
  }

  private static Set<String> constants() {
    return Arrays.stream(AccessTopics.class.getFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()))
        .map(
            field -> {
              try {
                return String.valueOf(field.get(null));
              } catch (IllegalAccessException e) {
                throw new AssertionError(e);
              }
            })
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Object> binding(NewTopic topic) {
    Map<String, Object> kept = new TreeMap<>();
    kept.put("cleanup.policy", List.of(topic.configs().get("cleanup.policy")));
    long millis = Long.parseLong(topic.configs().get("retention.ms"));
    if (millis >= 0) {
      kept.put("retention.ms", millis);
    }
    if (topic.configs().containsKey("retention.bytes")) {
      kept.put("retention.bytes", Integer.parseInt(topic.configs().get("retention.bytes")));
    }
    return Map.of("partitions", topic.numPartitions(), "topicConfiguration", kept);
  }

  /**
   * @param whole whether what may be absent is there
   */
  private static StoredToken tokens(boolean whole) {
    return new StoredToken(
        "0123",
        StoredToken.Kind.SESSION,
        "grafana",
        Role.VIEWER,
        "abc",
        NOW,
        "ada",
        whole ? NOW : null,
        whole ? "4567" : null,
        whole ? NOW : null);
  }

  private static AuditEntry entry(boolean whole) {
    return new AuditEntry(
        NOW,
        "r",
        "device-service",
        "ada",
        "token",
        whole ? "0123" : null,
        whole ? "dm-service" : null,
        "127.0.0.1",
        "POST",
        "/v1/hosts/local/unplug",
        whole ? "local" : null,
        202,
        whole ? "forbidden" : null,
        5);
  }

  // --- both

  /** In fields, what may be absent, and types; against what is really written. */
  private List<String> differences(
      String schema, Class<?> record, Function<Boolean, Object> sample) {
    List<String> found = new ArrayList<>();
    Set<String> required = texts(at("components", "schemas", schema).get("required"));
    Set<String> needed = new TreeSet<>();
    for (RecordComponent component : record.getRecordComponents()) {
      if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
        needed.add(component.getName());
      }
    }
    JsonNode whole = Json.LENIENT.readTree(Json.LENIENT.writeValueAsBytes(sample.apply(true)));
    JsonNode least = Json.LENIENT.readTree(Json.LENIENT.writeValueAsBytes(sample.apply(false)));
    Set<String> fields = texts(at("components", "schemas", schema, "properties").keySet());
    compare(found, "fields", fields, new TreeSet<>(whole.propertyNames()));
    compare(found, "required", required, needed);
    compare(found, "required, as written", required, new TreeSet<>(least.propertyNames()));
    whole.forEachEntry(
        (name, value) -> {
          Map<?, ?> field = field(schema, name);
          if (!field.isEmpty()) {
            compare(
                found, name, of(field, "type"), value.isIntegralNumber() ? "integer" : "string");
            boolean time = value.asString("").equals(NOW.toString());
            compare(found, name, of(field, "format"), time ? "date-time" : null);
          }
        });
    return found;
  }

  private static void compare(
      List<String> found, String what, @Nullable Object described, @Nullable Object written) {
    if (!String.valueOf(described).equals(String.valueOf(written))) {
      found.add(what + ": described is " + described + ", written " + written);
    }
  }

  private static Set<String> lower(Enum<?>[] values) {
    return Arrays.stream(values)
        .map(value -> value.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // --- the document

  private Map<?, ?> field(String schema, String name) {
    return mapOf(at("components", "schemas", schema, "properties").get(name));
  }

  private Map<?, ?> at(String... path) {
    Map<?, ?> node = document;
    for (String key : path) {
      node = mapOf(node.get(key));
    }
    return node;
  }

  private Map<?, ?> resolved(@Nullable Object node) {
    Object ref = of(node, "$ref");
    return ref == null ? mapOf(node) : at(ref.toString().substring("#/".length()).split("/"));
  }

  private static @Nullable Object of(@Nullable Object node, String key) {
    return mapOf(node).get(key);
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, Object> mapOf(@Nullable Object node) {
    return node instanceof Map<?, ?> map ? (Map<Object, Object>) map : Map.of();
  }

  private static Set<String> texts(@Nullable Object node) {
    Set<String> texts = new TreeSet<>();
    if (node instanceof Iterable<?> all) {
      all.forEach(text -> texts.add(String.valueOf(text)));
    }
    return texts;
  }
}
