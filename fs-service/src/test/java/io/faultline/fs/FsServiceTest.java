package io.faultline.fs;

import static io.faultline.fs.testing.FsHarness.data;
import static io.faultline.fs.testing.FsHarness.machineText;
import static io.faultline.fs.testing.FsHarness.owner;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.Json;
import io.faultline.events.Origin;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.fs.testing.Below;
import io.faultline.ranges.Extents;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The service as its users meet it: HTTP in front, Kafka below and above, devices on the side. */
class FsServiceTest {

  private static final long SECTORS = 1_048_576;
  private static final String JSON = "application/json";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** As fsmap -v prints it: three files share a piece, and so they do with a bad sector in it. */
  private static final String DUMP =
      """
       EXT: DEV   BLOCK-RANGE        OWNER              FILE-OFFSET          AG AG-OFFSET         TOTAL FLAGS
         0: 259:2 [0..31]:           static fs metadata                      0  (0..31)              32
         1: 259:2 [32..47]:          per-AG metadata                         0  (32..47)             16
         2: 259:2 [48..63]:          inode btree                             0  (48..63)             16
         3: 259:2 [64..79]:          free space                              0  (64..79)             16
         4: 259:2 [80..127]:         per-AG metadata                         0  (80..127)            48
         5: 259:2 [128..14943]:      free space                              0  (128..14943)      14816
         6: 259:2 [14944..19039]:    144                0..4095              0  (14944..19039)     4096 0100000
         7: 259:2 [15272..19039]:    145                328..4095            0  (15272..19039)     3768 0100000
         8: 259:2 [17360..19031]:    262274             2416..4087           0  (17360..19031)     1672 0100000
       FLAG Values:
          01000000 Attribute fork
          00100000 Shared extent
      """;

  @TempDir static Path dir;

  private static Below below;
  private static ConfigurableApplicationContext service;
  private static String base;
  private static KafkaProducer<String, byte[]> producer;
  private static long sequence;

