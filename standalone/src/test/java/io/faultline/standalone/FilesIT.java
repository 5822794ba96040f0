package io.faultline.standalone;

import static io.faultline.runtime.testing.Awaiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.SharedStandalone;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** Files through all layers: their bytes go down to devices, and what devices lose comes up. */
@ExtendWith(SharedStandalone.class)
class FilesIT {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final int MIB = 1024 * 1024;
  private static final int PAGE = 4096;
  private static final int DEVICE_BYTES = 64 * MIB;
  private static final int DEVICE_SECTORS = DEVICE_BYTES / 512;

  private static StandaloneProcess faultline;

  @BeforeAll
  static void share(StandaloneProcess shared) {
    faultline = shared;
  }

  /** A host with a filesystem on a volume over devices d0, d1, ... */
  private static Api host(String host, int devices, String table) {
    Api api = new Api(faultline, host);
    for (int i = 0; i < devices; i++) {
      api.put("devices/d" + i, "{\"kind\":\"pmem\",\"sizeBytes\":" + DEVICE_BYTES + "}");
    }
    String below = "d0";
    if (!table.isEmpty()) {
      HttpResponse<String> made = api.send("PUT", "volumes/v", "text/plain", table);
      assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
      below = "v";
    }
    api.put("filesystems/fs", "{\"data\":\"" + below + "\"}");
    return api;
  }

  private static HttpResponse<byte[]> call(String host, String method, String path, byte[] body) {
    return call(host, method, path, body, "Accept", "*/*");
  }

  private static HttpResponse<byte[]> call(
      String host, String method, String path, byte[] body, String... headers) {
    URI uri = faultline.uri("/v1/hosts/" + host + "/filesystems/fs/files/" + path);
    try {
      return HTTP.send(
          HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(60))
              .headers(headers)
              .method(method, BodyPublishers.ofByteArray(body))
              .build(),
          BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new AssertionError(method + " " + uri + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static JsonNode put(String host, String path, byte[] body) {
    return json(call(host, "PUT", path, body));
  }

  private static byte[] get(String host, String path) {
    HttpResponse<byte[]> answer = call(host, "GET", path, new byte[0]);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return answer.body();
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode())
        .as(answer.request().method() + " " + answer.uri() + ": " + text(answer))
        .isBetween(200, 299);
    return answer.body().length == 0
        ? Json.LENIENT.createObjectNode()
        : Json.LENIENT.readTree(answer.body());
  }

  private static String text(HttpResponse<byte[]> answer) {
    return answer.body().length > 2000 ? "" : new String(answer.body(), UTF_8);
  }

  private static JsonNode refused(HttpResponse<byte[]> answer, int status, String kind) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
    JsonNode problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.path("type").asString()).isEqualTo("/problems/" + kind);
    return problem;
  }

