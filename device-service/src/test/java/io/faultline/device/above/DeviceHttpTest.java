package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.faultline.device.above.HttpCalls.Answer;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDeviceClient;
import io.faultline.runtime.below.BlockDeviceClient.ClaimResult;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The contract of device-service, over real HTTP. */
class DeviceHttpTest {

  @TempDir private static Path folder;

  /** What the layers above answer: path to JSON body; 404 for everything else. */
  private static final Map<String, String> ABOVE = new ConcurrentHashMap<>();

  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static RunningService service;
  private static HttpServer above;
  private static HttpCalls http;
  private String host;

  @BeforeAll
  static void start() throws IOException {
    above = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    above.createContext(
        "/",
        exchange -> {
          String body = ABOVE.get(exchange.getRequestURI().getPath());
          byte[] bytes = (body == null ? "{}" : body).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(body == null ? 404 : 200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    above.start();
    String url = "http://127.0.0.1:" + above.getAddress().getPort();
    service =
        RunningService.start(
            folder.resolve("slice"),
            EmbeddedBroker.shared().bootstrapServers(),
            "faultline.dm-service-url",
            url,
            "faultline.fs-service-url",
            url,
            "faultline.device.stale-claim-age",
            "0s",
            "faultline.device.limits.data-bytes-per-call",
            "1MB");
    http = service.http();
  }

  @AfterAll
  static void stop() {
    service.close();
    above.stop(0);
  }

  @BeforeEach
  void aHostOfItsOwn() {
    host = "http" + HOSTS.incrementAndGet();
  }

  @Test
  void aDeviceIsMadeShownListedAndForgotten() {
    JsonNode made = http.put(device("pmem0"), pmem(1 << 20)).expect(201).json();
    assertThat(made.propertyNames())
        .containsExactly(
            "name",
            "kind",
            "sizeBytes",
            "sectors",
            "logicalBlockBytes",
            "clearUnitBytes",
            "clearsPoison",
            "generation",
            "state",
            "dax",
            "badSectors",
            "claims",
            "removal");
    assertThat(made.get("removal").isNull()).isTrue();
    assertThat(made.get("sectors").asLong()).isEqualTo(2048);
    assertThat(made.get("generation").asLong()).isEqualTo(1);
    http.put(device("pmem0"), pmem(1 << 20)).expect(200);
    http.put(device("pmem0"), pmem(1 << 21)).problem(409, "already-exists");
    assertThat(http.get(device("pmem0")).expect(200).json()).isEqualTo(made);

    http.put(device("nvme0"), "{\"kind\":\"nvme\",\"sizeBytes\":8192,\"logicalBlockBytes\":4096}")
        .expect(201);
    http.put(device("a"), "{\"kind\":\"scsi\",\"sizeBytes\":512}").expect(201);
    JsonNode first = http.get(devices() + "?limit=2").expect(200).json();
    assertThat(names(first)).containsExactly("a", "nvme0");
    assertThat(first.get("next").asString()).isEqualTo("nvme0");
    JsonNode second = http.get(devices() + "?limit=2&after=nvme0").expect(200).json();
    assertThat(names(second)).containsExactly("pmem0");
    assertThat(second.get("next").isNull()).isTrue();

    JsonNode hosts = http.get("/v1/hosts?limit=10000").expect(200).json();
    assertThat(hosts.get("items").toString()).contains("\"" + host + "\"").contains("http://");

    http.delete(device("pmem0")).expect(204);
    http.delete(device("pmem0")).problem(404, "not-found");
    http.get(device("pmem0")).problem(404, "not-found");
  }

  @Test
  void whatIsMalformedIsRefusedWithTheRule() {
    http.put(devices() + "/Pmem0", pmem(512)).problem(400, "malformed-request");
    http.put("/v1/hosts/-x/devices/a", pmem(512)).problem(400, "malformed-request");
    http.get("/v1/hosts/A/devices").problem(400, "malformed-request");
    http.put(device("a"), "{\"kind\":\"pmem\"}").problem(400, "malformed-request");
    http.put(device("a"), "{\"sizeBytes\":512}").problem(400, "malformed-request");
    http.put(device("a"), pmem(-512)).problem(400, "malformed-request");
    http.put(device("a"), pmem(1L << 53)).problem(400, "malformed-request");
    http.put(device("a"), pmem(0)).problem(422, "device-shape");
    http.put(device("a"), pmem(1000)).problem(422, "device-shape");
    http.put(device("a"), "{\"kind\":\"tape\",\"sizeBytes\":512}").problem(422, "device-shape");
    JsonNode unknown =
        http.put(device("a"), "{\"kind\":\"pmem\",\"sizeBytes\":512,\"sizBytes\":1}")
            .problem(400, "malformed-request");
    assertThat(unknown.at("/errors/0/pointer").asString()).isEqualTo("/sizBytes");
    http.put(device("a"), "{").problem(400, "malformed-request");
    http.put(device("a"), "{\"kind\":\"" + "x".repeat(2 << 20) + "\"}")
        .problem(413, "body-too-large");
    http.send(
            http.request(device("a"))
                .header("Content-Type", "text/plain")
                .PUT(BodyPublishers.ofString(pmem(512))))
        .problem(415, "unsupported-media-type");
    http.get(devices() + "?limit=0").problem(400, "malformed-request");
    assertThat(names(http.get(devices()).json())).isEmpty();
  }

  /** A pointer to what is wrong in the body, and words of ours only. */
  @Test
  void aBodyThatIsWrongIsPointedAt() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    String made = device("b");
    wrong(http.put(made, "{\"sizeBytes\":1048576}"), "/kind", "pmem, nvme");
    wrong(http.put(made, "{\"kind\":\"pmem\"}"), "/sizeBytes", "missing");
    wrong(http.put(made, pmem(-1)), "/sizeBytes", "-1");
    wrong(http.put(made, pmem(1L << 60)), "/sizeBytes", "2^53");
    wrong(http.put(made, "{\"kind\":\"pmem\",\"sizeBytes\":\"abc\"}"), "/sizeBytes", "\"abc\"");
    wrong(http.put(made, "{\"kind\":\"pmem\",\"sizeBytes\":1.5}"), "/sizeBytes", "1.5");
    wrong(http.put(made, "{\"kind\":\"pmem\",\"sizeBytes\":9e30}"), "/sizeBytes", "9.0E30");
    wrong(http.put(made, "[]"), "", "an array");

    wrong(http.post(faults(), "{}"), "/sector", "exactly one");
    wrong(http.post(faults(), "{\"sector\":0}"), "/count", "missing");
    wrong(http.post(faults(), "{\"sector\":-1,\"count\":1}"), "/sector", "-1");
    wrong(http.post(faults(), "{\"sector\":0,\"count\":0}"), "/count", "at least 1");
    wrong(http.post(faults(), "{\"sector\":0,\"count\":1,\"ranges\":[0,1]}"), "/sector", "2");
    wrong(http.post(faults(), "{\"ranges\":[0,true]}"), "/ranges", "number 1");
    wrong(http.post(faults(), "{\"ranges\":7}"), "/ranges", "pairs");
    wrong(http.post(faults(), "{\"offsetBytes\":0}"), "/lengthBytes", "missing");
    wrong(http.post(faults(), "{\"scatter\":{\"seed\":1}}"), "/scatter/ranges", "missing");
    JsonNode pastEnd =
        http.post(faults(), "{\"ranges\":[0,1,2047,2]}").problem(422, "past-end").get("errors");
    assertThat(pastEnd.at("/0/pointer").asString()).isEqualTo("/ranges");

    wrong(http.post(unplug(), "{\"mode\":\"foo\"}"), "/mode", "\"foo\"");
    wrong(http.post(unplug(), "{}"), "/mode", "missing");
    wrong(http.post(unplug(), "{\"mode\":\"planned\",\"deadline\":\"abc\"}"), "/deadline", "PT10S");
    String several = "/v1/hosts/" + host + "/unplug";
    wrong(http.post(several, "{\"mode\":\"surprise\"}"), "/devices", "missing");
    wrong(
        http.post(several, "{\"mode\":\"surprise\",\"devices\":[\"a\",\"B\"]}"), "/devices/1", "B");
    wrong(http.put(device("pmem0") + "/claim", "{}"), "/holder", "missing");
    wrong(http.put(device("pmem0") + "/claim", "{\"holder\":\"bogus\"}"), "/holder", "bogus");
    wrong(http.post(device("pmem0") + "/scrub", "{\"mode\":\"no\"}"), "/mode", "full or short");
  }

  private static void wrong(Answer answer, String pointer, String word) {
    JsonNode problem = answer.problem(400, "malformed-request");
    assertThat(problem.at("/errors/0/pointer").asString()).as(answer.text()).isEqualTo(pointer);
    assertThat(problem.get("detail").asString()).contains(word);
    assertThat(answer.text()).doesNotContain("io.faultline", "java.", "`", "Feature", "Config");
  }

  @Test
  void faultsAreMarkedListedAndCleared() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    JsonNode fault =
        http.post(faults(), "{\"sector\":100,\"count\":8,\"notify\":true}").expect(202).json();
    assertThat(fault.get("faultId").asString()).startsWith(host + ":");
    assertThat(fault.get("eventId").asString()).startsWith(host + ":");
    JsonNode latent =
        http.post(faults(), "{\"sector\":1000,\"count\":1,\"notify\":false}").expect(202).json();
    assertThat(latent.has("eventId")).isTrue();
    assertThat(latent.get("eventId").isNull()).isTrue();

    JsonNode open = http.get(faults()).expect(200).json().get("items");
    assertThat(open.size()).isEqualTo(1);
    assertThat(open.get(0).get("faultId")).isEqualTo(fault.get("faultId"));
    assertThat(open.get(0).get("ranges").toString()).isEqualTo("[100,8]");
    Answer text = http.get(device("pmem0") + "/badblocks").expect(200);
    assertThat(text.text()).isEqualTo("100 8\n");
    assertThat(text.header("Content-Type")).startsWith("text/plain");
    assertThat(http.get(device("pmem0") + "/badblocks", "text/plain").text()).isEqualTo("100 8\n");
    JsonNode sets = http.get(device("pmem0") + "/badblocks", "application/json").expect(200).json();
    assertThat(sets.propertyNames()).containsExactly("ranges", "latent", "unacknowledged");
    assertThat(sets.get("ranges").toString()).isEqualTo("[100,8]");
    assertThat(sets.get("latent").toString()).isEqualTo("[1000,1]");
    http.get(device("pmem0") + "/badblocks", "image/png").problem(406, "not-acceptable");
    assertThat(http.get(device("pmem0")).json().get("badSectors").asLong()).isEqualTo(8);

    // [100,108) lies across the units [96,104) and [104,112): neither is whole.
    JsonNode nothing = http.delete(faults() + "?sector=100&count=8").expect(200).json();
    assertThat(nothing.get("ranges").toString()).isEqualTo("[]");
    assertThat(nothing.get("eventId").isNull()).isTrue();
    JsonNode cleared = http.delete(faults() + "?sector=96&count=12").expect(200).json();
    assertThat(cleared.get("ranges").toString()).isEqualTo("[100,4]");
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEqualTo("104 4\n");
  }

  @Test
  void faultsThatCannotBeAreRefused() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.post(faults(), "{\"sector\":-1,\"count\":8}").problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":1,\"count\":-8}").problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":1,\"count\":0}").problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":1}").problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":9007199254740991,\"count\":9007199254740991}")
        .problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":9223372036854775807,\"count\":9}")
        .problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":99999999999999999999,\"count\":9}")
        .problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":2047,\"count\":2}").problem(422, "past-end");
    http.post(faults(), "{\"sector\":1,\"count\":1,\"colour\":1}")
        .problem(400, "malformed-request");
    http.post(faults(), "{\"sector\":1,\"count\":1,\"consumedBy\":{\"pid\":1}}")
        .problem(400, "malformed-request");
    http.post(
            faults(),
            "{\"sector\":1,\"count\":1,\"notify\":false,"
                + "\"consumedBy\":{\"pid\":1,\"mapping\":\"m\"}}")
        .problem(422, "consumed-latent");
    http.post(devices() + "/nothing/faults", "{\"sector\":1,\"count\":1}")
        .problem(404, "not-found");
    http.delete(faults() + "?sector=2047&count=2").problem(422, "past-end");
    http.delete(faults() + "?sector=0").problem(400, "malformed-request");
    http.delete(faults() + "?sector=-1&count=1").problem(400, "malformed-request");
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEmpty();
  }

  @Test
  void dataIsStoredAndReadAndRefusedOnPoison() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    String data = device("pmem0") + "/data";
    byte[] content = new byte[16 * 512];
    Arrays.fill(content, (byte) 7);
    assertThat(http.putBytes(data + "?sector=8", content).expect(200).json().get("ranges").size())
        .isZero();
    assertThat(http.get(data + "?sector=8&count=16").expect(200).bytes()).isEqualTo(content);
    assertThat(http.get(data + "?sector=0&count=1").bytes()).isEqualTo(new byte[512]);
    assertThat(http.get(data + "?sector=2040&count=100").expect(200).bytes()).hasSize(8 * 512);
    assertThat(http.get(data + "?sector=5000&count=100").expect(200).bytes()).isEmpty();

    http.post(faults(), "{\"sector\":10,\"count\":2}").expect(202);
    JsonNode error = http.get(data + "?sector=8&count=16").problem(422, "media-error");
    assertThat(error.get("sector").asLong()).isEqualTo(10);
    Answer recovered = http.get(data + "?sector=8&count=16&recover=true").expect(200);
    assertThat(recovered.header("Faultline-Bad-Ranges")).isEqualTo("10+2");
    assertThat(recovered.header("Faultline-Bad-Sectors")).isEqualTo("2");
    assertThat(Arrays.copyOfRange(recovered.bytes(), 2 * 512, 4 * 512))
        .isEqualTo(new byte[2 * 512]);
    assertThat(recovered.bytes()[0]).isEqualTo((byte) 7);

    JsonNode part = http.putBytes(data + "?sector=10", new byte[512]).problem(422, "media-error");
    assertThat(part.get("sector").asLong()).isEqualTo(10);
    JsonNode healed = http.putBytes(data + "?sector=8", content).expect(200).json();
    assertThat(healed.get("ranges").toString()).isEqualTo("[10,2]");
    assertThat(http.get(data + "?sector=8&count=16").expect(200).bytes()).isEqualTo(content);
  }

  @Test
  void aReadFindsLatentPoison() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.post(faults(), "{\"sector\":10,\"count\":2,\"notify\":false}").expect(202);
    String data = device("pmem0") + "/data";
    http.get(data + "?sector=0&count=10").expect(200);
    http.get(data + "?sector=0&count=11").problem(422, "media-error");
    JsonNode sets = http.get(device("pmem0") + "/badblocks", "application/json").json();
    assertThat(sets.get("ranges").toString()).isEqualTo("[10,1]");
    assertThat(sets.get("latent").toString()).isEqualTo("[11,1]");
    http.post(device("pmem0") + "/scrub").expect(202);
    JsonNode scrub = http.get(device("pmem0") + "/scrub").expect(200).json();
    assertThat(scrub.get("state").asString()).isEqualTo("completed");
    assertThat(scrub.get("foundSectors").asLong()).isEqualTo(1);
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEqualTo("10 2\n");
  }

  @Test
  void dataIsTakenAsItIsFromAClientThatCallsItAForm() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    byte[] content = new byte[512];
    Arrays.fill(content, (byte) '%');
    String form = "application/x-www-form-urlencoded";
    http.send(
            http.request(device("pmem0") + "/data?sector=0")
                .header("Content-Type", form)
                .PUT(BodyPublishers.ofByteArray(content)))
        .expect(200);
    assertThat(http.get(device("pmem0") + "/data?sector=0&count=1").expect(200).bytes())
        .isEqualTo(content);
    http.send(
            http.request(device("pmem0") + "/faults")
                .header("Content-Type", form)
                .POST(BodyPublishers.ofString("{}")))
        .problem(415, "unsupported-media-type");
  }

  @Test
  void dataThatCannotBeIsRefused() {
    http.put(device("pmem0"), pmem(1 << 21)).expect(201);
    String data = device("pmem0") + "/data";
    http.putBytes(data + "?sector=0", new byte[100]).problem(422, "partial-sector");
    http.putBytes(data + "?sector=0", new byte[0]).problem(422, "partial-sector");
    http.putBytes(data + "?sector=4095", new byte[1024]).problem(422, "past-end");
    http.putBytes(data + "?sector=-1", new byte[512]).problem(400, "malformed-request");
    http.putBytes(data + "?sector=9007199254740991", new byte[512])
        .problem(400, "malformed-request");
    http.putBytes(data, new byte[512]).problem(400, "malformed-request");
    http.putBytes(data + "?sector=0", new byte[(1 << 20) + 512]).problem(413, "body-too-large");
    http.put(data + "?sector=0", "{}").problem(415, "unsupported-media-type");
    http.get(data + "?sector=0").problem(400, "malformed-request");
    http.get(data + "?sector=0&count=0").problem(400, "malformed-request");
    http.get(data + "?sector=0&count=4096").problem(422, "too-much-data");
    http.get(data + "?sector=x&count=1").problem(400, "malformed-request");
    JsonNode stale =
        http.get(data + "?sector=0&count=1&generation=9").problem(409, "stale-generation");
    assertThat(stale.get("detail").asString()).contains("9").contains("1");
  }

  @Test
  void aClaimIsSharedByVolumesOnlyAndGivenBackByRevision() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    JsonNode fault = http.post(faults(), "{\"sector\":100,\"count\":8}").expect(202).json();
    String claim = device("pmem0") + "/claim";
    Answer first = http.put(claim, "{\"holder\":\"dm:vol0\"}").expect(200);
    assertThat(first.json().propertyNames())
        .containsExactly(
            "generation",
            "sectors",
            "dax",
            "logicalBlockBytes",
            "ranges",
            "sequence",
            "sliceId",
            "faults",
            "revision");
    assertThat(first.json().get("ranges").toString()).isEqualTo("[100,8]");
    assertThat(first.json().at("/faults/0/faultId")).isEqualTo(fault.get("faultId"));
    assertThat(first.json().at("/faults/0/cause").asString()).isEqualTo("media_error");
    assertThat(first.header("ETag")).isEqualTo("\"1\"");
    assertThat(http.put(claim, "{\"holder\":\"dm:vol0\"}").header("ETag")).isEqualTo("\"2\"");
    ABOVE.put("/v1/hosts/" + host + "/volumes/vol0", "{\"name\":\"vol0\"}");
    JsonNode taken = http.put(claim, "{\"holder\":\"fs:data\"}").problem(409, "claimed");
    assertThat(taken.get("holder").asString()).isEqualTo("dm:vol0");
    http.put(claim, "{\"holder\":\"me\"}").problem(400, "malformed-request");
    http.put(claim, "{}").problem(400, "malformed-request");
    http.delete(device("pmem0")).problem(409, "claimed");
    http.delete(claim).problem(400, "malformed-request");
    http.send(http.request(claim + "?holder=dm:vol0").header("If-Match", "\"1\"").DELETE())
        .problem(412, "claim-changed");
    http.delete(claim, "{\"holder\":\"dm:vol0\"}").expect(204);
    http.delete(claim + "?holder=dm:vol0").expect(204);
    assertThat(http.get(device("pmem0")).json().get("claims").size()).isZero();
  }

  @Test
  void theClientOfTheLayersAboveUnderstandsTheAnswers() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.post(faults(), "{\"sector\":100,\"count\":8}").expect(202);
    for (int i = 0; i < 300; i++) {
      http.post(faults(), "{\"sector\":" + (200 + 2 * i) + ",\"count\":1}").expect(202);
    }
    ABOVE.put("/v1/hosts/" + host + "/volumes/vol0", "{\"name\":\"vol0\"}");
    BlockDeviceClient client =
        new BlockDeviceClient(
            () -> http.request("").build().uri().toString(),
            BlockDeviceClient.Kind.DEVICE,
            ServiceCalls.open());
    assertThat(client.claim(host, "pmem0", "dm:vol0"))
        .isInstanceOfSatisfying(
            ClaimResult.Claimed.class,
            claimed -> {
              assertThat(claimed.claim().ranges().totalSectors()).isEqualTo(308);
              assertThat(claimed.claim().faults()).hasSize(301);
              assertThat(client.release(host, "pmem0", "dm:vol0", claimed.claim().revision() + 1))
                  .isFalse();
            });
    assertThat(client.claim(host, "pmem0", "fs:data"))
        .isInstanceOfSatisfying(
            ClaimResult.Refused.class,
            refused -> assertThat(refused.problem().more().get("holder")).isEqualTo("dm:vol0"));
    assertThat(client.release(host, "pmem0", "dm:vol0")).isTrue();
  }

  @Test
  void aClaimThatACrashLeftBehindIsReleasedWhenSomebodyElseWantsTheDevice() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    String claim = device("pmem0") + "/claim";
    http.put(claim, "{\"holder\":\"dm:lost\"}").expect(200);
    // Nobody who has volumes answers: the 404 may be that of another service.
    http.put(claim, "{\"holder\":\"fs:data\"}").problem(409, "claimed");
    ABOVE.put("/v1/hosts/" + host + "/volumes", "{\"items\":[]}");
    http.put(claim, "{\"holder\":\"fs:data\"}").expect(200);
    assertThat(http.get(device("pmem0")).json().get("claims").toString())
        .isEqualTo("[\"fs:data\"]");
  }

  @Test
  void aClaimIsReleasedWhenItsHolderStandsElsewhere() {
    for (String name : List.of("pmem0", "pmem1", "pmem2")) {
      http.put(device(name), pmem(1 << 20)).expect(201);
    }
    http.put(device("pmem0") + "/claim", "{\"holder\":\"fs:data\"}").expect(200);
    http.put(device("pmem1") + "/claim", "{\"holder\":\"dm:vol0\"}").expect(200);
    http.put(device("pmem2") + "/claim", "{\"holder\":\"dm:vol0\"}").expect(200);
    String filesystem = "/v1/hosts/" + host + "/filesystems/data";
    String volume = "/v1/hosts/" + host + "/volumes/vol0";
    String wanted = "{\"holder\":\"fs:new\"}";
    ABOVE.put(volume, "{\"below\":[\"pmem2\"],\"inactive\":{\"below\":[\"pmem1\"]}}");
    for (String state : List.of("mounted", "frozen", "shutdown")) {
      ABOVE.put(filesystem, "{\"data\":\"pmem0\",\"state\":\"" + state + "\"}");
      http.put(device("pmem0") + "/claim", wanted).problem(409, "claimed");
    }
    http.put(device("pmem1") + "/claim", wanted).problem(409, "claimed");

    ABOVE.put(filesystem, "{\"data\":\"pmem0\",\"state\":\"unmounted\"}");
    http.put(device("pmem0") + "/claim", wanted).expect(200);
    ABOVE.put(volume, "{\"below\":[\"pmem2\"],\"inactive\":null}");
    http.put(device("pmem1") + "/claim", wanted).expect(200);
    http.put(device("pmem2") + "/claim", wanted).problem(409, "claimed");
  }

  @Test
  void aDeviceThatATableNamesIsNotForgottenThoughItsClaimWasDropped() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:vol0\"}").expect(200);
    http.post(unplug(), "{\"mode\":\"surprise\"}").expect(202);
    JsonNode back = http.post(device("pmem0") + "/plug").expect(200).json();
    assertThat(back.get("claims").size()).isZero();
    String volume = "/v1/hosts/" + host + "/volumes/vol0";
    ABOVE.put(volume, "{\"below\":[\"pmem0\"]}");
    JsonNode held = http.delete(device("pmem0")).problem(409, "held");
    assertThat(held.get("holders").toString()).isEqualTo("[\"dm:vol0\"]");

    ABOVE.put(volume, "{\"below\":[\"pmem1\"]}");
    http.delete(device("pmem0")).expect(204);
  }

  @Test
  void aNameThatIsAVolumeIsTaken() {
    ABOVE.put("/v1/hosts/" + host + "/volumes/vol0", "{\"name\":\"vol0\"}");
    http.put(device("vol0"), pmem(512)).problem(409, "already-exists");
    http.get(device("vol0")).problem(404, "not-found");
  }

  @Test
  void anOrderlyRemovalNamesWhoStandsOnItTopmostFirst() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:low\"}").expect(200);
    ABOVE.put("/v1/hosts/" + host + "/volumes/low", "{\"claim\":{\"holder\":\"dm:high\"}}");
    ABOVE.put("/v1/hosts/" + host + "/volumes/high", "{\"claim\":\"fs:data\"}");
    JsonNode held = http.post(unplug(), "{\"mode\":\"orderly\"}").problem(409, "held");
    assertThat(held.get("holders").toString()).isEqualTo("[\"fs:data\",\"dm:high\",\"dm:low\"]");
    http.delete(device("pmem0") + "/claim?holder=dm:low").expect(204);
    http.post(unplug(), "{\"mode\":\"orderly\"}").expect(202);
  }

  /** As dm-service tells it: a volume has no claim on the volume that it stands on. */
  @Test
  void anOrderlyRemovalNamesVolumesOnVolumesEachOnce() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.put(device("pmem1"), pmem(1 << 20)).expect(201);
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:vol0\"}").expect(200);
    volume("vol0", "null", "vol1");
    volume("vol1", "\"fs:data\"");
    String orderly = "{\"mode\":\"orderly\"}";
    assertThat(holders(http.post(unplug(), orderly)))
        .isEqualTo("[\"fs:data\",\"dm:vol1\",\"dm:vol0\"]");
    String several = "/v1/hosts/" + host + "/unplug";
    assertThat(
            holders(http.post(several, "{\"devices\":[\"pmem1\",\"pmem0\"],\"mode\":\"orderly\"}")))
        .isEqualTo("[\"fs:data\",\"dm:vol1\",\"dm:vol0\"]");

    // vol1 stands on vol0, on vol2 that stands on vol0, and on the device itself.
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:vol1\"}").expect(200);
    volume("vol0", "null", "vol1", "vol2");
    volume("vol2", "null", "vol1");
    assertThat(holders(http.post(unplug(), orderly)))
        .isEqualTo("[\"fs:data\",\"dm:vol1\",\"dm:vol2\",\"dm:vol0\"]");
  }

  @Test
  void anOrderlyRemovalIsAnsweredThoughVolumesStandOnEachOtherInALoopOrWithoutEnd() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:a\"}").expect(200);
    volume("a", "null", "b", "a");
    volume("b", "null", "a");
    String orderly = "{\"mode\":\"orderly\"}";
    assertThat(http.post(unplug(), orderly).problem(409, "held").get("holders").valueStream())
        .extracting(JsonNode::asString)
        .containsExactlyInAnyOrder("dm:a", "dm:b");

    volume("a", "null", "v0");
    for (int i = 0; i < 1000; i++) {
      volume("v" + i, "null", "v" + (i + 1));
    }
    JsonNode tower = http.post(unplug(), orderly).problem(409, "held").get("holders");
    assertThat(tower.size()).isEqualTo(65);
    assertThat(tower.get(0).asString()).isEqualTo("dm:v63");
    assertThat(tower.get(64).asString()).isEqualTo("dm:a");
  }

  private void volume(String name, String claim, String... above) {
    String names = above.length == 0 ? "" : "\"" + String.join("\",\"", above) + "\"";
    ABOVE.put(
        "/v1/hosts/" + host + "/volumes/" + name,
        "{\"name\":\"" + name + "\",\"claim\":" + claim + ",\"above\":[" + names + "]}");
  }

  private static String holders(Answer refused) {
    return refused.problem(409, "held").get("holders").toString();
  }

  @Test
  void aDeviceIsUnpluggedAndPluggedIn() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    String removal = device("pmem0") + "/removal";
    http.get(removal).problem(404, "not-found");
    http.post(device("pmem0") + "/plug").problem(409, "device-not-removed");
    http.post(faults(), "{\"sector\":0,\"count\":8}").expect(202);
    byte[] content = new byte[512];
    content[0] = 9;
    http.putBytes(device("pmem0") + "/data?sector=20", content).expect(200);
    JsonNode left = http.post(unplug(), "{\"mode\":\"surprise\"}").expect(202).json();

    JsonNode shown = http.get(removal).expect(200).json();
    assertThat(shown.get("removalId")).isEqualTo(left.get("removalId"));
    assertThat(shown.get("mode").asString()).isEqualTo("surprise");
    assertThat(shown.get("state").asString()).isEqualTo("removed");
    assertThat(shown.get("acknowledged").asBoolean()).isFalse();
    assertThat(shown.get("creditOutstanding").asLong()).isZero();
    assertThat(shown.get("deadline").isNull()).isTrue();
    assertThat(shown.get("holders").isArray()).isTrue();
    JsonNode device = http.get(device("pmem0")).json();
    assertThat(device.get("state").asString()).isEqualTo("removed");
    assertThat(device.get("removal")).isEqualTo(shown);
    assertThat(http.get(faults()).json().get("items").size()).isEqualTo(2);

    http.get(device("pmem0") + "/data?sector=20&count=1").problem(409, "device-removed");
    http.putBytes(device("pmem0") + "/data?sector=20", content).problem(409, "device-removed");
    http.post(faults(), "{\"sector\":0,\"count\":8}").problem(409, "device-removed");
    http.delete(faults() + "?sector=0&count=8").problem(409, "device-removed");
    http.post(device("pmem0") + "/scrub").problem(409, "device-removed");
    http.put(device("pmem0") + "/claim", "{\"holder\":\"fs:data\"}").problem(409, "device-removed");
    http.post(unplug(), "{\"mode\":\"planned\"}").problem(409, "device-removed");

    JsonNode back = http.post(device("pmem0") + "/plug").expect(200).json();
    assertThat(back.get("generation").asLong()).isEqualTo(2);
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEqualTo("0 8\n");
    assertThat(http.get(device("pmem0") + "/data?sector=20&count=1").bytes()).isEqualTo(content);
    http.get(device("pmem0") + "/data?sector=20&count=1&generation=1")
        .problem(409, "stale-generation");
    http.get(device("pmem0") + "/data?sector=20&count=1&generation=2").expect(200);
  }

  @Test
  void aPlannedRemovalIsOneAndItsRetryIsAnsweredTheSame() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.put(device("pmem0") + "/claim", "{\"holder\":\"fs:data\"}").expect(200);
    String planned = "{\"mode\":\"planned\",\"deadline\":\"PT1H\"}";
    JsonNode first = withKey(unplug(), planned, "k1").expect(202).json();
    assertThat(withKey(unplug(), planned, "k1").expect(202).json()).isEqualTo(first);
    JsonNode second = withKey(unplug(), planned, "k2").problem(409, "removal-running");
    assertThat(second.get("removalId")).isEqualTo(first.get("removalId"));
    JsonNode shown = http.get(device("pmem0") + "/removal").expect(200).json();
    assertThat(shown.get("state").asString()).isEqualTo("announced");
    assertThat(shown.get("creditOutstanding").asLong()).isEqualTo((1L << 53) - 1);
    assertThat(shown.get("holders").toString()).isEqualTo("[\"fs:data\"]");
    http.put(device("pmem0") + "/claim", "{\"holder\":\"dm:v\"}").problem(409, "device-leaving");
    http.post(faults(), "{\"sector\":0,\"count\":8}").expect(202);
  }

  @Test
  void aKeyThatComesBackWithAnotherRequestIsRefused() {
    http.put(device("scsi0"), "{\"kind\":\"scsi\",\"sizeBytes\":1048576}").expect(201);
    String faults = device("scsi0") + "/faults";
    JsonNode first = withKey(faults, "{\"sector\":0,\"count\":3}", "k1").expect(202).json();

    JsonNode other =
        withKey(faults, "{\"sector\":8,\"count\":3}", "k1").problem(422, "idempotency-key-reused");
    assertThat(other.get("detail").asString()).contains("k1");
    assertThat(http.get(device("scsi0") + "/badblocks").text()).isEqualTo("0 3\n");
    // The same, whatever it looks like.
    assertThat(withKey(faults, "{ \"notify\":true, \"count\":3,\"sector\":0}", "k1").json())
        .isEqualTo(first);
    assertThat(withKey(faults, "{\"ranges\":[0,3]}", "k1").json()).isEqualTo(first);
    withKey(faults, "{\"sector\":8,\"count\":3}", "k2").expect(202);
  }

  @Test
  void severalLeaveTogetherOrNoneDoes() {
    http.put(device("a"), pmem(1 << 20)).expect(201);
    http.put(device("b"), pmem(1 << 20)).expect(201);
    String several = "/v1/hosts/" + host + "/unplug";
    http.post(several, "{\"devices\":[\"a\",\"nothing\"],\"mode\":\"surprise\"}")
        .problem(404, "not-found");
    http.post(several, "{\"devices\":[],\"mode\":\"surprise\"}").problem(400, "malformed-request");
    http.post(several, "{\"mode\":\"surprise\"}").problem(400, "malformed-request");
    http.post(several, "{\"devices\":[null],\"mode\":\"surprise\"}")
        .problem(400, "malformed-request");
    http.post(several, "{\"devices\":[\"a\"],\"mode\":\"sometimes\"}")
        .problem(400, "malformed-request");
    http.post(unplug("a"), "{\"mode\":\"planned\",\"deadline\":\"soon\"}")
        .problem(400, "malformed-request");
    http.post(unplug("a"), "{\"mode\":\"planned\",\"deadline\":\"P9D\"}").problem(422, "deadline");
    assertThat(http.get(device("a")).json().get("state").asString()).isEqualTo("active");
    JsonNode left =
        http.post(several, "{\"devices\":[\"a\",\"b\"],\"mode\":\"surprise\"}").expect(202).json();
    for (String name : List.of("a", "b")) {
      assertThat(http.get(device(name) + "/removal").json().get("removalId"))
          .isEqualTo(left.get("removalId"));
    }
  }

  @Test
  void twoClientsWhoCreateTheSameThingAtOnce() throws Exception {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        long size = i % 2 == 0 ? 512 : 1024;
        calls.add(() -> http.put(device("d"), pmem(size)).response().statusCode());
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> answer : clients.invokeAll(calls)) {
        statuses.add(answer.get());
      }
      assertThat(statuses).filteredOn(status -> status == 201).hasSize(1);
      assertThat(statuses).filteredOn(status -> status == 200).hasSize(7);
      assertThat(statuses).filteredOn(status -> status == 409).hasSize(8);
    }
  }

  @Test
  void healthAndMetricsTell() {
    http.put(device("pmem0"), pmem(1 << 20)).expect(201);
    http.post(faults(), "{\"sector\":0,\"count\":8}").expect(202);
    JsonNode health = http.get("/actuator/health").expect(200).json();
    assertThat(health.at("/components/deviceSlice/details/sliceId").asString()).hasSize(26);
    for (String metric :
        List.of(
            "faultline.device.bad.sectors",
            "faultline.device.open.faults",
            "faultline.device.events.unpublished",
            "faultline.device.acks")) {
      http.get("/actuator/metrics/" + metric).expect(200);
    }
    assertThat(
            http.get("/actuator/metrics/faultline.device.bad.sectors")
                .json()
                .at("/measurements/0/value")
                .asDouble())
        .isGreaterThanOrEqualTo(8);
  }

  private static Answer withKey(String path, String json, String key) {
    return http.send(
        http.request(path)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(json)));
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.get("items").forEach(item -> names.add(item.get("name").asString()));
    return names;
  }

  private static String pmem(long sizeBytes) {
    return "{\"kind\":\"pmem\",\"sizeBytes\":" + sizeBytes + "}";
  }

  private String devices() {
    return "/v1/hosts/" + host + "/devices";
  }

  private String device(String name) {
    return devices() + "/" + name;
  }

  private String faults() {
    return device("pmem0") + "/faults";
  }

  private String unplug() {
    return unplug("pmem0");
  }

  private String unplug(String name) {
    return device(name) + "/unplug";
  }
}
