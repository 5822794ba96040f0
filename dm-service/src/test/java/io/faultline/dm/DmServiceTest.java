package io.faultline.dm;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.Answers;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.EventData;
import io.faultline.events.Json;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.events.VolumeEvent;
import io.faultline.ranges.Extents;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The whole service: HTTP in, Kafka in and out, a stand-in for device-service below. */
@ExtendWith(OutputCaptureExtension.class)
class DmServiceTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static final KafkaConnection KAFKA =
      new KafkaConnection(List.of(EmbeddedBroker.shared().bootstrapServers()), Map.of());
  private static final DeviceStandIn DEVICES = new DeviceStandIn();

  @TempDir static Path stateDir;
  private static ConfigurableApplicationContext context;
  private static KafkaProducer<String, byte[]> producer;

  /** Every test is a host of its own. */
  private final String host = "host" + HOSTS.incrementAndGet();

  private long sequence;

  @BeforeAll
  static void start() {
    context = start(DEVICES.url());
    producer =
        new KafkaProducer<>(KAFKA.properties(), new StringSerializer(), new ByteArraySerializer());
  }

  private static ConfigurableApplicationContext start(String deviceServiceUrl) {
    return RunningDm.start(stateDir, deviceServiceUrl, Map.of());
  }

  @AfterAll
  static void stop() {
    producer.close();
    context.close();
    DEVICES.close();
  }

  private record Response(int status, HttpResponse<String> http) {
    JsonNode json() {
      return Json.LENIENT.readTree(http.body());
    }

    String kind() {
      String type = json().path("type").asString("");
      return type.substring(type.lastIndexOf('/') + 1);
    }

    <T> T as(Class<T> type) {
      assertThat(status).as(http.body()).isLessThan(300);
      return Json.LENIENT.readValue(http.body(), type);
    }
  }

  private Response send(
      String method, String path, @Nullable String contentType, @Nullable String body) {
    return send(method, path, contentType, body, Map.of());
  }

  private Response send(
      String method,
      String path,
      @Nullable String contentType,
      @Nullable String body,
      Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + context.getEnvironment().getProperty("local.server.port")
                        + "/v1/hosts/"
                        + host
                        + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    headers.forEach(request::header);
    try {
      HttpResponse<String> response =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Response(response.statusCode(), response);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Response get(String path) {
    return send("GET", path, null, null);
  }

  private Response putTable(String path, String table) {
    return send("PUT", path, "text/plain", table);
  }

  private Response post(String path) {
    return send("POST", path, null, null);
  }

  private Response claim(String volume, String holder) {
    return send(
        "PUT",
        "/volumes/" + volume + "/claim",
        "application/json",
        "{\"holder\":\"" + holder + "\"}");
  }

  private void device(String name, long sectors) {
    DEVICES.add(host, name, sectors, true);
    publish(new DeviceEvent.DeviceAdded(host, name, "pmem", sectors, true, 1), null);
  }

  private String publish(EventData data, @Nullable String faultId) {
    sequence++;
    String id = host + ":event" + sequence;
    Event event =
        new Event(
            id,
            "/hosts/" + host + "/devices/x",
            Instant.parse("2026-01-01T00:00:00Z"),
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
    return id;
  }

  private String corrupt(String device, String faultId, Extents ranges) {
    return publish(
        new BlockEvent.CorruptedRange(
            host, device, ranges, false, Cause.MEDIA_ERROR, null, 0, true),
        faultId);
  }

  private List<Event> events(int count, String... topics) {
    List<Event> events = new ArrayList<>();
    try (TopicReader reader = TopicReader.fromBeginning(KAFKA.properties(), topics)) {
      while (events.size() < count) {
        events.add(reader.nextEventOf(host));
      }
    }
    return events;
  }

  @TestFactory
  Stream<DynamicTest> aHandfulOfWhatTheKernelWasSeenToDo() throws IOException {
    List<OracleCase> built =
        OracleCase.all().stream()
            .filter(observed -> observed.targetsThatComeLater().isEmpty())
            .toList();
    // Every seventh or so: whatever the folder holds, some of each.
    int step = Math.max(1, built.size() / 10);
    return Stream.iterate(0, i -> i < built.size(), i -> i + step)
        .map(built::get)
        .map(observed -> DynamicTest.dynamicTest(observed.name(), () -> checkOverHttp(observed)));
  }

  private static void checkOverHttp(OracleCase observed) {
    DmServiceTest fresh = new DmServiceTest();
    observed.check(fresh.new OverHttp(), 8);
  }

  private final class OverHttp implements OracleCase.Asked {

    @Override
    public void device(String name, long sectors, boolean dax) {
      // Silent: everything that dm knows of it is the answer to the claim.
      DEVICES.add(host, name, sectors, dax);
    }

    @Override
    public OracleCase.Put put(String volume, String table, Map<String, String> numbers) {
      List<String> named = new ArrayList<>();
      numbers.forEach((number, name) -> named.add("device=" + number + "=" + name));
      Response put = putTable("/volumes/" + volume + "?" + String.join("&", named), table);
      Map<String, Object> members = new TreeMap<>();
      put.json()
          .properties()
          .forEach(
              member ->
                  members.put(
                      member.getKey(),
                      member.getValue().isInt()
                          ? (Object) member.getValue().asInt()
                          : member.getValue().isString()
                              ? member.getValue().asString()
                              : member.getValue()));
      return new OracleCase.Put(put.status(), members);
    }

    @Override
    public boolean exists(String volume) {
      return DmServiceTest.this.get("/volumes/" + volume).status() == 200;
    }

    @Override
    public Answers.Volume get(String volume) {
      return DmServiceTest.this.get("/volumes/" + volume).as(Answers.Volume.class);
    }

    @Override
    public Map<String, Map<String, Extents>> suffered(String device, long sector, long count) {
      Answers.Upward answer =
          DmServiceTest.this
              .get("/block-devices/" + device + "/upward?sector=" + sector + "&count=" + count)
              .as(Answers.Upward.class);
      Map<String, Map<String, Extents>> suffered = new TreeMap<>();
      answer
          .volumes()
          .forEach(
              touched ->
                  suffered
                      .computeIfAbsent(touched.effect(), any -> new TreeMap<>())
                      .put(touched.volume(), Extents.ofPairs(touched.ranges())));
      return suffered;
    }

    @Override
    public void mappings(String volume, String contentType, String body) {
      Response imported = send("PUT", "/volumes/" + volume + "/mappings", contentType, body);
      assertThat(imported.status()).as(imported.http().body()).isEqualTo(200);
    }

    @Override
    public Answers.Mapped map(String volume, long sector, long count) {
      return DmServiceTest.this
          .get("/volumes/" + volume + "/map?sector=" + sector + "&count=" + count)
          .as(Answers.Mapped.class);
    }
  }

  @Test
  void aFaultBelowIsTranslatedAndPublishedForTheHost() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    Response created = putTable("/volumes/vol0", "0 96 striped 2 8 /dev/pmem0 0 /dev/pmem1 0\n");
    assertThat(created.status()).as(created.http().body()).isEqualTo(201);
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("dm:vol0");

    String cause = corrupt("pmem0", host + ":f1", Extents.of(4, 8));

    List<Event> events = events(2, Topics.DM_EVENTS);
    assertThat(events.getFirst().data()).isInstanceOf(VolumeEvent.VolumeAdded.class);
    Event bad = events.getLast();
    assertThat(bad.source()).isEqualTo("/hosts/" + host + "/volumes/vol0");
    assertThat(bad.faultId()).isEqualTo(host + ":f1");
    assertThat(bad.causationId()).isEqualTo(cause);
    assertThat(bad.sequence()).isEqualTo(2);
    assertThat(((BlockEvent) bad.data()).ranges()).isEqualTo(Extents.ofPairs(4, 4, 16, 4));
  }

  @Test
  void theAnswersHaveTheShapeOfTheContract() {
    device("pmem0", 1000);
    putTable("/volumes/low", "0 100 linear pmem0 8");
    putTable("/volumes/vol0", "0 50 linear low 10\n50 6 zero\n56 4 error");

    JsonNode volume = get("/volumes/vol0").json();
    assertThat(volume.get("name").asString()).isEqualTo("vol0");
    assertThat(volume.get("sectors").asLong()).isEqualTo(60);
    assertThat(volume.get("state").asString()).isEqualTo("active");
    assertThat(volume.get("table").size()).isEqualTo(3);
    assertThat(volume.get("below").toString()).isEqualTo("[\"low\"]");
    assertThat(volume.get("dax").asBoolean()).isFalse();
    assertThat(get("/volumes/low").json().get("above").toString()).isEqualTo("[\"vol0\"]");

    JsonNode map = get("/volumes/vol0/map?sector=45&count=100").json();
    assertThat(map.get("pieces").toString())
        .isEqualTo("[{\"device\":\"pmem0\",\"sector\":63,\"count\":5,\"volumeSector\":45}]");
    assertThat(map.get("holes").size()).isEqualTo(2);

    JsonNode upward = get("/block-devices/pmem0/upward?sector=20&count=2").json();
    assertThat(upward.toString())
        .isEqualTo(
            "{\"volumes\":[{\"volume\":\"low\",\"ranges\":[12,2],\"effect\":\"data_lost\"},"
                + "{\"volume\":\"vol0\",\"ranges\":[2,2],\"effect\":\"data_lost\"}]}");
    assertThat(get("/block-devices/low/upward?sector=12&count=2").json().get("volumes").size())
        .isEqualTo(1);
    assertThat(get("/volumes?limit=1").json().get("next").asString()).isEqualTo("low");
  }

  @Test
  void theTableIsAnsweredAsTextWhereTextIsAskedFor() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "# mine\n0 8 linear /dev/pmem0 8\n");

    Response text = send("GET", "/volumes/vol0", null, null, Map.of("Accept", "text/plain"));
    assertThat(text.http().body()).isEqualTo("0 8 linear pmem0 8\n");
    assertThat(text.http().headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/plain");
    for (String accept : List.of("*/*", "application/json", "text/plain;q=0.5, application/json")) {
      Response json = send("GET", "/volumes/vol0", null, null, Map.of("Accept", accept));
      assertThat(json.json().get("name").asString()).isEqualTo("vol0");
    }
    assertThat(send("GET", "/volumes/vol0", null, null, Map.of("Accept", "image/png")).status())
        .isEqualTo(406);
  }

  @Test
  void badRequestsAreAnsweredByWhatIsWrongWithThem() {
    device("pmem0", 1000);
    assertThat(putTable("/volumes/vol0", "0 8 linear pmem0 0").status()).isEqualTo(201);
    String json = "application/json";

    assertProblem(putTable("/volumes/UPPER", "0 8 zero"), 400, "malformed-request");
    assertProblem(putTable("/volumes/" + "x".repeat(64), "0 8 zero"), 400, "malformed-request");
    assertProblem(send("PUT", "/volumes/v", json, "{}"), 415, "unsupported-media-type");
    assertProblem(send("PUT", "/volumes/v", "text/plain", null), 422, "table-refused");
    assertProblem(putTable("/volumes/v?device=1:2", "0 8 zero"), 400, "malformed-request");
    assertProblem(
        putTable("/volumes/v?device=1:2=a&device=1:2=b", "0 8 zero"), 400, "malformed-request");
    assertProblem(
        putTable("/volumes/v", "0 8 zero #" + "x".repeat(1 << 20)), 413, "body-too-large");
    assertProblem(putTable("/volumes/pmem0", "0 8 zero"), 409, "name-taken");
    assertProblem(putTable("/volumes/none/table", "0 8 zero"), 404, "not-found");
    assertProblem(post("/volumes/none/suspend"), 404, "not-found");
    assertProblem(post("/volumes/none/resume"), 404, "not-found");
    assertProblem(get("/volumes/none"), 404, "not-found");
    assertProblem(get("/volumes/none/map?sector=0&count=8"), 404, "not-found");
    assertProblem(get("/block-devices/none/upward?sector=0&count=8"), 404, "not-found");
    assertProblem(get("/volumes/vol0/map?sector=-1&count=8"), 400, "malformed-request");
    assertProblem(get("/volumes/vol0/map?sector=0&count=x"), 400, "malformed-request");
    assertProblem(
        get("/block-devices/pmem0/upward?sector=9007199254740991&count=8"),
        400,
        "malformed-request");
    assertProblem(get("/volumes/vol0/map?generation=7"), 409, "stale-generation");
    assertProblem(get("/volumes?limit=0"), 400, "malformed-request");
    assertProblem(claim("vol0", "nfs:x"), 400, "malformed-request");
    assertProblem(claim("vol0", "dm:"), 400, "malformed-request");
    assertProblem(claim("vol0", "dm:x"), 409, "not-standing");
    assertProblem(claim("vol0", "fs:"), 400, "malformed-request");
    assertProblem(
        send("PUT", "/volumes/vol0/claim", json, "{\"holder\":\"fs:a\",\"x\":1}"),
        400,
        "malformed-request");
    assertProblem(
        send("PUT", "/volumes/vol0/mappings", "application/xml", "<superblock/>"),
        422,
        "no-metadata-map");
    assertProblem(
        send("PUT", "/volumes/vol0/mappings", "text/plain", "<superblock/>"),
        415,
        "unsupported-media-type");
    assertThat(get("/volumes").json().get("items").size()).isEqualTo(1);
  }

  private static void assertProblem(Response response, int status, String kind) {
    assertThat(response.status()).as(response.http().body()).isEqualTo(status);
    assertThat(response.kind()).isEqualTo(kind);
    assertThat(response.json().get("detail").asString()).isNotEmpty();
    assertThat(response.http().headers().firstValue("Content-Type"))
        .contains("application/problem+json");
  }

  @Test
  void aSwitchTakesMessagesAndKeysAreForgottenAtTheEdge() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    putTable("/volumes/sw", "0 64 switch 2 8 0 pmem0 0 pmem1 0");
    String path = "/volumes/sw/message";

    assertThat(send("POST", path, "text/plain", "set_region_mappings 0:1").status()).isEqualTo(200);
    String json = "{\"sector\":0,\"message\":\"set_region_mappings 2:1 R1,1\"}";
    assertThat(send("POST", path, "application/json", json).json().get("name").asString())
        .isEqualTo("sw");
    assertThat(get("/volumes/sw/map?sector=0&count=32").json().get("pieces").toString())
        .isEqualTo("[{\"device\":\"pmem1\",\"sector\":0,\"count\":32,\"volumeSector\":0}]");
    Response refused = send("POST", path, "text/plain", "set_region_mappings 9:0");
    assertProblem(refused, 422, "message-refused");
    assertThat(refused.json().get("reason").asString()).contains("9 >= 8");
    assertProblem(send("POST", path, "application/json", "{}"), 422, "message-refused");
    assertProblem(send("POST", "/volumes/no/message", "text/plain", "x"), 404, "not-found");

    putTable("/volumes/secret", "0 64 crypt aes-xts-plain64 " + "5a".repeat(32) + " 0 pmem0 100");
    assertThat(get("/volumes/secret").json().get("table").get(0).asString())
        .isEqualTo("0 64 crypt aes-xts-plain64 " + "00".repeat(32) + " 0 pmem0 100");
  }

  @Test
  void noKeyReachesKafkaOrTheLogOrAnAnswerHoweverTheLineIsWrong(CapturedOutput output) {
    device("pmem3", 10_000);
    putTable("/volumes/there", "0 1000 linear pmem3 0");
    String key = "5aC3".repeat(16);
    List<String> wrong =
        List.of(
            "0 crypt aes-xts-plain64 " + key + " 0 pmem3 4000",
            "cr: 0 1000 crypt aes-xts-plain64 " + key + " 0 pmem3 4000",
            "0 1000 cript aes-xts-plain64 " + key + " 0 pmem3 4000",
            "0 1000 CRYPT aes-xts-plain64 " + key + " 0 pmem3 4000",
            "0 10 linear pmem3 0;10 1000 crypt aes-xts-plain64 " + key + " 0 pmem3 4000",
            "0 1000 crypt " + key + " " + key + " 0 pmem3 4000",
            "0 1000 crypt aes-xts-plain64 - 0 pmem3 4000 1 " + key,
            "0 1000 " + key + " 0 pmem3 4000");
    List<Response> answers = new ArrayList<>();
    for (String line : wrong) {
      answers.add(putTable("/volumes/crz", line));
      answers.add(putTable("/volumes/there/table", line));
    }
    for (String line : List.of("y: 0 crypt aes " + key + " 0 8:0 0", "y: " + wrong.get(2))) {
      String lsblk = "{\"blockdevices\":[]}";
      Map<String, Object> body = Map.of("lsblk", lsblk, "dmsetupTable", line, "dmsetupDeps", line);
      answers.add(
          send("POST", "/import", "application/json", Json.LENIENT.writeValueAsString(body)));
    }
    answers.add(send("POST", "/volumes/there/message", "text/plain", "key set " + key));
    for (Response answer : answers) {
      assertThat(answer.status()).as(answer.http().body()).isEqualTo(422);
      assertThat(answer.http().body()).doesNotContainIgnoringCase(key);
    }
    String right = "# " + key + "\n0 1000 crypt aes-xts-plain64 " + key + " 0 pmem3 4000";
    assertThat(putTable("/volumes/last-of-" + host, right).status()).isEqualTo(201);

    boolean last = false;
    try (TopicReader reader =
        TopicReader.fromBeginning(KAFKA.properties(), Topics.commands("dm"))) {
      while (!last) {
        String command = new String(reader.next().value(), StandardCharsets.ISO_8859_1);
        assertThat(command).doesNotContainIgnoringCase(key);
        last = command.contains("last-of-" + host) && command.contains("CreateVolume");
      }
    }
    assertThat(output.getAll()).doesNotContainIgnoringCase(key);
  }

  @Test
  void aMirrorSaysWhereElseToReadAndIsResynchronised() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    putTable("/volumes/vol0", "0 64 mirror core 1 64 2 pmem0 0 pmem1 100");

    JsonNode map = get("/volumes/vol0/map?sector=8&count=8").json();
    assertThat(map.get("pieces").toString())
        .isEqualTo("[{\"device\":\"pmem0\",\"sector\":8,\"count\":8,\"volumeSector\":8}]");
    assertThat(map.get("alternatives").toString())
        .isEqualTo("[{\"device\":\"pmem1\",\"sector\":108,\"count\":8,\"volumeSector\":8}]");
    assertThat(get("/block-devices/pmem1/upward?sector=90&count=20").json().toString())
        .isEqualTo(
            "{\"volumes\":[{\"volume\":\"vol0\",\"ranges\":[0,10],"
                + "\"effect\":\"redundancy_lost\"}]}");
    Response resync = post("/volumes/vol0/resync");
    assertThat(resync.status()).isEqualTo(202);
    assertThat(resync.json().get("state").asString()).isEqualTo("completed");
    assertThat(get("/volumes/vol0/resync").json()).isEqualTo(resync.json());
    post("/volumes/vol0/suspend");
    assertProblem(post("/volumes/vol0/resync"), 409, "suspended");
    putTable("/volumes/plain", "0 64 linear pmem0 500");
    assertProblem(post("/volumes/plain/resync"), 422, "not-redundant");
    assertProblem(post("/volumes/no/resync"), 404, "not-found");
  }

  @Test
  void whatATableClaimedIsGivenBackWhenItIsRefused() {
    device("pmem0", 1000);
    device("pmem1", 1000);

    Response refused = putTable("/volumes/vol0", "0 8 linear pmem0 0\n8 2000 linear pmem1 0");

    assertProblem(refused, 422, "table-refused");
    assertThat(refused.json().get("line").asInt()).isEqualTo(2);
    assertThat(DEVICES.claims(host, "pmem0")).isEmpty();
    assertThat(DEVICES.claims(host, "pmem1")).isEmpty();
  }

  @Test
  void aDeviceThatAFilesystemHoldsIsRefusedAndNothingIsKept() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    DEVICES.claimedBy(host, "pmem1", "fs:raw");

    Response refused = putTable("/volumes/vol0", "0 16 striped 2 8 pmem0 0 pmem1 0");

    assertProblem(refused, 409, "claimed");
    assertThat(refused.json().get("holder").asString()).isEqualTo("fs:raw");
    assertThat(DEVICES.claims(host, "pmem0")).isEmpty();
    assertProblem(get("/volumes/vol0"), 404, "not-found");
  }

  @Test
  void aRefusedChangeKeepsWhatTheLiveVolumeNeeds() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");

    assertProblem(
        putTable("/volumes/vol0", "0 16 striped 2 8 pmem0 0 pmem1 0"), 409, "volume-exists");
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("dm:vol0");
    assertThat(DEVICES.claims(host, "pmem1")).isEmpty();
    assertProblem(
        putTable("/volumes/vol0/table", "0 16 striped 2 8 pmem1 999 pmem0 0"),
        422,
        "table-refused");
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("dm:vol0");
    assertThat(DEVICES.claims(host, "pmem1")).isEmpty();
  }

  @Test
  void devicesAreGivenBackWhenNoTableNamesThemAnyMore() {
    device("pmem0", 1000);
    device("pmem1", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");

    Response loaded = putTable("/volumes/vol0/table", "0 8 linear pmem1 0");
    assertThat(loaded.json().get("inactive").get("below").toString()).isEqualTo("[\"pmem1\"]");
    assertThat(DEVICES.claims(host, "pmem0")).hasSize(1);
    assertThat(DEVICES.claims(host, "pmem1")).hasSize(1);
    assertThat(post("/volumes/vol0/suspend").json().get("state").asString()).isEqualTo("suspended");
    assertThat(post("/volumes/vol0/resume").json().get("below").toString())
        .isEqualTo("[\"pmem1\"]");
    assertThat(DEVICES.claims(host, "pmem0")).isEmpty();

    Response deleted = send("DELETE", "/volumes/vol0", null, null);
    assertThat(deleted.status()).isEqualTo(204);
    assertThat(deleted.http().body()).isEmpty();
    assertThat(DEVICES.claims(host, "pmem1")).isEmpty();
  }

  @Test
  void anIdempotencyKeyResumesOnce() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    Map<String, String> key = Map.of("Idempotency-Key", "k1");

    post("/volumes/vol0/suspend");
    Response first = send("POST", "/volumes/vol0/resume", null, null, key);
    post("/volumes/vol0/suspend");
    Response again = send("POST", "/volumes/vol0/resume", null, null, key);

    assertThat(again.http().body()).isEqualTo(first.http().body());
    assertThat(get("/volumes/vol0").json().get("state").asString()).isEqualTo("suspended");
  }

  @Test
  void twoClientsThatCreateTheSameVolumeAtOnceMakeOne() throws Exception {
    for (int i = 0; i < 4; i++) {
      device("pmem" + i, 1000);
    }
    List<Callable<Response>> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String table = "0 8 linear pmem" + i + " 0";
      clients.add(() -> putTable("/volumes/vol0", table));
      clients.add(() -> putTable("/volumes/vol0", table));
    }
    List<Integer> statuses = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Response> answer : executor.invokeAll(clients)) {
        statuses.add(answer.get().status());
      }
    }

    assertThat(statuses).filteredOn(status -> status == 201).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 200).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 409).hasSize(6);
    String below = get("/volumes/vol0").as(Answers.Volume.class).below().getFirst();
    for (int i = 0; i < 4; i++) {
      Set<String> expected = below.equals("pmem" + i) ? Set.of("dm:vol0") : Set.of();
      assertThat(DEVICES.claims(host, "pmem" + i)).isEqualTo(expected);
    }
  }

  @Test
  void aClaimThatAnEventOvertookIsTakenAgain() {
    DEVICES.add(host, "pmem0", 1000, true);
    DEVICES.fault(host, "pmem0", host + ":f1", 1, Extents.of(0, 4));
    corrupt("pmem0", host + ":f1", Extents.of(0, 4));
    await(
        "the event is heard",
        () -> get("/block-devices/pmem0/upward?sector=0&count=1").status() == 200);
    DEVICES.answerStale(2);

    assertThat(putTable("/volumes/vol0", "0 8 linear pmem0 0").status()).isEqualTo(201);
    Claim claim = claim("vol0", "fs:data").as(Claim.class);
    assertThat(claim.ranges()).isEqualTo(Extents.of(0, 4));
    assertThat(claim.faults()).extracting(Claim.KnownFault::faultId).containsExactly(host + ":f1");
  }

  @Test
  void aFilesystemClaimsAVolumeAndGivesItBack() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");

    Response claimed = claim("vol0", "fs:data");
    assertThat(claimed.status()).isEqualTo(200);
    assertThat(claimed.http().headers().firstValue("ETag")).contains("\"1\"");
    assertThat(claimed.json().get("ranges").toString()).isEqualTo("[]");
    assertThat(claimed.json().get("sequence").asLong()).isEqualTo(1);
    assertThat(claimed.json().get("sliceId").asString()).startsWith("dm:");
    assertThat(get("/volumes/vol0").json().get("claim").asString()).isEqualTo("fs:data");
    assertProblem(claim("vol0", "fs:other"), 409, "claimed");
    assertProblem(send("DELETE", "/volumes/vol0", null, null), 409, "claimed");
    Map<String, String> old = Map.of("If-Match", "\"7\"");
    assertProblem(
        send("DELETE", "/volumes/vol0/claim?holder=fs:data", null, null, old),
        412,
        "claim-changed");
    assertThat(
            send(
                    "DELETE",
                    "/volumes/vol0/claim",
                    "application/json",
                    "{\"holder\":\"fs:data\"}",
                    Map.of("If-Match", "\"1\""))
                .status())
        .isEqualTo(204);
    assertThat(send("DELETE", "/volumes/vol0", null, null).status()).isEqualTo(204);
  }

  @Test
  void whatWasPluggedAgainIsClaimedAgainWhenItIsUsedNext() {
    for (String name : List.of("pmem0", "pmem1")) {
      device(name, 1000);
    }
    putTable("/volumes/low", "0 8 linear pmem0 0");
    putTable("/volumes/high", "0 8 linear low 0\n8 8 linear pmem1 0");
    for (String name : List.of("pmem0", "pmem1")) {
      DEVICES.unplug(host, name);
      DEVICES.plug(host, name);
    }
    assertThat(get("/volumes/high").status()).isEqualTo(200);
    assertThat(DEVICES.claims(host, "pmem0")).as("not before it is used").isEmpty();

    assertThat(claim("high", "fs:data").status()).isEqualTo(200);
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("dm:low");
    assertThat(DEVICES.claims(host, "pmem1")).containsExactly("dm:high");

    DEVICES.plug(host, "pmem1");
    post("/volumes/high/suspend");
    assertThat(post("/volumes/high/resume").status()).isEqualTo(200);
    assertThat(DEVICES.claims(host, "pmem1")).containsExactly("dm:high");

    DEVICES.plug(host, "pmem0");
    putTable("/volumes/high/table", "0 8 linear low 0");
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("dm:low");
  }

  @Test
  void whoeverClaimedAPluggedDeviceFirstIsNamed() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    DEVICES.plug(host, "pmem0");
    DEVICES.claimedBy(host, "pmem0", "fs:raw");

    Response refused = claim("vol0", "fs:data");
    assertProblem(refused, 409, "claimed");
    assertThat(refused.json().get("holder").asString()).isEqualTo("fs:raw");
    assertThat(get("/volumes/vol0").json().get("claim").isNull()).isTrue();
    assertProblem(post("/volumes/vol0/resume"), 409, "claimed");
    // What goes needs no claim.
    assertThat(send("DELETE", "/volumes/vol0", null, null).status()).isEqualTo(204);
    assertThat(DEVICES.claims(host, "pmem0")).containsExactly("fs:raw");
  }

  @Test
  void aVolumeIsUsedWhileADeviceBelowItIsAway() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    DEVICES.unplug(host, "pmem0");

    assertThat(claim("vol0", "fs:data").status()).isEqualTo(200);
    assertThat(post("/volumes/vol0/resume").status()).isEqualTo(200);
  }

  @Test
  void creditThatNobodyHoldsGoesToTheAcknowledgements() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    publish(
        new BlockEvent.MfMemPreRemove(
            host,
            "pmem0",
            Extents.of(0, 1000),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            host + ":r1",
            Instant.parse("2026-01-01T00:00:30Z"),
            Map.of("dm:vol0", 77L)),
        host + ":f1");

    Event ack = events(1, Topics.REMOVAL_ACKS).getFirst();
    assertThat(ack.data())
        .isEqualTo(new RemovalAck(host, "pmem0", host + ":r1", "dm:vol0", 77, "not_held"));
  }

  @Test
  void anEventThatIsNoneGoesToTheDeadLettersAndTheRestGoesOn() {
    device("pmem0", 1000);
    publish(new VolumeEvent.VolumeRemoved(host, "vol0"), null);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    corrupt("pmem0", host + ":f1", Extents.of(0, 1));

    assertThat(events(2, Topics.DM_EVENTS).getLast().faultId()).isEqualTo(host + ":f1");
    try (TopicReader dead =
        TopicReader.fromBeginning(KAFKA.properties(), Topics.deadLetters(Topics.DEVICE_EVENTS))) {
      assertThat(dead.nextReason(host, "dm")).contains("volume_removed");
    }
  }

  @Test
  void everythingIsThereAfterARestart() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    corrupt("pmem0", host + ":f1", Extents.of(2, 2));
    events(2, Topics.DM_EVENTS);
    post("/volumes/vol0/suspend");
    corrupt("pmem0", host + ":f2", Extents.of(5, 1));

    context.close();
    context = start(DEVICES.url());

    Claim claim = claim("vol0", "fs:data").as(Claim.class);
    assertThat(claim.ranges()).as("f2 waits for the resume").isEqualTo(Extents.of(2, 2));
    assertThat(post("/volumes/vol0/resume").status()).isEqualTo(200);
    assertThat(events(3, Topics.DM_EVENTS).getLast().faultId()).isEqualTo(host + ":f2");
  }

  @Test
  void withoutDeviceServiceNothingIsChanged() {
    device("pmem0", 1000);
    putTable("/volumes/vol0", "0 8 linear pmem0 0");
    context.close();
    context = start("http://127.0.0.1:1");
    try {
      Response refused = putTable("/volumes/vol1", "0 8 linear pmem0 0");

      assertProblem(refused, 503, "unavailable");
      assertThat(refused.http().headers().firstValue("Retry-After")).isPresent();
      assertProblem(get("/volumes/vol1"), 404, "not-found");
      assertThat(get("/volumes/vol0").status()).as("what needs nothing below").isEqualTo(200);
    } finally {
      context.close();
      context = start(DEVICES.url());
    }
  }
}