  private static byte[] random(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Where a byte of a file lies: the device's sector. */
  private static JsonNode pieceAt(String host, String path, long offsetBytes) {
    JsonNode layout = json(call(host, "GET", path + "?layout=true", new byte[0]));
    for (JsonNode extent : layout.get("extents")) {
      for (JsonNode piece : extent.get("pieces")) {
        long from = piece.get("offsetBytes").asLong();
        if (from <= offsetBytes && offsetBytes < from + piece.get("count").asLong() * 512) {
          return piece;
        }
      }
    }
    throw new AssertionError(offsetBytes + " lies nowhere: " + layout);
  }

  private static long sectorOf(JsonNode piece, long offsetBytes) {
    return piece.get("sector").asLong() + (offsetBytes - piece.get("offsetBytes").asLong()) / 512;
  }

  private static String poison(Api api, String device, long sector, int count, boolean notify) {
    JsonNode told =
        api.post(
            "devices/" + device + "/faults",
            "{\"sector\":" + sector + ",\"count\":" + count + ",\"notify\":" + notify + "}");
    return told.get("faultId").asString();
  }

  private static String mirror() {
    return "0 " + DEVICE_SECTORS + " mirror core 2 1024 sync 2 d0 0 d1 0";
  }

  @Test
  void filesAreWrittenAndReadOverEveryKindOfVolume() {
    String[][] stacks = {
      {"plain", "1", ""},
      {"linear", "1", "0 65536 linear d0 2048\n65536 49152 linear d0 69632"},
      {"striped", "2", "0 131072 striped 2 128 d0 0 d1 0"},
      {"mirror", "2", mirror()},
      {"raid1", "2", "0 131072 raid raid1 1 0 2 - d0 - d1"},
      {"raid10", "4", "0 262144 raid raid10 1 128 4 - d0 - d1 - d2 - d3"},
      {"raid5", "3", "0 262144 raid raid5_ls 1 128 3 - d0 - d1 - d2"},
      {"raid6", "4", "0 262144 raid raid6_zr 1 128 4 - d0 - d1 - d2 - d3"},
    };
    for (String[] stack : stacks) {
      String host = stack[0];
      host(host, Integer.parseInt(stack[1]), stack[2]);
      byte[] content = random(host.hashCode(), 11 * MIB + 777);
      JsonNode made = put(host, "a/large%20one", content);
      assertThat(made.get("sizeBytes").asLong()).as(host).isEqualTo(content.length);
      assertThat(get(host, "a/large%20one")).as(host).isEqualTo(content);

      // Over a part of it, not on any boundary, and far behind its end.
      byte[] part = random(1, 100_001);
      put(host, "a/large%20one?offset=4190007", part);
      System.arraycopy(part, 0, content, 4_190_007, part.length);
      put(host, "a/large%20one?offset=12000001", new byte[] {1, 2, 3});
      byte[] longer = Arrays.copyOf(content, 12_000_004);
      System.arraycopy(new byte[] {1, 2, 3}, 0, longer, 12_000_001, 3);
      assertThat(get(host, "a/large%20one")).as(host).isEqualTo(longer);

      // Another file shares it until one of them is written.
      json(call(host, "POST", "a/large%20one:reflink", "{\"to\":\"/copy\"}".getBytes(UTF_8)));
      put(host, "copy?offset=5000", part);
      byte[] copy = longer.clone();
      System.arraycopy(part, 0, copy, 5000, part.length);
      assertThat(get(host, "copy")).as(host).isEqualTo(copy);
      assertThat(get(host, "a/large%20one")).as(host).isEqualTo(longer);

      json(call(host, "POST", "copy:truncate", "{\"sizeBytes\":6001}".getBytes(UTF_8)));
      json(call(host, "POST", "copy:truncate", "{\"sizeBytes\":9000}".getBytes(UTF_8)));
      byte[] shorter = Arrays.copyOf(Arrays.copyOf(copy, 6001), 9000);
      assertThat(get(host, "copy")).as(host).isEqualTo(shorter);
      json(
          call(
              host,
              "POST",
              "copy:punch",
              "{\"offsetBytes\":100,\"lengthBytes\":5000}".getBytes(UTF_8)));
      Arrays.fill(shorter, 100, 5100, (byte) 0);
      assertThat(get(host, "copy")).as(host).isEqualTo(shorter);
    }
  }

  @Test
  void theBytesAreOnTheDevice() {
    Api api = host("bytes", 1, "0 65536 linear d0 4096");
    byte[] content = random(7, 3 * PAGE);
    put("bytes", "f", content);
    JsonNode piece = pieceAt("bytes", "f", PAGE);
    assertThat(piece.get("device").asString()).isEqualTo("d0");
    HttpResponse<byte[]> device =
        device("bytes", "d0/data?sector=" + sectorOf(piece, PAGE) + "&count=8");
    assertThat(device.body()).isEqualTo(Arrays.copyOfRange(content, PAGE, 2 * PAGE));
    JsonNode layout = json(call("bytes", "GET", "f?layout=true", new byte[0]));
    assertThat(layout.get("next").isNull()).isTrue();
    assertThat(layout.get("extents").get(0).get("device").asString()).isEqualTo("v");
    assertThat(api.ofHost("volumes/v").get("claim").asString()).isEqualTo("fs:fs");
  }

  private static HttpResponse<byte[]> device(String host, String path) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(faultline.uri("/v1/hosts/" + host + "/devices/" + path)).build(),
          BodyHandlers.ofByteArray());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatWasLostIsReadAroundAndHealedForEveryFileThatSharesIt() {
    Api api = host("heal", 1, "0 98304 linear d0 8192");
    byte[] content = random(11, 64 * PAGE);
    put("heal", "f", content);
    json(call("heal", "POST", "f:reflink", "{\"to\":\"g\"}".getBytes(UTF_8)));
    JsonNode piece = pieceAt("heal", "f", 10 * PAGE);
    try (EventStream events = EventStream.open(faultline, "?host=heal")) {
      String fault = poison(api, "d0", sectorOf(piece, 10 * PAGE) + 2, 3, true);
      events.await("both lost it", 2, event -> event.type().equals("file_range_lost"));
      JsonNode problem = refused(call("heal", "GET", "f", new byte[0]), 422, "media-error");
      assertThat(problem.get("errno").asString()).isEqualTo("EIO");
      assertThat(problem.get("offsetBytes").asLong()).isEqualTo(10 * PAGE + 1024);
      assertThat(get("heal", "f?offset=0&length=40960")).isEqualTo(Arrays.copyOf(content, 40_960));

      HttpResponse<byte[]> clean = call("heal", "GET", "f?recover=true", new byte[0]);
      assertThat(clean.statusCode()).isEqualTo(200);
      assertThat(clean.headers().firstValue("Faultline-Bad-Ranges"))
          .contains((10 * PAGE + 1024) + "+1536");
      assertThat(clean.headers().firstValue("Faultline-Bad-Bytes")).contains("1536");
      byte[] holed = content.clone();
      Arrays.fill(holed, 10 * PAGE + 1024, 10 * PAGE + 2560, (byte) 0);
      assertThat(clean.body()).isEqualTo(holed);

      refused(call("heal", "PUT", "f?offset=41100", new byte[10]), 422, "media-error");
      byte[] page = Arrays.copyOfRange(content, 10 * PAGE, 11 * PAGE);
      put("heal", "f?offset=" + 10 * PAGE + "&recover=true", page);
      events.await("both have it", 2, event -> event.type().equals("file_range_recovered"));
      await("resolved", () -> state(api, fault).equals("resolved"));
      assertThat(get("heal", "f")).isEqualTo(content);
      assertThat(get("heal", "g")).isEqualTo(content);
    }
  }

