package io.faultline.dm;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.EventData;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.ranges.Extents;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Copying by the whole service: bytes over HTTP, steps over Kafka, and a restart in the middle. */
class CopyingTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static final KafkaConnection KAFKA =
      new KafkaConnection(List.of(EmbeddedBroker.shared().bootstrapServers()), Map.of());
  private static final DeviceStandIn DEVICES = new DeviceStandIn();
  private static final int SECTORS = 256;

  @TempDir static Path stateDir;
  private static ConfigurableApplicationContext context;
  private static KafkaProducer<String, byte[]> producer;

  /** Every test is a host of its own. */
  private final String host = "copies" + HOSTS.incrementAndGet();

  private long sequence;

  @BeforeAll
  static void startAll() {
    start();
    producer =
        new KafkaProducer<>(KAFKA.properties(), new StringSerializer(), new ByteArraySerializer());
  }

  private static void start() {
    context =
        RunningDm.start(
            stateDir,
            DEVICES.url(),
            Map.of(
                "faultline.dm.copy.chunk-bytes", "32768",
                "faultline.dm.copy.last-retry", "100ms",
                "faultline.dm.copy.first-retry", "10ms"));
  }

  @AfterAll
  static void stop() {
    producer.close();
    context.close();
    DEVICES.close();
  }

  private record Response(int status, String body) {
    JsonNode json() {
      return Json.LENIENT.readTree(body);
    }
  }

  private Response send(
      String method, String path, @Nullable String type, @Nullable String requestBody) {
    String port = context.getEnvironment().getProperty("local.server.port");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/v1/hosts/" + host + "/volumes" + path))
            .method(
                method,
                requestBody == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(requestBody));
    if (type != null) {
      request.header("Content-Type", type);
    }
    try {
      HttpResponse<String> response =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Response(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private byte[] device(String name, int sectors, long seed) {
    byte[] bytes = new byte[sectors * StandInData.SECTOR];
    new Random(seed).nextBytes(bytes);
    DEVICES.add(host, name, sectors, true);
    DEVICES.data().put(host, name, bytes);
    publish(new DeviceEvent.DeviceAdded(host, name, "pmem", sectors, true, 1), null);
    return bytes;
  }

  private void publish(EventData data, @Nullable String faultId) {
    sequence++;
    Event event =
        new Event(
            host + ":event" + sequence,
            "/hosts/" + host + "/devices/x",
            Instant.now(),
            faultId,
            null,
            sequence,
            DeviceStandIn.slice(host),
            null,
            data);
    producer.send(
        new ProducerRecord<>(
            Topics.DEVICE_EVENTS, null, host, EventCodec.data(event), EventCodec.headers(event)));
    producer.flush();
  }

  private void zeroed(String device, Extents ranges) {
    publish(
        new BlockEvent.CorruptedRange(
            host, device, ranges, false, Cause.MEDIA_ERROR, null, 0, true),
        host + ":fault");
    publish(
        new BlockEvent.RangeRecovered(
            host, device, ranges, false, Cause.MEDIA_ERROR, null, 0, true, RecoveredData.ZEROED),
        host + ":fault");
  }

  private JsonNode progress(String volume, String kind) {
    return send("GET", "/" + volume + "/" + kind, null, null).json();
  }

  private boolean isAt(String volume, String kind, String state) {
    return progress(volume, kind).path("state").asString("").equals(state);
  }

  private void mirror() {
    byte[] good = device("a", SECTORS, 1);
    device("b", SECTORS, 2);
    DEVICES.data().put(host, "b", good);
    assertThat(send("PUT", "/m", "text/plain", "0 256 mirror core 2 64 nosync 2 a 0 b 0").status())
        .isEqualTo(201);
    DEVICES.data().put(host, "b", new byte[SECTORS * StandInData.SECTOR]);
    zeroed("b", Extents.of(0, SECTORS));
    await(
        "the leg is out of step",
        () -> !send("GET", "/m", null, null).json().path("outOfSync").isEmpty());
  }

  private byte[] leg(String name) {
    return DEVICES.data().bytes(host, name, 0, SECTORS);
  }

  @Test
  void aResyncCopiesBytesAndGoesOnAfterARestart() {
    mirror();
    assertThat(progress("m", "resync").get("state").asString()).isEqualTo("idle");
    DEVICES.data().failAfterWrites(2);
    assertThat(send("POST", "/m/resync", null, null).status()).isEqualTo(202);
    await("two steps are told", () -> progress("m", "resync").get("doneSectors").asLong() == 128);
    Response again = send("POST", "/m/resync", null, null);
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.json().get("type").asString()).isEqualTo("/problems/resync-running");
    context.close();
    DEVICES.data().failAfterWrites(Long.MAX_VALUE);
    long before = DEVICES.data().writes();
    start();
    await("it is completed", () -> isAt("m", "resync", "completed"));
    assertThat(DEVICES.data().writes() - before).isEqualTo(2);
    assertThat(leg("b")).isEqualTo(leg("a"));
    assertThat(progress("m", "resync").get("doneSectors").asLong()).isEqualTo(SECTORS);
    assertThat(send("GET", "/m", null, null).json().get("outOfSync")).isEmpty();
  }

  @Test
  void whatNoLegHasIsReportedAndStaysLost() {
    mirror();
    DEVICES.data().poison(host, "a", Extents.of(16, 1));
    assertThat(send("POST", "/m/resync", null, null).status()).isEqualTo(202);
    await("it is completed", () -> isAt("m", "resync", "completed"));
    JsonNode progress = progress("m", "resync");
    assertThat(progress.get("failedSectors").asLong()).isEqualTo(1);
    assertThat(progress.get("failed").get(0).get("device").asString()).isEqualTo("b");
    assertThat(progress.get("failed").get(0).get("ranges").toString()).isEqualTo("[16,1]");
    JsonNode left = send("GET", "/m", null, null).json().get("outOfSync");
    assertThat(left.get(0).get("ranges").toString()).isEqualTo("[16,1]");
  }

  private void cache() {
    device("meta", 8192, 1);
    device("fast", 256, 2);
    device("slow", 1024, 3);
    assertThat(
            send("PUT", "/c", "text/plain", "0 1024 cache meta fast slow 64 1 writeback smq 0")
                .status())
        .isEqualTo(201);
    Response imported =
        send(
            "PUT",
            "/c/mappings",
            "application/xml",
            "<superblock uuid=\"\" block_size=\"64\" nr_cache_blocks=\"4\" policy=\"smq\""
                + " hint_width=\"4\">\n<mappings>\n"
                + "<mapping cache_block=\"0\" origin_block=\"10\" dirty=\"true\"/>\n"
                + "<mapping cache_block=\"1\" origin_block=\"3\" dirty=\"false\"/>\n"
                + "<mapping cache_block=\"2\" origin_block=\"15\" dirty=\"true\"/>\n"
                + "</mappings>\n<hints>\n</hints>\n</superblock>\n");
    assertThat(imported.status()).as(imported.body()).isEqualTo(200);
  }

  private void announce() {
    publish(
        new BlockEvent.MfMemPreRemove(
            host,
            "fast",
            Extents.of(0, 256),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            host + ":removal",
            Instant.now().plusSeconds(600),
            Map.of("dm:c", 1000L)),
        host + ":leaving");
  }

  private void lose() {
    publish(
        new BlockEvent.CorruptedRange(
            host, "fast", Extents.of(0, 256), true, Cause.DEVICE_REMOVED, null, 0, true),
        host + ":leaving");
  }

  private RemovalAck ack() {
    try (TopicReader acks = TopicReader.fromBeginning(KAFKA.properties(), Topics.REMOVAL_ACKS)) {
      return (RemovalAck) acks.nextEventOf(host).data();
    }
  }

  /** What was told to be lost before the fault that this makes. */
  private Extents lost() {
    publish(
        new BlockEvent.CorruptedRange(
            host, "slow", Extents.of(0, 8), false, Cause.MEDIA_ERROR, null, 0, true),
        host + ":last");
    Extents lost = Extents.EMPTY;
    try (TopicReader told = TopicReader.fromBeginning(KAFKA.properties(), Topics.events("dm"))) {
      while (true) {
        Event event = told.nextEventOf(host);
        if ((host + ":last").equals(event.faultId())) {
          return lost;
        }
        if (event.data() instanceof BlockEvent.CorruptedRange bad) {
          lost = lost.union(bad.ranges());
        }
      }
    }
  }

  @Test
  void aCacheIsWrittenBackBeforeItsDeviceLeaves() {
    cache();
    DEVICES.data().failAfterWrites(1);
    announce();
    await("it has begun", () -> progress("c", "writeback").path("doneSectors").asLong(0) > 0);
    assertThat(isAt("c", "writeback", "running")).isTrue();
    DEVICES.data().failAfterWrites(Long.MAX_VALUE);
    assertThat(ack().credit()).isEqualTo(1000);
    assertThat(isAt("c", "writeback", "completed")).isTrue();
    assertThat(DEVICES.data().bytes(host, "slow", 640, 64))
        .isEqualTo(DEVICES.data().bytes(host, "fast", 0, 64));
    assertThat(DEVICES.data().bytes(host, "slow", 960, 64))
        .isEqualTo(DEVICES.data().bytes(host, "fast", 128, 64));
    lose();
    assertThat(lost()).isEqualTo(Extents.EMPTY);
  }

  @Test
  void poisonOfABlockLosesThatBlock() {
    cache();
    DEVICES.data().poison(host, "fast", Extents.of(130, 1));
    announce();
    assertThat(ack().reason()).isEqualTo("not_held");
    JsonNode progress = progress("c", "writeback");
    assertThat(progress.get("failed").get(0).get("device").asString()).isEqualTo("c");
    lose();
    assertThat(lost()).isEqualTo(Extents.of(960, 64));
  }
}
