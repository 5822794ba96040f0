package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.DeviceEvent.ScrubCompleted;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.events.Topics;
import io.faultline.ranges.Extents;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Everything that can go bad on request, and scrubs that take a while, over real HTTP. */
class InjectionHttpTest {

  private static final AtomicInteger HOSTS = new AtomicInteger();

  @TempDir private static Path folder;
  private static RunningService service;
  private static HttpCalls http;
  private String host;

  @BeforeAll
  static void start() {
    service =
        RunningService.start(
            folder.resolve("slice"),
            EmbeddedBroker.shared().bootstrapServers(),
            "faultline.device.scrub.sectors-per-second",
            "20000",
            "faultline.device.limits.ranges-per-call",
            "100000",
            "faultline.device.limits.injection-bytes",
            "3MB");
    http = service.http();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @BeforeEach
  void aHostOfItsOwn() {
    host = "inject" + HOSTS.incrementAndGet();
  }

  @Test
  void everyFormPoisonsWhatItSays() {
    create(1 << 30);
    JsonNode several = inject("{\"ranges\":[100,8,8,8,104,8]}");
    assertThat(several.get("ranges").asInt()).isEqualTo(2);
    assertThat(several.get("sectors").asLong()).isEqualTo(20);
    assertThat(several.get("until").isNull()).isTrue();
    inject("{\"offsetBytes\":1048575,\"lengthBytes\":2}");
    inject("{\"sector\":4099,\"count\":1,\"saturate\":true}");
    assertThat(badBlocks()).isEqualTo("8 8\n100 12\n2047 2\n4096 8\n");

    JsonNode strewn = inject("{\"scatter\":{\"seed\":7,\"ranges\":1000,\"sectors\":2}}");
    assertThat(strewn.get("ranges").asInt()).isEqualTo(1000);
    assertThat(strewn.get("sectors").asLong()).isEqualTo(2000);
    JsonNode within = inject("{\"scatter\":{\"seed\":7,\"ranges\":3},\"sector\":1000,\"count\":5}");
    assertThat(within.get("sectors").asLong()).isEqualTo(3);
    JsonNode shown = http.get(faults()).expect(200).json().get("items");
    assertThat(shown.get(4).get("ranges").toString()).isEqualTo("[1000,1,1002,1,1004,1]");
    assertThat(shown.get(3).get("ranges").size()).isEqualTo(512);
    assertThat(shown.get(3).get("rangeCount").asInt()).isEqualTo(1000);
  }

  @Test
  void whatIsNoInjectionIsRefusedAndChangesNothing() {
    create(1 << 20);
    for (String body :
        new String[] {
          "{}",
          "{\"notify\":true}",
          "{\"sector\":1,\"count\":1,\"ranges\":[1,1]}",
          "{\"sector\":1,\"count\":1,\"offsetBytes\":0,\"lengthBytes\":1}",
          "{\"ranges\":[1,1],\"scatter\":{\"seed\":1,\"ranges\":1}}",
          "{\"sector\":1}",
          "{\"count\":1}",
          "{\"offsetBytes\":1}",
          "{\"offsetBytes\":1,\"lengthBytes\":0}",
          "{\"offsetBytes\":-1,\"lengthBytes\":1}",
          "{\"ranges\":[]}",
          "{\"ranges\":[1]}",
          "{\"ranges\":[1,0]}",
          "{\"ranges\":[-1,1]}",
          "{\"ranges\":[1,1.5]}",
          "{\"ranges\":[1,\"1\"]}",
          "{\"ranges\":[1,null]}",
          "{\"ranges\":[1,99999999999999999999]}",
          "{\"ranges\":[9007199254740991,1]}",
          "{\"ranges\":\"AQE\"}",
          "{\"scatter\":{\"ranges\":1}}",
          "{\"scatter\":{\"seed\":1}}",
          "{\"scatter\":{\"seed\":1,\"ranges\":0}}",
          "{\"scatter\":{\"seed\":1,\"ranges\":1,\"sectors\":0}}",
          "{\"scatter\":{\"seed\":1,\"ranges\":1,\"sectors\":-5}}",
          "{\"sector\":1,\"count\":1,\"duration\":\"10s\"}",
        }) {
      http.post(faults(), body).problem(400, "malformed-request");
    }
    JsonNode pointed =
        http.post(faults(), "{\"ranges\":[1,1,5,0]}").problem(400, "malformed-request");
    assertThat(pointed.at("/errors/0/pointer").asString()).isEqualTo("/ranges/2");
    http.post(faults(), "{\"ranges\":[1,1,2047,2]}").problem(422, "past-end");
    http.post(faults(), "{\"offsetBytes\":1048575,\"lengthBytes\":2}").problem(422, "past-end");
    http.post(faults(), "{\"sector\":1,\"count\":1,\"duration\":\"PT0S\"}")
        .problem(422, "duration");
    http.post(faults(), "{\"scatter\":{\"seed\":1,\"ranges\":1},\"sector\":2047,\"count\":2}")
        .problem(422, "past-end");
    JsonNode dense =
        http.post(faults(), "{\"scatter\":{\"seed\":1,\"ranges\":1025}}")
            .problem(422, "scatter-too-dense");
    assertThat(dense.get("fitting").asLong()).isEqualTo(1024);
    http.post(faults(), "{\"scatter\":{\"seed\":1,\"ranges\":100001}}")
        .problem(422, "too-many-ranges");
    assertThat(badBlocks()).isEmpty();
  }

  @Test
  void aBodyMayHaveAsManyRangesAsACall() {
    create(1L << 40);
    StringBuilder body = new StringBuilder("{\"ranges\":[");
    for (long i = 0; i < 100_000; i++) {
      body.append(i == 0 ? "" : ",").append(1_000_000_000 + 2 * i).append(",1");
    }
    JsonNode many = inject(body + "]}");
    assertThat(many.get("ranges").asInt()).isEqualTo(100_000);
    http.post(faults(), body + ",0,1]}").problem(422, "too-many-ranges");
    http.post(faults(), "{\"ranges\":[" + " ".repeat(4 << 20) + "1,1]}")
        .problem(413, "body-too-large");
    assertThat(http.get(device()).json().get("badSectors").asLong()).isEqualTo(100_000);
    http.delete(faults() + "?sector=1000000000&count=8").expect(200);
    assertThat(http.get(device()).json().get("badSectors").asLong()).isEqualTo(99_996);
  }

  @Test
  void aTransientFaultHealsByItself() {
    create(1 << 20);
    inject("{\"sector\":4,\"count\":8}");
    JsonNode fault = inject("{\"sector\":0,\"count\":8,\"duration\":\"PT0.3S\"}");
    assertThat(fault.get("until").asString()).endsWith("Z");
    try (TopicReader events = reader()) {
      Event over = next(events, RangeRecovered.class);
      assertThat(over.faultId()).isEqualTo(fault.get("faultId").asString());
      assertThat(((RangeRecovered) over.data()).data()).isEqualTo(RecoveredData.RETURNED);
      assertThat(((RangeRecovered) over.data()).ranges()).isEqualTo(Extents.of(0, 8));
    }
    assertThat(badBlocks()).isEqualTo("4 8\n");
  }

  @Test
  void aScrubFindsWhatIsLatentSoon() {
    create(1 << 20);
    inject("{\"sector\":1500,\"count\":8,\"notify\":false}");
    assertThat(http.get(faults()).json().get("items").size()).isZero();
    JsonNode hidden = http.get(faults() + "?latent=true").json().get("items");
    assertThat(hidden.get(0).get("latent").toString()).isEqualTo("[1500,8]");
    JsonNode started = http.post(scrub()).expect(202).json();
    assertThat(started.get("state").asString()).isEqualTo("running");
    assertThat(started.get("mode").asString()).isEqualTo("full");
    try (TopicReader events = reader()) {
      CorruptedRange found = (CorruptedRange) next(events, CorruptedRange.class).data();
      assertThat(found.ranges()).isEqualTo(Extents.of(1500, 8));
      assertThat(next(events, ScrubCompleted.class).data())
          .isEqualTo(new ScrubCompleted(host, "pmem0", 2048, 8, "completed", "full"));
    }
    JsonNode done = await(scrub(), shown -> shown.get("state").asString().equals("completed"));
    assertThat(done.get("foundSectors").asLong()).isEqualTo(8);
    assertThat(done.get("fraction").asDouble()).isEqualTo(1);
    assertThat(done.get("finishedAt").isNull()).isFalse();
    assertThat(badBlocks()).isEqualTo("1500 8\n");
  }

  @Test
  void aScrubCanBeWatchedStoppedAndRunsAlone() {
    create(1L << 40);
    assertThat(http.get(scrub()).expect(200).json().get("state").asString()).isEqualTo("idle");
    http.post(scrub(), "{\"mode\":\"full\",\"sector\":0,\"count\":1000000}").expect(202);
    JsonNode running = http.post(scrub()).problem(409, "scrub-running");
    assertThat(running.at("/scrub/sectors").asLong()).isEqualTo(1_000_000);
    await(scrub(), shown -> shown.get("sector").asLong() > 2000);
    assertThat(http.delete(scrub()).expect(200).json().get("state").asString())
        .isEqualTo("stopped");
    assertThat(http.post(scrub() + "/stop").expect(200).json().get("state").asString())
        .isEqualTo("stopped");
    http.post(scrub(), "{\"mode\":\"short\"}").expect(202);
    assertThat(http.get(scrub()).json().get("mode").asString()).isEqualTo("short");
    http.post(scrub(), "{\"mode\":\"deep\"}").problem(400, "malformed-request");
    http.post(scrub(), "{\"sector\":1}").problem(400, "malformed-request");
    http.post(scrub(), "{\"sector\":1,\"count\":9007199254740000}").problem(422, "past-end");
    http.post("/v1/hosts/" + host + "/devices/nothing/scrub").problem(404, "not-found");
    http.delete("/v1/hosts/" + host + "/devices/nothing/scrub").problem(404, "not-found");
  }

  @Test
  void metersComeAndGoWithTheirDevice() {
    create(1 << 20);
    inject("{\"ranges\":[0,8,16,8]}");
    MeterRegistry registry = service.bean(MeterRegistry.class);
    Awaiting.await("there is a meter", () -> gauge(registry, "poison.sectors") != null);
    assertThat(value(registry, "poison.sectors")).isEqualTo(16);
    assertThat(value(registry, "poison.faults")).isEqualTo(1);
    assertThat(value(registry, "scrub.progress")).isNaN();
    http.post(scrub(), "{\"mode\":\"short\"}").expect(202);
    assertThat(value(registry, "scrub.progress")).isEqualTo(1);
    http.delete(device()).expect(204);
    Awaiting.await("the meter is gone", () -> gauge(registry, "poison.sectors") == null);
    assertThat(gauge(registry, "scrub.progress")).isNull();
  }

  @Test
  void theInterfaceDescribesTheForms() {
    JsonNode body =
        http.get("/v1/openapi.json").expect(200).json().at("/components/schemas/InjectionBody");
    assertThat(body.at("/properties/ranges/type").asString()).isEqualTo("array");
    assertThat(body.at("/properties/ranges/items/type").asString()).isEqualTo("integer");
    assertThat(body.at("/properties").has("notify")).isTrue();
  }

  private @Nullable Gauge gauge(MeterRegistry registry, String what) {
    return registry.find("faultline.device." + what).tags("host", host, "device", "pmem0").gauge();
  }

  private double value(MeterRegistry registry, String what) {
    Gauge gauge = gauge(registry, what);
    assertThat(gauge).isNotNull();
    return gauge == null ? Double.NaN : gauge.value();
  }

  private void create(long sizeBytes) {
    http.put(device(), "{\"kind\":\"pmem\",\"sizeBytes\":" + sizeBytes + "}").expect(201);
  }

  private JsonNode inject(String body) {
    return http.post(faults(), body).expect(202).json();
  }

  private String badBlocks() {
    return http.get(device() + "/badblocks").expect(200).text();
  }

  private JsonNode await(String path, Predicate<JsonNode> wanted) {
    return Awaiting.await(path, () -> http.get(path).expect(200).json(), wanted);
  }

  private TopicReader reader() {
    return TopicReader.fromBeginning(
        Map.of("bootstrap.servers", EmbeddedBroker.shared().bootstrapServers()),
        Topics.DEVICE_EVENTS);
  }

  private Event next(TopicReader events, Class<?> type) {
    while (true) {
      Event event = events.nextEventOf(host);
      if (type.isInstance(event.data())) {
        return event;
      }
    }
  }

  private String device() {
    return "/v1/hosts/" + host + "/devices/pmem0";
  }

  private String faults() {
    return device() + "/faults";
  }

  private String scrub() {
    return device() + "/scrub";
  }
}