  @Test
  void whatWasZeroedStaysLostToItsFaultUntilItIsWrittenAnew() {
    Api api = host("zeroed", 1, "");
    put("zeroed", "f", random(41, 4 * PAGE));
    long sector = sectorOf(pieceAt("zeroed", "f", PAGE), PAGE);
    try (EventStream events = EventStream.open(faultline, "?host=zeroed")) {
      String fault = poison(api, "d0", sector, 8, true);
      events.await("lost", event -> event.type().equals("file_range_lost"));
      api.send("DELETE", "devices/d0/faults?sector=" + sector + "&count=8", "text/plain", "");
      await("resolved", () -> state(api, fault).equals("resolved"));
      refused(call("zeroed", "GET", "f", new byte[0]), 422, "media-error");
      assertThat(lostBytes(api, fault)).isEqualTo(PAGE);

      JsonNode written = json(call("zeroed", "PUT", "f?offset=" + PAGE, random(42, PAGE)));
      assertThat(written.get("lostBytes").asLong()).isZero();
      events.await(
          "good again",
          event ->
              event.type().equals("file_range_recovered")
                  && event.faultId().equals(fault)
                  && event.data().get("data").asString().equals("rewritten"));
      await("its fault knows", () -> lostBytes(api, fault) == 0);
      assertThat(events.all())
          .filteredOn(event -> event.type().equals("file_range_recovered"))
          .hasSize(1);
    }
  }

  private static long lostBytes(Api api, String fault) {
    return api.get("/v1/faults/" + fault).at("/files/0/lostBytes").asLong();
  }

  private static String state(Api api, String fault) {
    return api.get("/v1/faults/" + fault).get("state").asString();
  }

  @Test
  void latentPoisonIsFoundByReading() {
    Api api = host("latent", 1, "");
    byte[] content = random(13, 10 * MIB);
    put("latent", "f", content);
    JsonNode piece = pieceAt("latent", "f", 9 * MIB);
    poison(api, "d0", sectorOf(piece, 9 * MIB), 8, false);
    HttpResponse<byte[]> clean = call("latent", "GET", "f?recover=true", new byte[0]);
    assertThat(clean.headers().firstValue("Faultline-Bad-Ranges")).contains(9 * MIB + "+4096");
    Arrays.fill(content, 9 * MIB, 9 * MIB + PAGE, (byte) 0);
    assertThat(clean.body()).isEqualTo(content);
    await(
        "it is known now",
        () -> call("latent", "GET", "f?offset=9437184&length=1", new byte[0]).statusCode() == 422);
    // Over whole pages a write heals by itself.
    put("latent", "f?offset=" + 9 * MIB, new byte[PAGE]);
    await("healed", () -> call("latent", "GET", "f", new byte[0]).statusCode() == 200);
    assertThat(get("latent", "f")).isEqualTo(content);
  }

