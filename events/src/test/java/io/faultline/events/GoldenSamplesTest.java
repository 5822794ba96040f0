package io.faultline.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GoldenSamplesTest {

  /** Plain, so that no setting of ours hides a difference. */
  private static final JsonMapper PLAIN = JsonMapper.shared();

  static Stream<GoldenSample> samples() {
    return GoldenSample.all().stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void aSampleIsReadAsTheEventThatItWas(GoldenSample sample) {
    assertThat(sample.decode()).isEqualTo(new Decoded.Ok(Samples.byName().get(sample.name())));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void itsEventIsWrittenAgainFieldByFieldAsItStands(GoldenSample sample) {
    Event event = Samples.byName().get(sample.name());
    assertThat(fields("", PLAIN.readTree(EventCodec.data(event)), new ArrayList<>()))
        .isEqualTo(fields("", PLAIN.readTree(sample.value()), new ArrayList<>()));
    assertThat(lines(EventCodec.headers(event))).isEqualTo(lines(sample.headers()));
    assertThat(event.host()).isEqualTo(sample.key());
  }

  @Test
  void everyTypeHasASampleAndEverySampleAMeaning() {
    Set<String> types =
        samples().map(GoldenSample::type).collect(Collectors.toCollection(TreeSet::new));
    assertThat(types)
        .isEqualTo(
            Stream.of(EventType.values())
                .map(EventType::shortName)
                .collect(Collectors.toCollection(TreeSet::new)));
    assertThat(samples().map(GoldenSample::name))
        .containsExactlyInAnyOrderElementsOf(Samples.byName().keySet());
  }

  @Test
  void theSamplesShowPackedRangesACutOriginAndAbsentFields() {
    Map<String, JsonNode> data =
        samples()
            .collect(
                Collectors.toMap(GoldenSample::name, sample -> PLAIN.readTree(sample.value())));
    JsonNode packed = data.get("corrupted_range-packed");
    assertThat(packed.has("ranges")).isFalse();
    assertThat(packed.get("packedRanges").isString()).isTrue();
    JsonNode origin = data.get("corrupted_range-origin_cut").get("origin");
    assertThat(origin.get("ranges").size()).isEqualTo(2 * Origin.MAX_RANGES);
    assertThat(origin.get("sectors").asInt()).isEqualTo(Origin.MAX_RANGES + 1);
    assertThat(data.get("corrupted_range").has("origin")).isFalse();
    assertThat(data.get("device_removed-deleted").has("removalId")).isFalse();
    assertThat(data.get("file_range_lost-packed").get("block").has("packedRanges")).isTrue();
  }

  /** A line for each value in the tree: its path and what stands there. */
  private static List<String> fields(String path, JsonNode node, List<String> into) {
    if (node.isObject()) {
      node.properties()
          .forEach(entry -> fields(path + "/" + entry.getKey(), entry.getValue(), into));
    } else {
      into.add(path + " = " + node);
    }
    into.sort(null);
    return into;
  }

  private static List<String> lines(Headers headers) {
    List<String> lines = new ArrayList<>();
    for (Header header : headers) {
      lines.add(header.key() + ": " + EventCodec.header(headers, header.key()));
    }
    return lines;
  }
}