  @BeforeAll
  static void start() throws Exception {
    below = new Below(SECTORS);
    String kafka = EmbeddedBroker.shared().bootstrapServers();
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka, "linger.ms", 0),
            new StringSerializer(),
            new ByteArraySerializer());
    startService();
  }

  private static void startService() throws Exception {
    String kafka = EmbeddedBroker.shared().bootstrapServers();
    SpringApplication application = new SpringApplication(FsServiceApplication.class);
    application.setDefaultProperties(
        Map.of(
            "server.port",
            "0",
            "spring.kafka.bootstrap-servers",
            kafka,
            "spring.threads.virtual.enabled",
            "true",
            "faultline.state-dir",
            dir.toString(),
            "faultline.device-service-url",
            below.url(),
            "faultline.dm-service-url",
            below.url()));
    service = application.run();
    base = "http://127.0.0.1:" + service.getEnvironment().getProperty("local.server.port");
    Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
    while (send("GET", "/actuator/health/readiness", null, null).statusCode() != 200
        || get("/v1/hosts/warm/filesystems").statusCode() != 200) {
      assertThat(Instant.now()).as("ready in time").isBefore(deadline);
    }
  }

  @AfterAll
  static void stop() {
    producer.close();
    service.close();
    below.close();
  }

  private static HttpResponse<String> send(
      String method, String path, String contentType, BodyPublisher body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .method(method, body == null ? BodyPublishers.noBody() : body);
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send("GET", path, null, null);
  }

  private static HttpResponse<String> put(String path, String contentType, String body)
      throws Exception {
    return send("PUT", path, contentType, BodyPublishers.ofString(body));
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, JSON, BodyPublishers.ofString(body));
  }

  private static HttpResponse<String> postKeyed(String path, String key) throws Exception {
    return postKeyed(path, key, "");
  }

  private static HttpResponse<String> postKeyed(String path, String key, String body)
      throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Idempotency-Key", key)
            .header("Content-Type", JSON)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) {
    return Json.LENIENT.readTree(response.body());
  }

  private static void tell(String host, EventData data) throws Exception {
    sequence++;
    Event event =
        new Event(
            host + ":e" + sequence,
            "/hosts/" + host + "/devices/d",
            Instant.now(),
            host + ":fault",
            null,
            sequence,
            "slice-it",
            null,
            data);
    producer
        .send(
            new ProducerRecord<>(
                Topics.DEVICE_EVENTS,
                null,
                host,
                EventCodec.data(event),
                EventCodec.headers(event)))
        .get();
  }

  private static TopicReader follow(String topic) {
    return TopicReader.fromBeginning(
        Map.of("bootstrap.servers", EmbeddedBroker.shared().bootstrapServers()), topic);
  }

  private static void make(String host, String filesystem, String device) throws Exception {
    below.add("devices", device);
    assertThat(
            put(
                    "/v1/hosts/" + host + "/filesystems/" + filesystem,
                    JSON,
                    "{\"data\":\"" + device + "\"}")
                .statusCode())
        .isEqualTo(201);
  }

  @Test
  void aFaultOfADeviceReachesTheTopicAsFilesAndProcesses() throws Exception {
    String fs = "/v1/hosts/way/filesystems/data";
    make("way", "data", "way0");
    assertThat(put(fs + "/fsmap", "text/plain", DUMP).statusCode()).isEqualTo(200);
    assertThat(put(fs + "/paths", "text/plain", "144 /ref-src\n145 /a/ref-copy\n").statusCode())
        .isEqualTo(200);

    JsonNode owners = json(get(fs + "/owners?device=data&sector=18720&count=1")).path("owners");
    assertThat(owners.size()).isEqualTo(3);
    assertThat(owners.path(0).path("inode").asLong()).isEqualTo(144);
    assertThat(owners.path(0).path("fileOffsetBytes").asLong()).isEqualTo((18720 - 14944) * 512L);
    assertThat(owners.path(0).path("paths").path(0).asString()).isEqualTo("/ref-src");
    JsonNode page = json(get(fs + "/owners?sector=0&count=100000&limit=5"));
    assertThat(page.path("owners").size()).isEqualTo(5);
    JsonNode next =
        json(
            get(
                fs
                    + "/owners?sector=0&count=100000&limit=5&after="
                    + page.path("next").asString()));
    assertThat(next.path("owners").path(0).path("sector").asLong()).isEqualTo(128);

    String mapping = "/v1/hosts/way/processes/42/mappings/m";
    assertThat(
            put(
                    mapping,
                    JSON,
                    "{\"filesystem\":\"data\",\"path\":\"/ref-src\",\"offsetBytes\":1933312,"
                        + "\"lengthBytes\":65536,\"mceKillPolicy\":\"early\"}")
                .statusCode())
        .isEqualTo(201);
    assertThat(
            json(post(
                    "/v1/hosts/way/processes/42/access",
                    "{\"mapping\":\"m\",\"offsetBytes\":0,\"op\":\"load\"}"))
                .path("result")
                .asString())
        .isEqualTo("ok");

    Extents bad = Extents.of(18720, 1);
    tell(
        "way",
        new CorruptedRange(
            "way", "way0", bad, false, Cause.MEDIA_ERROR, Origin.of("way0", bad), 0, true));

    try (TopicReader events = follow(Topics.FS_EVENTS)) {
      List<EventData> heard = new ArrayList<>();
      while (heard.stream().noneMatch(ProcessSignalled.class::isInstance)) {
        heard.add(events.nextEventOf("way").data());
      }
      assertThat(heard.getFirst()).isInstanceOf(FilesystemMounted.class);
      assertThat(heard)
          .filteredOn(FileRangeLost.class::isInstance)
          .extracting(event -> ((FileRangeLost) event).inode())
          .containsExactly(144L, 145L, 262274L);
    }
    JsonNode process = json(get("/v1/hosts/way/processes/42"));
    assertThat(process.path("signals").path(0).path("code").asString()).isEqualTo("BUS_MCEERR_AO");
    assertThat(process.path("signals").path(0).path("faultId").asString()).isEqualTo("way:fault");
    assertThat(json(get(fs)).path("badRanges").toString()).isEqualTo("[18720,1]");
    assertThat(
            json(post(
                    "/v1/hosts/way/processes/42/access",
                    "{\"mapping\":\"m\",\"offsetBytes\":0,\"op\":\"store\"}"))
                .path("code")
                .asString())
        .isEqualTo("BUS_MCEERR_AR");
  }

  @Test
  void aPlannedRemovalIsAcknowledged() throws Exception {
    make("leave", "data", "leave0");
    Extents all = Extents.of(0, SECTORS);
    tell(
        "leave",
        new MfMemPreRemove(
            "leave",
            "leave0",
            all,
            true,
            Cause.DEVICE_REMOVED,
            Origin.of("leave0", all),
            0,
            true,
            "leave:removal",
            Instant.now().plusSeconds(10),
            Map.of("fs:data", 123L)));
    try (TopicReader acks = follow(Topics.REMOVAL_ACKS)) {
      assertThat(acks.nextEventOf("leave").data())
          .isEqualTo(
              new RemovalAck(
                  "leave", "leave0", "leave:removal", "fs:data", 123, "frozen_and_shut_down"));
    }
    assertThat(json(get("/v1/hosts/leave/filesystems/data")).path("shutdownReason").asString())
        .isEqualTo("FORCE_UMOUNT");
  }

  @Test
  void whatHappenedWhileItWasDownIsCaughtUpInOrder() throws Exception {
    String fs = "/v1/hosts/down/filesystems/data";
    make("down", "data", "down0");
    assertThat(put(fs + "/fsmap", "text/plain", DUMP).statusCode()).isEqualTo(200);
    assertThat(put(fs + "/paths", "text/plain", "144 /ref-src\n").statusCode()).isEqualTo(200);
    service.close();
    for (long start : new long[] {18720, 0}) {
      Extents bad = Extents.of(start, 8);
      tell(
          "down",
          new CorruptedRange(
              "down", "down0", bad, false, Cause.MEDIA_ERROR, Origin.of("down0", bad), 0, true));
    }
    Extents all = Extents.of(0, SECTORS);
    tell(
        "down",
        new MfMemPreRemove(
            "down",
            "down0",
            all,
            true,
            Cause.DEVICE_REMOVED,
            Origin.of("down0", all),
            0,
            true,
            "down:removal",
            Instant.now().plusSeconds(10),
            Map.of("fs:data", 9L)));
    startService();
    try (TopicReader acks = follow(Topics.REMOVAL_ACKS)) {
      assertThat(acks.nextEventOf("down").data())
          .as("the removal came last, and the filesystem had stopped by then")
          .isEqualTo(
              new RemovalAck("down", "down0", "down:removal", "fs:data", 9, "shut_down_already"));
    }
    try (TopicReader events = follow(Topics.FS_EVENTS)) {
      List<String> heard = new ArrayList<>();
      while (!heard.contains("filesystem_shutdown")) {
        heard.add(events.nextEventOf("down").type().shortName());
      }
      assertThat(heard)
          .containsExactly(
              "filesystem_mounted",
              "file_range_lost",
              "file_range_lost",
              "file_range_lost",
              "metadata_lost",
              "filesystem_shutdown");
    }
    JsonNode after = json(get(fs));
    assertThat(after.path("shutdownReason").asString()).isEqualTo("CORRUPT_ONDISK");
    assertThat(after.path("badRanges").toString()).isEqualTo("[0,8,18720,8]");
  }

  @Test
  void claimsAreTakenBeforeAMountAndGivenBackAfterIt() throws Exception {
    String fs = "/v1/hosts/claims/filesystems/data";
    below.add("volumes", "vol0");
    below.add("devices", "log0");
    String body = "{\"data\":\"/dev/mapper/vol0\",\"log\":\"log0\"}";
    assertThat(put(fs, JSON, body).statusCode()).isEqualTo(201);
    assertThat(below.holder("vol0")).isEqualTo("fs:data");
    assertThat(below.holder("log0")).isEqualTo("fs:data");
    assertThat(put(fs, JSON, body).statusCode()).isEqualTo(200);
    HttpResponse<String> other = put(fs, JSON, "{\"data\":\"vol0\"}");
    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(below.holder("vol0")).as("the living one keeps its claim").isEqualTo("fs:data");

    HttpResponse<String> taken =
        put("/v1/hosts/claims/filesystems/other", JSON, "{\"data\":\"vol0\"}");
    assertThat(taken.statusCode()).isEqualTo(409);
    assertThat(json(taken).path("holder").asString()).isEqualTo("fs:data");

    below.add("devices", "free0");
    HttpResponse<String> missing =
        put("/v1/hosts/claims/filesystems/other", JSON, "{\"data\":\"free0\",\"log\":\"nowhere\"}");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(json(missing).path("detail").asString()).contains("nowhere");
    assertThat(below.holder("free0")).as("given back").isEqualTo("nobody");

    assertThat(post(fs + "/unmount", "").statusCode()).isEqualTo(200);
    assertThat(below.holder("vol0")).isEqualTo("nobody");
    assertThat(json(get(fs)).path("state").asString()).isEqualTo("unmounted");
    assertThat(post(fs + "/unmount", "").statusCode()).isEqualTo(409);
    below.hold("vol0", "dm:vol9");
    assertThat(post(fs + "/mount", "").statusCode()).isEqualTo(409);
    assertThat(below.holder("log0")).isEqualTo("nobody");
    below.hold("vol0", "fs:data");
    for (int again = 0; again < 2; again++) {
      HttpResponse<String> mounted = postKeyed(fs + "/mount", "mount-1");
      assertThat(mounted.statusCode()).isEqualTo(200);
      assertThat(json(mounted).path("state").asString()).isEqualTo("mounted");
    }
    assertThat(post(fs + "/mount", "").statusCode()).isEqualTo(409);
    assertThat(below.holder("vol0")).isEqualTo("fs:data");
    assertThat(postKeyed(fs + "/unmount", "unmount-1").statusCode()).isEqualTo(200);
    assertThat(post(fs + "/mount", "").statusCode()).isEqualTo(200);
    assertThat(postKeyed(fs + "/unmount", "unmount-1").statusCode())
        .as("the answer of before")
        .isEqualTo(200);
    assertThat(below.holder("vol0")).as("mounted anew since").isEqualTo("fs:data");
    assertThat(send("DELETE", fs, null, null).statusCode()).isEqualTo(204);
    assertThat(below.holder("vol0")).isEqualTo("nobody");
    assertThat(get(fs).statusCode()).isEqualTo(404);
  }

  @Test
  void twoClientsMakingTheSameEndWithOneFilesystemAndItsClaim() throws Exception {
    below.add("devices", "race0");
    List<Integer> statuses =
        IntStream.range(0, 8)
            .parallel()
            .mapToObj(
                i -> {
                  try {
                    return put(
                            "/v1/hosts/race/filesystems/data",
                            JSON,
                            "{\"data\":\"race0\",\"dax\":\""
                                + (i % 2 == 0 ? "always" : "never")
                                + "\"}")
                        .statusCode();
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                })
            .toList();
    assertThat(statuses).containsOnlyOnce(201).contains(409).isSubsetOf(200, 201, 409);
    assertThat(below.holder("race0")).isEqualTo("fs:data");
  }

  @Test
  void aBadDumpNamesTheLineAndChangesNothing() throws Exception {
    String fs = "/v1/hosts/bad/filesystems/data";
    make("bad", "data", "bad0");
    String good = machineText(data(0, 8, 130, 0), owner(8, 8, "special_0:1"));
    assertThat(put(fs + "/fsmap", "text/csv", good).statusCode()).isEqualTo(200);
    String before = get(fs + "/owners").body();
    HttpResponse<String> cut = put(fs + "/fsmap", "text/csv", good + "2,259,0,16,23,inode_130_da");
    assertThat(cut.statusCode()).isEqualTo(422);
    assertThat(cut.headers().firstValue("content-type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(json(cut).path("line").asLong()).isEqualTo(4);
    assertThat(json(cut).path("type").asString()).isEqualTo("/problems/bad-line");
    assertThat(put(fs + "/fsmap", "text/plain", good).statusCode())
        .as("the one text is not the other")
        .isEqualTo(422);
    assertThat(put(fs + "/fsmap?log=259:0", "text/csv", good).statusCode()).isEqualTo(422);
    assertThat(put(fs + "/fsmap?data=pmem0", "text/csv", good).statusCode()).isEqualTo(400);
    assertThat(put(fs + "/fsmap", JSON, "{}").statusCode()).isEqualTo(415);
    assertThat(put(fs + "/paths", "text/plain", "x\n").statusCode()).isEqualTo(422);
    assertThat(put("/v1/hosts/bad/filesystems/no/fsmap", "text/csv", good).statusCode())
        .isEqualTo(404);
    assertThat(get(fs + "/owners").body()).isEqualTo(before);
  }

  @Test
  void aDumpOfManyPartsIsStreamed() throws Exception {
    String fs = "/v1/hosts/large/filesystems/data";
    make("large", "data", "large0");
    int records = 100_000;
    StringBuilder dump =
        new StringBuilder("EXT,MAJOR,MINOR,PSTART,PEND,OWNER,OSTART,OEND,LENGTH\n");
    for (int i = 0; i < records; i++) {
      dump.append(i).append(',').append(data(8L * i, 8, 1000 + i, 0)).append('\n');
    }
    assertThat(dump.length()).as("more than an ordinary body may have").isGreaterThan(1 << 20);
    HttpResponse<String> imported =
        send(
            "PUT",
            fs + "/fsmap",
            "text/csv",
            BodyPublishers.ofInputStream(
                () -> new ByteArrayInputStream(dump.toString().getBytes(UTF_8))));
    assertThat(imported.statusCode()).isEqualTo(200);
    assertThat(json(imported).path("records").asLong()).isEqualTo(records);
    assertThat(
            json(get(fs + "/owners?sector=799992&count=8"))
                .path("owners")
                .path(0)
                .path("inode")
                .asLong())
        .isEqualTo(1000 + records - 1);
    assertThat(json(get(fs)).path("records").asLong()).isEqualTo(records);
  }

  @Test
  void impactAsksTheLayersBelowAndTellsWhatWouldBeHit() throws Exception {
    below.add("devices", "leaf0");
    below.add("volumes", "vol1");
    assertThat(put("/v1/hosts/impact/filesystems/data", JSON, "{\"data\":\"vol1\"}").statusCode())
        .isEqualTo(201);
    below.upward("{\"volume\":\"vol1\",\"ranges\":[800,8],\"effect\":\"data_lost\"}");
    JsonNode impact = json(get("/v1/hosts/impact/impact?device=leaf0&sector=2848&count=8"));
    assertThat(impact.path("volumes").path(0).path("volume").asString()).isEqualTo("vol1");
    JsonNode filesystem = impact.path("filesystems").path(0);
    assertThat(filesystem.path("filesystem").asString()).isEqualTo("data");
    assertThat(filesystem.path("owners").path(0).path("owner").asString()).isEqualTo("free space");
    assertThat(filesystem.path("owners").path(0).path("sector").asLong()).isEqualTo(800);
    assertThat(filesystem.path("shutdown").asBoolean()).isFalse();
    assertThat(get("/v1/hosts/impact/impact?device=nowhere").statusCode()).isEqualTo(404);
    assertThat(get("/v1/hosts/impact/impact?device=leaf0&sector=1").statusCode()).isEqualTo(400);
    assertThat(get("/v1/hosts/impact/impact").statusCode()).isEqualTo(400);
  }

  @Test
  void malformedRequestsAreNamed() throws Exception {
    make("form", "data", "form0");
    String fs = "/v1/hosts/form/filesystems";
    String[][] wrong = {
      {"PUT", fs + "/UPPER", "{\"data\":\"form0\"}"},
      {"PUT", fs + "/" + "x".repeat(64), "{\"data\":\"form0\"}"},
      {"PUT", fs + "/x", "{}"},
      {"PUT", fs + "/x", "{\"data\":\"form0\",\"dax\":\"sometimes\"}"},
      {"PUT", fs + "/x", "{\"data\":\"form0\",\"policy\":\"best\"}"},
      {"PUT", fs + "/x", "{\"data\":\"form0\",\"colour\":1}"},
      {"PUT", fs + "/x", "{\"data\":\"Form0\"}"},
      {"PUT", fs + "/x", "{\"data\":"},
      {"GET", fs + "/data/owners?sector=-1&count=8", null},
      {"GET", fs + "/data/owners?sector=0&count=0", null},
      {"GET", fs + "/data/owners?sector=9007199254740992&count=8", null},
      {"GET", fs + "/data/owners?device=tape", null},
      {"GET", fs + "/data/owners?after=x", null},
      {"GET", fs + "/data/owners?limit=0", null},
      {
        "PUT",
        "/v1/hosts/form/processes/0/mappings/m",
        "{\"filesystem\":\"data\",\"path\":\"/f\",\"lengthBytes\":1}"
      },
      {
        "PUT",
        "/v1/hosts/form/processes/1/mappings/m",
        "{\"filesystem\":\"data\",\"path\":\"f\",\"lengthBytes\":1}"
      },
      {
        "PUT",
        "/v1/hosts/form/processes/1/mappings/m",
        "{\"filesystem\":\"data\",\"path\":\"/f\",\"lengthBytes\":0}"
      },
      {
        "PUT",
        "/v1/hosts/form/processes/1/mappings/m",
        "{\"filesystem\":\"data\",\"path\":\"/f\",\"lengthBytes\":1,\"pageBytes\":8192}"
      },
      {"POST", "/v1/hosts/form/processes/1/access", "{\"mapping\":\"m\",\"offsetBytes\":-1}"},
      {"POST", "/v1/hosts/form/processes/1/access", "{\"mapping\":\"m\",\"op\":\"peek\"}"},
      {"PUT", "/v1/hosts/form/kernel", "{}"},
    };
    for (String[] each : wrong) {
      HttpResponse<String> response =
          send(
              each[0],
              each[1],
              each[2] == null ? null : JSON,
              each[2] == null ? null : BodyPublishers.ofString(each[2]));
      assertThat(response.statusCode())
          .as(String.join(" ", each[0], each[1], each[2]))
          .isEqualTo(400);
      assertThat(json(response).path("type").asString()).startsWith("/problems/");
      assertThat(json(response).path("detail").asString()).isNotBlank();
    }
    assertThat(put(fs + "/x", JSON, "{\"data\":\"a\",\"log\":\"a\"}").statusCode()).isEqualTo(422);
    assertThat(get(fs + "/nobody").statusCode()).isEqualTo(404);
    assertThat(get(fs + "/data/owners?device=log").statusCode()).isEqualTo(404);
    assertThat(get("/v1/hosts/form/processes/77").statusCode()).isEqualTo(404);
    assertThat(put("/v1/hosts/form/kernel", JSON, "{\"memoryFailureEarlyKill\":true}").body())
        .isEqualTo("{\"memoryFailureEarlyKill\":true}");
    assertThat(json(get("/v1/hosts/form/kernel")).path("memoryFailureEarlyKill").asBoolean())
        .isTrue();
  }

  @Test
  void aKeyOfAChangeOfAFileStandsForOneRequest() throws Exception {
    make("keys", "data", "keys0");
    String files = "/v1/hosts/keys/filesystems/data/files";
    assertThat(put(files + "/a", "application/octet-stream", "").statusCode()).isEqualTo(201);
    HttpResponse<String> shared = postKeyed(files + "/a:reflink", "k", "{\"to\":\"/x\"}");
    assertThat(shared.statusCode()).as(shared.body()).isEqualTo(200);

    HttpResponse<String> other = postKeyed(files + "/a:reflink", "k", "{\"to\":\"/y\"}");
    assertThat(other.statusCode()).isEqualTo(422);
    assertThat(json(other).path("type").asString()).isEqualTo("/problems/idempotency-key-reused");
    assertThat(get(files + "/y?stat=true").statusCode()).isEqualTo(404);

    assertThat(send("DELETE", files + "/x", null, null).statusCode()).isEqualTo(204);
    HttpResponse<String> again = postKeyed(files + "/a:reflink", "k", "{\"to\":\"/x\"}");
    assertThat(again.body()).isEqualTo(shared.body());
    assertThat(get(files + "/x?stat=true").statusCode()).as("carried out once").isEqualTo(404);
  }

  @Test
  void refusalsAreProblemsAndSayNoMoreThanTheyMean() throws Exception {
    make("refusals", "data", "refusals0");
    String fs = "/v1/hosts/refusals/filesystems/data";
    assertThat(put(fs + "/files/a", "application/octet-stream", "").statusCode()).isEqualTo(201);
    HttpResponse<String> behind =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(base + fs + "/files/a"))
                .header("Range", "bytes=5-9")
                .build(),
            BodyHandlers.ofString());
    assertThat(behind.statusCode()).isEqualTo(416);
    assertThat(behind.headers().firstValue("Content-Range")).contains("bytes */0");
    assertThat(behind.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(json(behind).path("type").asString()).isEqualTo("/problems/range-not-satisfiable");

    assertThat(send("PUT", fs + "/files/d?directory=true", null, null).statusCode()).isEqualTo(201);
    HttpResponse<String> directory =
        put(
            "/v1/hosts/refusals/processes/5/mappings/m",
            JSON,
            "{\"filesystem\":\"data\",\"path\":\"/d\",\"lengthBytes\":4096}");
    assertThat(directory.statusCode()).isEqualTo(422);
    assertThat(json(directory).path("errno").asString()).isEqualTo("ENODEV");

    for (HttpResponse<String> conflict :
        List.of(
            put(fs, JSON, "{\"data\":\"refusals0\",\"dax\":\"never\"}"), post(fs + "/mount", ""))) {
      assertThat(conflict.statusCode()).isEqualTo(409);
      assertThat(json(conflict).propertyNames())
          .containsExactlyInAnyOrder("type", "title", "status", "detail");
    }
  }

  @Test
  void listsComeInPagesAndAFrozenOneSaysWhenToComeAgain() throws Exception {
    for (String name : List.of("a", "b", "c")) {
      make("list", name, "list-" + name);
    }
    JsonNode first = json(get("/v1/hosts/list/filesystems?limit=2"));
    assertThat(first.path("items").size()).isEqualTo(2);
    assertThat(first.path("next").asString()).isEqualTo("b");
    JsonNode second = json(get("/v1/hosts/list/filesystems?limit=2&after=b"));
    assertThat(second.path("items").path(0).path("name").asString()).isEqualTo("c");
    assertThat(second.path("next").isString()).isFalse();
    String fs = "/v1/hosts/list/filesystems/a";
    assertThat(post(fs + "/freeze", "").statusCode()).isEqualTo(200);
    assertThat(json(get(fs)).path("state").asString()).isEqualTo("frozen");
    HttpResponse<String> frozen = post(fs + "/unmount", "");
    assertThat(frozen.statusCode()).isEqualTo(423);
    assertThat(frozen.headers().firstValue("retry-after")).isPresent();
    assertThat(post(fs + "/thaw", "").statusCode()).isEqualTo(200);
  }

  @Test
  void aFreshFilesystemTellsWhatHitsItsFreeSpace() throws Exception {
    make("fresh", "data", "fresh0");
    Extents bad = Extents.of(200, 8);
    tell(
        "fresh",
        new CorruptedRange(
            "fresh", "fresh0", bad, false, Cause.MEDIA_ERROR, Origin.of("fresh0", bad), 0, true));
    try (TopicReader events = follow(Topics.FS_EVENTS)) {
      EventData data = events.nextEventOf("fresh").data();
      while (!(data instanceof RangeUnowned)) {
        data = events.nextEventOf("fresh").data();
      }
      assertThat(((RangeUnowned) data).owner()).isEqualTo("free space");
    }
  }
}