  @Test
  void anotherCopyIsReadWhereOneIsBad() {
    for (String[] stack :
        new String[][] {
          {"red-mirror", "2", mirror()},
          {"red-raid5", "3", "0 262144 raid raid5_ls 1 128 3 - d0 - d1 - d2"},
          {"red-raid6", "5", "0 393216 raid raid6_ls_6 1 128 5 - d0 - d1 - d2 - d3 - d4"},
        }) {
      String host = stack[0];
      Api api = host(host, Integer.parseInt(stack[1]), stack[2]);
      byte[] content = random(17, 2 * MIB);
      put(host, "f", content);
      JsonNode piece = pieceAt(host, "f", 300 * 1024);
      long sector = sectorOf(piece, 300 * 1024);
      poison(api, piece.get("device").asString(), sector, 24, false);
      assertThat(get(host, "f")).as(host).isEqualTo(content);

      // A write to it heals, and one beside it keeps parity right.
      byte[] part = random(18, 3 * PAGE);
      put(host, "f?offset=" + (300 * 1024 + PAGE), part);
      System.arraycopy(part, 0, content, 300 * 1024 + PAGE, part.length);
      put(host, "f?offset=5000", part);
      System.arraycopy(part, 0, content, 5000, part.length);
      assertThat(get(host, "f")).as(host).isEqualTo(content);

      // Without that device all is there too.
      String device = piece.get("device").asString();
      api.post("devices/" + device + "/unplug", "{\"mode\":\"surprise\"}");
      await(
          "the device is gone",
          () -> api.ofHost("devices/" + device).get("state").asString().equals("removed"));
      assertThat(get(host, "f")).as(host).isEqualTo(content);
      byte[] again = random(19, MIB);
      put(host, "f?offset=100000", again);
      System.arraycopy(again, 0, content, 100_000, again.length);
      assertThat(get(host, "f")).as(host).isEqualTo(content);
    }
  }

