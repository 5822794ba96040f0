package io.faultline.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Seeds;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EventCodecTest {

  private static final String CORRUPTED =
      """
      {"host":"local","device":"vol0","ranges":[2048,8],"whole":false,"cause":"media_error",
       "origin":{"device":"pmem0","ranges":[1024,24]},"part":0,"last":true}""";

  private static final String ACK =
      """
      {"host":"local","device":"pmem0","removalId":"local:R","holder":"fs:data","credit":7,
       "reason":"not_held"}""";

  private static final String PRE_REMOVE =
      """
      {"host":"local","device":"pmem0","ranges":[0,8],"whole":true,"cause":"device_removed",
       "part":0,"last":true,"removalId":"local:R","deadline":"2026-11-20T08:00:30Z",
       "credits":{"dm:vol0":7}}""";

  private static RecordHeaders headersOf(EventType type) {
    return headers(
        Map.of(
            "ce_specversion",
            "1.0",
            "ce_id",
            "local:E",
            "ce_source",
            "/hosts/local/volumes/vol0",
            "ce_type",
            type.ceType(),
            "ce_time",
            "2026-11-20T08:00:00Z",
            "ce_sequence",
            "5",
            "ce_sliceid",
            "dm"));
  }

  private static RecordHeaders headers(Map<String, String> values) {
    RecordHeaders headers = new RecordHeaders();
    values.forEach((name, value) -> headers.add(name, value.getBytes(UTF_8)));
    return headers;
  }

  private static Event read(EventType type, String json) {
    return switch (EventCodec.decode("local", headersOf(type), json.getBytes(UTF_8))) {
      case Decoded.Ok(Event event) -> event;
      case Decoded.Malformed(String reason) -> throw new AssertionError(reason);
    };
  }

  private static String reason(@Nullable String key, Headers headers, byte @Nullable [] value) {
    return switch (EventCodec.decode(key, headers, value)) {
      case Decoded.Ok(Event event) -> throw new AssertionError("was read as " + event);
      case Decoded.Malformed(String reason) -> reason;
    };
  }

  private static String reason(EventType type, String json) {
    return reason("local", headersOf(type), json.getBytes(UTF_8));
  }

  private static String reasonWith(String header, @Nullable String value) {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    headers.remove(header);
    if (value != null) {
      headers.add(header, value.getBytes(UTF_8));
    }
    return reason("local", headers, CORRUPTED.getBytes(UTF_8));
  }

  // --- what is written

  @Test
  void headersAreThoseOfCloudEventsInBinaryMode() {
    Event event =
        new Event(
            "h1:E",
            "/hosts/h1/volumes/v",
            Instant.parse("2026-11-20T08:00:00.5Z"),
            "h1:F",
            "h1:C",
            9007199254740991L,
            "dm",
            "00-ab-cd-01",
            new VolumeEvent.VolumeRemoved("h1", "v"));
    List<String> lines = new ArrayList<>();
    for (Header header : EventCodec.headers(event)) {
      lines.add(header.key() + "=" + new String(header.value(), UTF_8));
    }
    assertThat(lines)
        .containsExactly(
            "ce_specversion=1.0",
            "ce_id=h1:E",
            "ce_source=/hosts/h1/volumes/v",
            "ce_type=io.faultline.volume_removed",
            "ce_time=2026-11-20T08:00:00.500Z",
            "ce_faultid=h1:F",
            "ce_causationid=h1:C",
            "ce_sequence=9007199254740991",
            "ce_sliceid=dm",
            "content-type=application/json",
            "traceparent=00-ab-cd-01");
    assertThat(EventCodec.data(event))
        .asString(UTF_8)
        .isEqualTo("{\"host\":\"h1\",\"volume\":\"v\"}");
  }

  @Test
  void whatAnEventDoesNotHaveHasNoHeaderAndNoField() {
    Event event = Samples.byName().get("device_removed-deleted");
    Headers headers = EventCodec.headers(event);
    assertThat(headers.lastHeader("ce_faultid")).isNull();
    assertThat(headers.lastHeader("ce_causationid")).isNull();
    assertThat(headers.lastHeader("traceparent")).isNull();
    assertThat(new String(EventCodec.data(event), UTF_8)).doesNotContain("null");
  }

  @Test
  void structuredJsonHasTheAttributesBesideTheData() {
    Event event = Samples.byName().get("corrupted_range-volume");
    JsonNode node = JsonMapper.shared().readTree(EventCodec.structured(event));
    assertThat(node.get("specversion").asString()).isEqualTo("1.0");
    assertThat(node.get("id").asString()).isEqualTo(event.id());
    assertThat(node.get("source").asString()).isEqualTo(event.source());
    assertThat(node.get("type").asString()).isEqualTo("io.faultline.corrupted_range");
    assertThat(node.get("time").asString()).isEqualTo("2026-11-20T08:00:00.123456Z");
    assertThat(node.get("datacontenttype").asString()).isEqualTo("application/json");
    assertThat(node.get("faultid").asString()).isEqualTo(event.faultId());
    assertThat(node.get("causationid").asString()).isEqualTo(event.causationId());
    assertThat(node.get("sequence").isIntegralNumber()).isTrue();
    assertThat(node.get("sliceid").asString()).isEqualTo("dm");
    assertThat(node.get("traceparent").asString()).isEqualTo(event.traceparent());
    assertThat(node.get("data")).isEqualTo(JsonMapper.shared().readTree(EventCodec.data(event)));

    JsonNode bare =
        JsonMapper.shared()
            .readTree(EventCodec.structured(Samples.byName().get("filesystem_unmounted")));
    assertThat(bare.propertyNames()).doesNotContain("faultid", "causationid", "traceparent");
  }

  @Test
  void manyRangesArePackedUnderANameOfTheirOwnAtTheTopAndInside() {
    Extents few = ranges(Json.MAX_READABLE_RANGES);
    Extents many = ranges(Json.MAX_READABLE_RANGES + 1);
    assertThat(data(few).get("ranges").size()).isEqualTo(2 * Json.MAX_READABLE_RANGES);
    assertThat(data(few).has("packedRanges")).isFalse();
    assertThat(data(many).has("ranges")).isFalse();
    assertThat(PackedRanges.fromText(data(many).get("packedRanges").asString())).isEqualTo(many);

    JsonNode block =
        JsonMapper.shared()
            .readTree(EventCodec.data(Samples.byName().get("file_range_lost-packed")))
            .get("block");
    assertThat(block.has("ranges")).isFalse();
    assertThat(block.get("packedRanges").isString()).isTrue();
  }

  private static Extents ranges(int count) {
    Extents.Builder ranges = Extents.builder();
    for (int i = 0; i < count; i++) {
      ranges.add(10L * i, 1);
    }
    return ranges.build();
  }

  private static JsonNode data(Extents ranges) {
    return JsonMapper.shared().readTree(EventCodec.data(withRanges(ranges)));
  }

  private static Event withRanges(Extents ranges) {
    return new Event(
        "local:E",
        "/hosts/local/devices/d",
        Instant.EPOCH,
        null,
        null,
        0,
        "s",
        null,
        new BlockEvent.CorruptedRange(
            "local", "d", ranges, false, Cause.MEDIA_ERROR, null, 0, true));
  }

  // --- what is read

  @Test
  void everyEventComesBackAsItWas() {
    Seeds.forAll(
        4,
        gen -> {
          for (EventType type : EventType.values()) {
            Event event = gen.noted(RandomEvents.event(gen, type));
            assertThat(
                    EventCodec.decode(
                        event.host(), EventCodec.headers(event), EventCodec.data(event)))
                .isEqualTo(new Decoded.Ok(event));
          }
        });
  }

  @Test
  void setsOfAnySizeComeBack() {
    Seeds.forAll(
        1,
        10,
        gen -> {
          Event event = withRanges(gen.extents(gen.below(1 + 1000 * gen.size())));
          assertThat(EventCodec.decode("local", EventCodec.headers(event), EventCodec.data(event)))
              .isEqualTo(new Decoded.Ok(event));
        });
  }

  @Test
  void fieldsAndHeadersOfLaterVersionsAreIgnored() {
    RecordHeaders headers = headersOf(EventType.VOLUME_REMOVED);
    headers.add("ce_later", new byte[] {(byte) 0xff});
    String json = "{\"later\":{\"x\":[1]},\"host\":\"local\",\"volume\":\"v\",\"ranges\":\"??\"}";
    assertThat(EventCodec.decode("local", headers, json.getBytes(UTF_8)))
        .isInstanceOf(Decoded.Ok.class);
  }

  @Test
  void theLastOfTwoHeadersCounts() {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    headers.add("ce_sequence", "6".getBytes(UTF_8));
    assertThat(EventCodec.decode("local", headers, CORRUPTED.getBytes(UTF_8)))
        .isInstanceOfSatisfying(
            Decoded.Ok.class, ok -> assertThat(ok.event().sequence()).isEqualTo(6));
  }

  @Test
  void withoutASliceTheSequenceCountsForTheLayerOfTheHost() {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    headers.remove("ce_sliceid");
    assertThat(EventCodec.decode("local", headers, CORRUPTED.getBytes(UTF_8)))
        .isInstanceOfSatisfying(
            Decoded.Ok.class,
            ok -> assertThat(ok.event().sliceId()).isEqualTo("/hosts/local/volumes"));
  }

  @Test
  void timesWithAnOffsetAreTakenToo() {
    assertThat(
            read(EventType.MF_MEM_PRE_REMOVE, PRE_REMOVE.replace("08:00:30Z", "09:00:30+01:00"))
                .data())
        .isEqualTo(read(EventType.MF_MEM_PRE_REMOVE, PRE_REMOVE).data());
  }

  @Test
  void rangesMayBePackedHoweverFewTheyAre() {
    String packed = CORRUPTED.replace("\"ranges\":[2048,8]", "\"packedRanges\":\"gBAI\"");
    assertThat(read(EventType.CORRUPTED_RANGE, packed))
        .isEqualTo(read(EventType.CORRUPTED_RANGE, CORRUPTED));
  }

  // --- what is refused, with the reason

  @ParameterizedTest
  @ValueSource(
      strings = {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_sequence"})
  void aHeaderThatIsMissingOrEmptyIsNamed(String header) {
    assertThat(reasonWith(header, null)).isEqualTo("header " + header + " is missing");
    assertThat(reasonWith(header, "")).isEqualTo("header " + header + " is empty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ce_faultid", "ce_causationid", "ce_sliceid"})
  void anOptionalHeaderMayBeAbsentButNotEmpty(String header) {
    assertThat(reasonWith(header, "")).isEqualTo("header " + header + " is empty");
  }

  @Test
  void aHeaderWithoutAValueIsMissing() {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    headers.add("ce_id", null);
    assertThat(reason("local", headers, CORRUPTED.getBytes(UTF_8)))
        .isEqualTo("header ce_id is missing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ce_specversion | 0.3 | ce_specversion is not 1.0",
        "ce_type | io.faultline.meteor_hit | unknown type io.faultline.meteor_hit",
        "ce_type | corrupted_range | unknown type corrupted_range",
        "ce_time | yesterday | ce_time is no RFC 3339 time: yesterday",
        "ce_time | 2026-13-01T00:00:00Z | ce_time is no RFC 3339 time: 2026-13-01T00:00:00Z",
        "ce_sequence | -1 | ce_sequence is no number from 0 to 2^53 - 1: -1",
        "ce_sequence | 1e3 | ce_sequence is no number from 0 to 2^53 - 1: 1e3",
        "ce_sequence | 9007199254740992 | ce_sequence is no number from 0 to 2^53 - 1:"
            + " 9007199254740992",
        "ce_sequence | 99999999999999999999 | ce_sequence is no number from 0 to 2^53 - 1:"
            + " 99999999999999999999",
      })
  void aHeaderThatSaysNonsenseIsNamedWithWhatItSays(String header, String value, String reason) {
    assertThat(reasonWith(header, value)).isEqualTo(reason);
  }

  @Test
  void theKeyIsTheHostOfTheData() {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    byte[] data = CORRUPTED.getBytes(UTF_8);
    assertThat(reason("other", headers, data)).isEqualTo("the key is not the host of the data");
    assertThat(reason(null, headers, data)).isEqualTo("the key is not the host of the data");
  }

  @Test
  void aHostIsAName() {
    for (String host : List.of("", "Local", "../etc", "a b", "x".repeat(64))) {
      assertThat(
              reason(
                  host,
                  headersOf(EventType.VOLUME_REMOVED),
                  "{\"host\":\"%s\",\"volume\":\"v\"}".formatted(host).getBytes(UTF_8)))
          .startsWith("data: host is no name: ");
    }
  }

  @Test
  void aRecordWithoutDataIsRefused() {
    RecordHeaders headers = headersOf(EventType.CORRUPTED_RANGE);
    assertThat(reason("local", headers, null)).isEqualTo("no data");
    assertThat(reason("local", headers, new byte[0])).isEqualTo("no data");
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\n", "null", "true", "5", "\"text\"", "[]", "[{}]"})
  void dataIsAnObject(String json) {
    assertThat(reason(EventType.CORRUPTED_RANGE, json)).isEqualTo("data: is no JSON object");
  }

  @Test
  void everyCutOffDataIsRefused() {
    for (int length = 1; length < CORRUPTED.length(); length++) {
      assertThat(reason(EventType.CORRUPTED_RANGE, CORRUPTED.substring(0, length)))
          .startsWith("data: ");
    }
  }

  @Test
  void whatFollowsTheDataIsRefused() {
    assertThat(reason(EventType.CORRUPTED_RANGE, CORRUPTED + "{}")).startsWith("data: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "device", "ranges", "whole", "cause", "part", "last"})
  void aFieldThatIsRequiredIsNeitherMissingNorNull(String field) {
    assertThat(reason(EventType.CORRUPTED_RANGE, without(CORRUPTED, field)))
        .startsWith("data: " + field);
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, field, "null")))
        .startsWith("data: " + field);
  }

  @Test
  void aFieldInsideIsRequiredToo() {
    assertThat(reason(EventType.CORRUPTED_RANGE, CORRUPTED.replace("\"device\":\"pmem0\",", "")))
        .isEqualTo("data: origin.device is missing");
    assertThat(reason(EventType.CORRUPTED_RANGE, CORRUPTED.replace(",\"ranges\":[1024,24]", "")))
        .isEqualTo("data: origin.ranges is missing");
  }

  @Test
  void anOriginMayBeMissingOrNull() {
    assertThat(read(EventType.CORRUPTED_RANGE, without(CORRUPTED, "origin")))
        .isEqualTo(read(EventType.CORRUPTED_RANGE, with(CORRUPTED, "origin", "null")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1] | pairs of start and count, but a count is missing",
        "[1,2,3] | pairs of start and count, but a count is missing",
        "[-1,2] | starts at 0 or later",
        "[1,-2] | has no negative count",
        "[9223372036854775807,1] | past 2^63 - 1",
        "[9223372036854775808,1] | out of range of `long`",
        "[0,99999999999999999999] | out of range of `long`",
        "[0.5,1] | ranges are whole numbers",
        "[1e3,1] | ranges are whole numbers",
        "['0',1] | ranges are whole numbers",
        "[null,1] | ranges are whole numbers",
        "[[0,1]] | ranges are whole numbers",
        "{} | ranges are an array of pairs",
        "5 | ranges are an array of pairs",
        "true | ranges are an array of pairs",
      },
      quoteCharacter = '^')
  void rangesThatAreNoneAreRefused(String ranges, String reason) {
    assertThat(
            reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, "ranges", ranges.replace('\'', '"'))))
        .startsWith("data: ")
        .contains(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gBA | end in the middle of a number",
        "gA | end in the middle of a number",
        "gBAA | are not empty",
        "gBAIAAg | do not touch",
        "____________AQ | more than 63 bits",
        "__________9_AQ | past 2^63 - 1",
        "g+A | ranges: Illegal base64 character",
        "g_=A | ranges: Input byte",
        "g | ranges: Input byte",
      })
  void packedRangesThatAreNoneAreRefused(String packed, String reason) {
    String json = CORRUPTED.replace("\"ranges\":[2048,8]", "\"packedRanges\":\"" + packed + "\"");
    assertThat(reason(EventType.CORRUPTED_RANGE, json)).startsWith("data: ").contains(reason);
  }

  @Test
  void rangesAreGivenOnceAndPackedOnesAsText() {
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, "packedRanges", "\"gBAI\"")))
        .isEqualTo("data: has both ranges and packedRanges");
    assertThat(
            reason(
                EventType.CORRUPTED_RANGE,
                with(without(CORRUPTED, "ranges"), "packedRanges", "[2048,8]")))
        .isEqualTo("data: ranges is missing");
  }

  @ParameterizedTest
  @CsvSource({
    "part, -1",
    "part, 1.0",
    "part, '\"0\"'",
    "part, 99999999999",
    "whole, 1",
    "whole, '\"true\"'",
    "last, '\"\"'",
    "device, 7",
    "device, true",
    "device, '[\"a\"]'",
    "cause, 0",
    "cause, '\"MEDIA_ERROR\"'",
    "cause, '\"rust\"'",
    "cause, '\"\"'",
    "origin, '\"pmem0\"'",
    "origin, '[]'",
  })
  void aFieldOfAnotherTypeOrOutOfItsBoundsIsRefused(String field, String value) {
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, field, value)))
        .startsWith("data: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "9007199254740992", "9223372036854775808", "1.0", "\"1\""})
  void aCreditIsANumberFrom1To2To53(String credit) {
    assertThat(reason(EventType.REMOVAL_ACKNOWLEDGED, with(ACK, "credit", credit)))
        .startsWith("data: ");
    assertThat(
            reason(
                EventType.MF_MEM_PRE_REMOVE,
                with(PRE_REMOVE, "credits", "{\"dm:vol0\":" + credit + "}")))
        .startsWith("data: ");
  }

  @Test
  void theLargestCreditIsRead() {
    Event event = read(EventType.REMOVAL_ACKNOWLEDGED, with(ACK, "credit", "9007199254740991"));
    assertThat(((RemovalAck) event.data()).credit()).isEqualTo(9007199254740991L);
  }

  @Test
  void nothingIsNullInsideAListOrMap() {
    assertThat(
            reason(EventType.MF_MEM_PRE_REMOVE, with(PRE_REMOVE, "credits", "{\"dm:vol0\":null}")))
        .isEqualTo("data: credits has an empty element");
    assertThat(
            reason(
                EventType.TABLE_CHANGED,
                """
                {"host":"local","volume":"v","sectors":1,"dax":true,"table":[null],"below":[]}"""))
        .isEqualTo("data: table has an empty element");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"soon\"", "\"\"", "true", "{}", "\"2026-11-20\"", "1e400"})
  void aDeadlineIsATime(String deadline) {
    assertThat(reason(EventType.MF_MEM_PRE_REMOVE, with(PRE_REMOVE, "deadline", deadline)))
        .startsWith("data: ");
  }

  @Test
  void dataThatIsTooLargeIsNotEvenParsed() {
    byte[] large = new byte[EventCodec.MAX_DATA_BYTES + 1];
    assertThat(reason("local", headersOf(EventType.CORRUPTED_RANGE), large))
        .isEqualTo("data of 8388609 bytes, the limit is 8388608");
  }

  @Test
  void deepNestingIsRefusedWhereverItIs() {
    String deep = "[".repeat(100_000);
    assertThat(reason(EventType.CORRUPTED_RANGE, deep)).startsWith("data: ");
    assertThat(reason(EventType.CORRUPTED_RANGE, "{\"later\":".repeat(100_000)))
        .startsWith("data: ");
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, "later", deep)))
        .startsWith("data: ");
  }

  @Test
  void aReasonIsShortHoweverLongTheNonsenseIs() {
    String endless = "x".repeat(100_000);
    assertThat(reasonWith("ce_type", endless)).hasSizeLessThan(300);
    assertThat(reasonWith("ce_time", endless)).hasSizeLessThan(300);
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, "cause", '"' + endless + '"')))
        .hasSizeLessThan(300);
    assertThat(reason(EventType.CORRUPTED_RANGE, with(CORRUPTED, "host", '"' + endless + '"')))
        .hasSizeLessThan(300);
  }

  private static String without(String json, String field) {
    var node = JsonMapper.shared().readTree(json).asObject();
    node.remove(field);
    return node.toString();
  }

  /** As text, because some values are no JSON. */
  private static String with(String json, String field, String value) {
    return "{\"%s\":%s,%s".formatted(field, value, without(json, field).substring(1));
  }
}
