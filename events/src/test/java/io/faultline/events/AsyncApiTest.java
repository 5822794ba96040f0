package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code docs/asyncapi.yaml} and the code say the same. */
class AsyncApiTest {

  private static final AsyncApi DOC = AsyncApi.load();

  @Test
  void theDocumentAndTheCodeDoNotDiffer() {
    assertThat(AsyncApiDifferences.of(DOC))
        .as("people and programs read the topics by docs/asyncapi.yaml: change both or none")
        .isEmpty();
  }

  @Test
  void everySampleIsAsTheDocumentSays() {
    for (GoldenSample sample : GoldenSample.all()) {
      assertThat(wrongInData(sample.type(), SchemaCheck.json(sample.value())))
          .as(sample.name())
          .isEmpty();
      assertThat(wrongInHeaders(sample.headers())).as(sample.name()).isEmpty();
    }
  }

  @Test
  void everyEventIsWrittenAsTheDocumentSays() {
    Seeds.forAll(
        1,
        gen -> {
          EventType type = RandomEvents.type(gen);
          Event event = RandomEvents.event(gen, type);
          assertThat(wrongInData(type.shortName(), SchemaCheck.json(EventCodec.data(event))))
              .isEmpty();
          assertThat(wrongInHeaders(EventCodec.headers(event))).isEmpty();
        });
  }

  private static List<String> wrongInData(String type, JsonNode data) {
    return SchemaCheck.wrong(DOC, DOC.at("components", "schemas", type), data);
  }

  private static List<String> wrongInHeaders(Headers headers) {
    ObjectNode node = JsonMapper.shared().createObjectNode();
    for (Header header : headers) {
      node.put(header.key(), EventCodec.header(headers, header.key()));
    }
    return SchemaCheck.wrong(DOC, DOC.at("components", "messageTraits", "event", "headers"), node);
  }

  // --- that the checks can fail

  static Stream<Arguments> changesOfTheDocument() {
    return Stream.of(
        change("a topic less", doc -> in(doc, "channels").remove("fsEvents"), "topics"),
        change(
            "a topic renamed",
            doc -> in(doc, "channels", "dmEvents").put("address", "faultline.dm.event"),
            "topics"),
        change(
            "a layer less",
            doc -> in(doc, "components", "parameters", "layer").put("enum", List.of("dm", "fs")),
            "faultline.notifier.commands"),
        change(
            "a type less in a topic",
            doc -> in(doc, "channels", "dmEvents", "messages").remove("redundancy_lost"),
            "types of faultline.dm.events"),
        change(
            "a type more in a topic",
            doc ->
                in(doc, "channels", "deviceEvents", "messages")
                    .put("log_lost", Map.of("$ref", "#/components/messages/log_lost")),
            "types of faultline.device.events"),
        change(
            "a type that the code does not have",
            doc ->
                in(doc, "components", "messages")
                    .put("meteor_hit", Map.of("name", "io.faultline.meteor_hit")),
            "messages"),
        change("a header less", doc -> inHeaders(doc).remove("ce_faultid"), "headers"),
        change(
            "a header more",
            doc -> inHeaders(doc).put("ce_dataschema", Map.of("type", "string")),
            "headers"),
        change(
            "an optional header required",
            doc ->
                in(doc, "components", "messageTraits", "event", "headers")
                    .put("required", List.of("ce_faultid")),
            "required headers"),
        change(
            "a field less",
            doc -> inFields(doc, "log_lost").remove("external"),
            "log_lost: fields"),
        change(
            "a field more",
            doc -> inFields(doc, "log_lost").put("sick", Map.of("type", "boolean")),
            "log_lost: fields"),
        change(
            "a field inside another less",
            doc -> inFields(doc, "origin").remove("sectors"),
            "corrupted_range.origin: fields"),
        change(
            "a field of another type",
            doc -> inFields(doc, "log_lost").put("external", Map.of("type", "string")),
            "log_lost.external: type"),
        change(
            "a list of other elements",
            doc ->
                inFields(doc, "volume_added")
                    .put("below", Map.of("type", "array", "items", Map.of("type", "integer"))),
            "volume_added.below: type"),
        change(
            "a nullable field required",
            doc ->
                in(doc, "components", "schemas", "filesystem_shutdown")
                    .put("required", List.of("device", "filesystem", "host", "reason")),
            "filesystem_shutdown: required"),
        change(
            "a required field optional",
            doc ->
                in(doc, "components", "schemas", "volume_removed").put("required", List.of("host")),
            "volume_removed: required"),
        change(
            "ranges that are never packed",
            doc -> in(doc, "components", "schemas", "block").remove("oneOf"),
            "file_range_lost.block: one of"),
        change(
            "an enum's value less",
            doc ->
                in(doc, "components", "schemas", "cause")
                    .put("enum", List.of("media_error", "device_removed")),
            "corrupted_range.cause: type"),
        change(
            "another payload",
            doc ->
                in(doc, "components", "messages", "volume_added")
                    .put("payload", Map.of("$ref", "#/components/schemas/table_changed")),
            "payload of volume_added"));
  }

  private static Arguments change(String name, Consumer<AsyncApi> change, String reported) {
    return Arguments.of(name, change, reported);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changesOfTheDocument")
  void aDifferenceIsReported(String name, Consumer<AsyncApi> change, String reported) {
    AsyncApi changed = AsyncApi.load();
    change.accept(changed);
    assertThat(AsyncApiDifferences.of(changed))
        .as(name)
        .anySatisfy(difference -> assertThat(difference).contains(reported));
  }

  @Test
  void dataThatIsNotAsTheDocumentSaysIsReported() {
    List<String> reported = new ArrayList<>();
    for (String json :
        List.of(
            "{\"host\":\"local\"}",
            "{\"host\":\"LOCAL\",\"volume\":\"v\"}",
            "{\"host\":\"local\",\"volume\":7}",
            "{\"host\":\"local\",\"volume\":\"v\",\"more\":1}",
            "[]")) {
      List<String> wrong = wrongInData("volume_removed", JsonMapper.shared().readTree(json));
      assertThat(wrong).as(json).isNotEmpty();
      reported.addAll(wrong);
    }
    assertThat(reported).hasSize(5);
    ObjectNode ranges = JsonMapper.shared().createObjectNode();
    ranges.put("device", "d");
    assertThat(wrongInData("block", ranges)).containsExactly(" (one of): {\"device\":\"d\"}");
  }

  /** The map itself at a path, so that a change of it changes the document. */
  @SuppressWarnings("unchecked")
  private static Map<String, Object> in(AsyncApi doc, String... path) {
    Map<String, Object> node = doc.root();
    for (String key : path) {
      node = (Map<String, Object>) node.get(key);
    }
    return node;
  }

  private static Map<String, Object> inHeaders(AsyncApi doc) {
    return in(doc, "components", "messageTraits", "event", "headers", "properties");
  }

  private static Map<String, Object> inFields(AsyncApi doc, String schema) {
    return in(doc, "components", "schemas", schema, "properties");
  }
}