  @Test
  void aDeviceThatGoesWhileAFileIsReadEndsTheAnswerAndNotWithWrongBytes() throws Exception {
    Api api = host("gone", 1, "");
    byte[] content = random(23, 24 * MIB);
    put("gone", "f", content);
    HttpResponse<java.io.InputStream> answer =
        HTTP.send(
            HttpRequest.newBuilder(faultline.uri("/v1/hosts/gone/filesystems/fs/files/f")).build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    byte[] first = answer.body().readNBytes(1000);
    assertThat(first).isEqualTo(Arrays.copyOf(content, 1000));
    api.post("devices/d0/unplug", "{\"mode\":\"surprise\"}");
    byte[] rest;
    boolean whole;
    try (var body = answer.body()) {
      rest = body.readAllBytes();
      whole = true;
    } catch (IOException e) {
      rest = new byte[0];
      whole = false;
    }
    if (whole) {
      assertThat(rest).isEqualTo(Arrays.copyOfRange(content, 1000, content.length));
    }
    await(
        "it is shut down",
        () -> api.ofHost("filesystems/fs").get("state").asString().equals("shutdown"));
    JsonNode problem = refused(call("gone", "PUT", "f", new byte[10]), 422, "filesystem-shutdown");
    assertThat(problem.get("errno").asString()).isEqualTo("EIO");
  }

  @Test
  void namesAreTakenToTheLetter() {
    host("names", 1, "");
    String[] names = {"a%20b", "100%25", "a:b", "%E2%82%AC", "a+b", "..a", "q%3Fx", "%3Bx"};
    for (String name : names) {
      put("names", "d/" + name, name.getBytes(UTF_8));
      assertThat(get("names", "d/" + name)).isEqualTo(name.getBytes(UTF_8));
    }
    JsonNode listed = json(call("names", "GET", "d", new byte[0]));
    assertThat(listed.get("items"))
        .extracting(item -> item.get("name").asString())
        .containsExactlyInAnyOrder("a b", "100%", "a:b", "€", "a+b", "..a", "q?x", ";x");
    for (String path :
        new String[] {"d/../f", "d/./f", "d//f", "d/%2e%2e/f", "%00", "%FF", "x;y"}) {
      HttpResponse<byte[]> answer = call("names", "PUT", path, new byte[1]);
      assertThat(answer.statusCode()).as(path + ": " + text(answer)).isEqualTo(400);
    }
    json(call("names", "POST", "d/a:b:rename", "{\"to\":\"d/c:d\"}".getBytes(UTF_8)));
    assertThat(get("names", "d/c:d")).isEqualTo("a:b".getBytes(UTF_8));
    refused(call("names", "GET", "d/a:b", new byte[0]), 404, "not-found");
    refused(call("names", "POST", "d/c:d", new byte[0]), 404, "not-found");
    refused(call("names", "POST", "d/c", new byte[0]), 400, "malformed-request");
    refused(call("names", "DELETE", "d", new byte[0]), 409, "not-empty");
  }

  @Test
  void aKeyedChangeThatMovesBytesIsCarriedOutOnce() {
    Api api = host("keyed", 1, "");
    put("keyed", "f", random(31, 100));
    String[] key = {"Idempotency-Key", "k1", "Content-Type", "application/json"};
    byte[] longer = "{\"sizeBytes\":50000}".getBytes(UTF_8);
    JsonNode grown = json(call("keyed", "POST", "f:truncate", longer, key));
    assertThat(grown.get("sizeBytes").asLong()).isEqualTo(50_000);
    byte[] newer = random(32, 200);
    put("keyed", "f", newer);
    assertThat(json(call("keyed", "POST", "f:truncate", longer, key))).isEqualTo(grown);
    assertThat(get("keyed", "f")).as("neither longer nor written over").isEqualTo(newer);
    refused(
        call("keyed", "POST", "f:truncate", "{\"sizeBytes\":7}".getBytes(UTF_8), key),
        422,
        "idempotency-key-reused");
    assertThat(get("keyed", "f")).isEqualTo(newer);

    // A store to a hole: its block is made first, then the page is touched again.
    json(call("keyed", "POST", "f:truncate", "{\"sizeBytes\":0}".getBytes(UTF_8)));
    json(call("keyed", "POST", "f:truncate", "{\"sizeBytes\":8192}".getBytes(UTF_8)));
    api.put(
        "processes/7/mappings/m", "{\"filesystem\":\"fs\",\"path\":\"/f\",\"lengthBytes\":8192}");
    String store = "{\"mapping\":\"m\",\"op\":\"store\"}";
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> stored =
          faultline.send(
              HttpRequest.newBuilder(faultline.uri("/v1/hosts/keyed/processes/7/access"))
                  .headers("Content-Type", "application/json", "Idempotency-Key", "s")
                  .POST(BodyPublishers.ofString(store))
                  .build());
      assertThat(stored.body()).isEqualTo("{\"result\":\"ok\"}");
    }
    JsonNode stat = json(call("keyed", "GET", "f?stat=true", new byte[0]));
    assertThat(stat.get("allocatedBytes").asLong()).isEqualTo(PAGE);
  }

  @Test
  void mkfsAndMountFailWherePoisonIsInTheirWay() {
    Api api = new Api(faultline, "mkfs");
    api.put("devices/d0", "{\"kind\":\"pmem\",\"sizeBytes\":" + DEVICE_BYTES + "}");
    poison(api, "d0", 80, 8, true);
    HttpResponse<String> made =
        api.send("PUT", "filesystems/fs", "application/json", "{\"data\":\"d0\"}");
    assertThat(made.statusCode()).isEqualTo(422);
    JsonNode problem = Json.LENIENT.readTree(made.body());
    assertThat(problem.get("errno").asString()).isEqualTo("EIO");
    assertThat(problem.get("sector").asLong()).isEqualTo(80);
    assertThat(api.ofHost("devices/d0").get("claims").toString()).isEqualTo("[]");
    HttpResponse<String> cleared =
        api.send("DELETE", "devices/d0/faults?sector=80&count=8", "application/json", "");
    assertThat(cleared.statusCode()).isEqualTo(200);
    api.put("filesystems/fs", "{\"data\":\"d0\"}");

    poison(api, "d0", 0, 8, true);
    await("it stops", () -> stateOf(api).equals("shutdown"));
    api.post("filesystems/fs/unmount", "{}");
    assertThat(api.send("POST", "filesystems/fs/mount", "application/json", "{}").statusCode())
        .isEqualTo(422);
    assertThat(stateOf(api)).isEqualTo("unmounted");
    api.send("DELETE", "devices/d0/faults?sector=0&count=8", "application/json", "");
    // Nobody waits for the event: the claim's answer says that it is clear.
    api.post("filesystems/fs/mount", "{}");
    assertThat(stateOf(api)).isEqualTo("mounted");
  }

  private static String stateOf(Api api) {
    return api.ofHost("filesystems/fs").get("state").asString();
  }

  @Test
  void partsAndPropertiesOfFiles() {
    host("parts", 1, "");
    byte[] content = random(29, 10_000);
    HttpResponse<byte[]> made = call("parts", "PUT", "f", content);
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(call("parts", "PUT", "f", content).statusCode()).isEqualTo(200);
    HttpResponse<byte[]> part = call("parts", "GET", "f", new byte[0], "Range", "bytes=4000-4999");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.headers().firstValue("Content-Range")).contains("bytes 4000-4999/10000");
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(content, 4000, 5000));
    assertThat(call("parts", "GET", "f", new byte[0], "Range", "bytes=-10").body())
        .isEqualTo(Arrays.copyOfRange(content, 9990, 10_000));
    refused(
        call("parts", "GET", "f", new byte[0], "Range", "bytes=10000-"),
        416,
        "range-not-satisfiable");
    assertThat(get("parts", "f?offset=20000")).isEmpty();
    assertThat(get("parts", "f?offset=9999&length=50")).isEqualTo(new byte[] {content[9999]});
    HttpResponse<byte[]> head = call("parts", "HEAD", "f", new byte[0]);
    assertThat(head.headers().firstValue("Content-Length")).contains("10000");
    JsonNode stat = json(call("parts", "GET", "f?stat=true", new byte[0]));
    assertThat(stat.get("type").asString()).isEqualTo("file");
    put("parts", "f", new byte[0]);
    assertThat(get("parts", "f")).isEmpty();
    json(call("parts", "PUT", "f?xattr=user.note", "hello".getBytes(UTF_8)));
    assertThat(get("parts", "f?xattr=user.note")).isEqualTo("hello".getBytes(UTF_8));
    json(call("parts", "DELETE", "f?xattr=user.note", new byte[0]));
    assertThat(call("parts", "GET", "f?xattr=user.note", new byte[0]).statusCode()).isEqualTo(404);
    assertThat(call("parts", "PUT", "dir?directory=true", new byte[0]).statusCode()).isEqualTo(201);
    assertThat(call("parts", "PUT", "dir?directory=true", new byte[0]).statusCode()).isEqualTo(200);
    refused(call("parts", "PUT", "dir", new byte[1]), 409, "is-a-directory");
    json(call("parts", "POST", "f:fsync", new byte[0]));
    json(call("parts", "POST", "f:link", "{\"to\":\"dir/g\"}".getBytes(UTF_8)));
    json(call("parts", "POST", "f:allocate", "{\"lengthBytes\":65536}".getBytes(UTF_8)));
    assertThat(get("parts", "dir/g")).isEqualTo(new byte[65_536]);
    assertThat(call("parts", "DELETE", "f", new byte[0]).statusCode()).isEqualTo(204);
    assertThat(get("parts", "dir/g")).hasSize(65_536);
    refused(call("parts", "PUT", "huge?offset=0", random(1, 70 * MIB)), 507, "no-space");
    json(call("parts", "DELETE", "huge", new byte[0]));
  }

  @Test
  void whatCannotBeWrittenThroughIsRefused() {
    host("crypt", 1, "0 65536 crypt aes-xts-plain64 " + "0".repeat(128) + " 0 d0 0");
    refused(call("crypt", "PUT", "f", new byte[10]), 422, "not-writable");
    host("zero", 1, "0 65536 zero");
    put("zero", "f", new byte[] {1, 2, 3});
    assertThat(get("zero", "f")).isEqualTo(new byte[3]);
  }
}
