package io.faultline.dm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Imports of maps over HTTP, with a broker and a restart. */
class MappingsTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static final DeviceStandIn DEVICES = new DeviceStandIn();
  private static final String SUPERBLOCK =
      "<superblock uuid=\"\" time=\"1\" transaction=\"7\" version=\"2\" data_block_size=\"128\""
          + " nr_data_blocks=\"0\">\n";

  @TempDir static Path stateDir;
  private static ConfigurableApplicationContext context;

  /** Every test is a host of its own. */
  private final String host = "maps" + HOSTS.incrementAndGet();

  @BeforeAll
  static void start() {
    context = RunningDm.start(stateDir, DEVICES.url(), Map.of());
  }

  @AfterAll
  static void stop() {
    context.close();
    DEVICES.close();
  }

  private record Response(int status, String body) {
    JsonNode json() {
      return Json.LENIENT.readTree(body);
    }
  }

  private HttpRequest.Builder request(String path) {
    String port = context.getEnvironment().getProperty("local.server.port");
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + port + "/v1/hosts/" + host + path));
  }

  private static Response send(HttpRequest request) {
    try {
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      return new Response(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Response put(String path, String type, HttpRequest.BodyPublisher body) {
    return send(request(path).header("Content-Type", type).PUT(body).build());
  }

  private Response put(String path, String type, String body) {
    return put(path, type, HttpRequest.BodyPublishers.ofString(body));
  }

  private void volume(String name, String table) {
    Response created = put("/volumes/" + name, "text/plain", table);
    assertThat(created.status()).as(created.body()).isEqualTo(201);
  }

  private Response dump(String volume, String xml) {
    return put("/volumes/" + volume + "/mappings", "application/xml", xml);
  }

  private Map<String, Extents> upward(String device, long sector, long count) {
    Response answer =
        send(
            request("/block-devices/" + device + "/upward?sector=" + sector + "&count=" + count)
                .build());
    Map<String, Extents> effects = new TreeMap<>();
    for (JsonNode each : answer.json().get("volumes").values()) {
      long[] ranges = Json.LENIENT.treeToValue(each.get("ranges"), long[].class);
      effects.put(
          each.get("volume").asString() + " " + each.get("effect").asString(),
          Extents.ofPairs(ranges));
    }
    return effects;
  }

  private void thinPool() {
    DEVICES.add(host, "meta", 8192, false);
    DEVICES.add(host, "pmem0", 32768, true);
    volume("pool", "0 32768 thin-pool meta pmem0 128 0 1 skip_block_zeroing");
    volume("t0", "0 8192 thin pool 0");
  }

  private static String oracle(String name) throws IOException {
    return Files.readString(Path.of(System.getProperty("faultline.oracle"), "dm", name));
  }

  @Test
  void whatThinDumpPrintedGoesLiveAtOnce() throws IOException {
    thinPool();
    assertThat(upward("pmem0", 0, 32768)).isEmpty();
    Response done = dump("pool", oracle("thin-pool.deactivated.xml"));
    assertThat(done.status()).as(done.body()).isEqualTo(200);
    assertThat(Json.LENIENT.readValue(done.body(), Answers.ImportDone.class))
        .isEqualTo(new Answers.ImportDone("pool", 128, 3, 27, 0, 17, 0L, List.of()));
    assertThat(upward("pmem0", 0, 128)).isEqualTo(Map.of("t0 data_lost", Extents.of(0, 128)));
  }

  @Test
  void aBadDumpChangesNothing() {
    thinPool();
    String good =
        SUPERBLOCK
            + "<device dev_id=\"0\"><single_mapping origin_block=\"9\" data_block=\"0\"/></device>"
            + "</superblock>";
    assertThat(dump("pool", good).status()).isEqualTo(200);
    Response bad = dump("pool", good.replace("</superblock>", "\n</pool>"));
    assertThat(bad.status()).isEqualTo(422);
    assertThat(bad.json().get("type").asString()).isEqualTo("/problems/bad-line");
    assertThat(bad.json().get("line").asInt()).isEqualTo(3);
    assertThat(bad.json().get("rule").asString()).isEqualTo("this closes <superblock>");
    assertThat(dump("pool", "<!DOCTYPE x>").status()).isEqualTo(422);
    assertThat(upward("pmem0", 0, 128)).isEqualTo(Map.of("t0 data_lost", Extents.of(1152, 128)));
  }

  @Test
  void onlyATargetWithAMapInMetadataTakesOneAndInItsForm() {
    thinPool();
    volume("plain", "0 8 linear t0 0");
    assertThat(dump("plain", SUPERBLOCK).json().get("type").asString())
        .isEqualTo("/problems/no-metadata-map");
    assertThat(dump("t0", SUPERBLOCK).json().get("detail").asString())
        .isEqualTo("The map of t0 is in the metadata of its pool, pool");
    assertThat(dump("none", SUPERBLOCK).status()).isEqualTo(404);
    Response csv = put("/volumes/pool/mappings", "text/csv", "1,2");
    assertThat(csv.status()).isEqualTo(422);
    assertThat(csv.json().get("detail").asString()).contains("what thin_dump prints");
    assertThat(put("/volumes/pool/mappings", "text/plain", "1,2").status()).isEqualTo(415);
  }

  @Test
  void pairsAreTheMapOfASnapshot() {
    DEVICES.add(host, "base", 512, true);
    DEVICES.add(host, "cow", 4096, true);
    volume("snap", "0 512 snapshot base cow P 8");
    assertThat(put("/volumes/snap/mappings", "text/csv", "chunk,cowChunk\n0,2,2\n40,9\n").status())
        .isEqualTo(200);
    assertThat(upward("cow", 72, 8)).isEqualTo(Map.of("snap data_lost", Extents.of(320, 8)));
    Response twice = put("/volumes/snap/mappings", "text/csv", "0,2\n1,2\n");
    assertThat(twice.status()).isEqualTo(422);
    assertThat(twice.json().get("type").asString()).isEqualTo("/problems/not-its-dump");
    assertThat(upward("cow", 72, 8)).isEqualTo(Map.of("snap data_lost", Extents.of(320, 8)));
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  /** A dump whose mappings are made while it is sent: block i at 2 * i, for each device. */
  private static InputStream longDump(int devices, int mappings) {
    Stream<InputStream> parts =
        Stream.concat(
            Stream.of(bytes(SUPERBLOCK)),
            Stream.concat(
                Stream.iterate(0, i -> i < devices, i -> i + 1)
                    .map(
                        device -> {
                          StringBuilder text = new StringBuilder();
                          text.append("<device dev_id=\"").append(device).append("\">\n");
                          for (int i = 0; i < mappings; i++) {
                            text.append("<single_mapping origin_block=\"").append(2 * i);
                            text.append("\" data_block=\"").append(device * 7 % 256);
                            text.append("\" time=\"0\"/>\n");
                          }
                          return bytes(text.append("</device>\n").toString());
                        }),
                Stream.of(bytes("</superblock>"))));
    return new SequenceInputStream(Collections.enumeration(parts.toList()));
  }

  @Test
  void aLongDumpComesInPartsAndOthersAreAnsweredMeanwhile() throws Exception {
    thinPool();
    CompletableFuture<HttpResponse<String>> sent =
        HTTP.sendAsync(
            request("/volumes/pool/mappings")
                .header("Content-Type", "application/xml")
                .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> longDump(20, 20_000)))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    // A second one at the same time; whichever ends last is live.
    assertThat(dump("pool", SUPERBLOCK + "</superblock>").status()).isEqualTo(200);
    assertThat(send(request("/volumes/t0").build()).status()).isEqualTo(200);
    HttpResponse<String> done = sent.get();
    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    assertThat(Json.LENIENT.readTree(done.body()).get("mappedBlocks").asInt()).isEqualTo(400_000);
    assertThat(upward("pmem0", 0, 1)).containsOnlyKeys("t0 data_lost");
  }

  @Test
  void whatIsLiveAndWhatIsOnItsWayOutliveARestart() throws IOException {
    thinPool();
    assertThat(dump("pool", oracle("thin-pool.deactivated.xml")).status()).isEqualTo(200);
    @SuppressWarnings("unchecked")
    LayerHost<DmCommand> before = context.getBean(LayerHost.class);
    Reply begun = before.gateway().send(host, new DmCommand.BeginImport("pool", "half"), null);
    Answers.ImportTicket ticket = Json.LENIENT.readValue(begun.body(), Answers.ImportTicket.class);
    PackedPieces packed = new PackedPieces();
    packed.device(0);
    packed.add(1, 200, 1, false);
    before.gateway().send(host, new DmCommand.ImportPart("half", 0, packed.take()), null);
    context.close();
    start();
    assertThat(upward("pmem0", 0, 128)).isEqualTo(Map.of("t0 data_lost", Extents.of(0, 128)));
    @SuppressWarnings("unchecked")
    LayerHost<DmCommand> after = context.getBean(LayerHost.class);
    packed.add(2, 210, 1, false);
    after.gateway().send(host, new DmCommand.ImportPart("half", 1, packed.take()), null);
    Reply live =
        after.gateway().send(host, new DmCommand.CommitImport(ticket, 2, 1, 2, 0, null), null);
    assertThat(live.status()).isEqualTo(200);
    assertThat(upward("pmem0", 0, 128)).isEmpty();
    assertThat(upward("pmem0", 200 * 128, 11 * 128))
        .isEqualTo(Map.of("t0 data_lost", Extents.of(128, 256)));
  }

  private Response importHost(boolean createDevices, String table) {
    Map<String, Object> body =
        Map.of(
            "lsblk",
            """
            {"blockdevices":[
              {"name":"pmem0","maj:min":"259:0","size":16777216,"type":"disk","children":[
                {"name":"Pool","maj:min":"253:0","size":16777216,"type":"dm","children":[
                  {"name":"t0","maj:min":"253:1","size":4194304,"type":"dm"}]}]},
              {"name":"sda","maj:min":"8:0","size":4194304,"type":"disk","children":[
                {"name":"Pool","maj:min":"253:0","size":16777216,"type":"dm","children":[
                  {"name":"t0","maj:min":"253:1","size":4194304,"type":"dm"}]}]}]}
            """,
            "dmsetupTable",
            table,
            "dmsetupDeps",
            "t0: 1 dependencies : (253, 0)\nPool: 2 dependencies : (259, 0) (8, 0)\n",
            "createDevices",
            createDevices);
    return send(
        request("/import")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.LENIENT.writeValueAsBytes(body)))
            .build());
  }

  @Test
  void theVolumesOfARealMachineAreBuiltOrNoneIs() {
    String table = "t0: 0 8192 thin 253:0 0\nPool: 0 32768 thin-pool 8:0 259:0 128 0 0 \n";
    Response missing = importHost(false, table);
    assertThat(missing.status()).isEqualTo(422);
    assertThat(missing.json().get("refusals")).hasSize(2);
    assertThat(missing.json().get("detail").asString()).contains("there is no device pmem0");

    Response refused = importHost(true, table.replace("8192 thin", "8192 striped"));
    assertThat(refused.status()).as(refused.body()).isEqualTo(422);
    assertThat(refused.json().get("refusals").get(0).get("about").asString()).isEqualTo("t0");
    assertThat(send(request("/volumes/pool").build()).status()).isEqualTo(404);

    Response built = importHost(true, table);
    assertThat(built.status()).as(built.body()).isEqualTo(201);
    assertThat(built.json().get("volumes").get(0).toString())
        .isEqualTo(
            "{\"volume\":\"pool\",\"name\":\"Pool\",\"status\":\"created\","
                + "\"needsMappings\":true}");
    assertThat(importHost(true, table).status()).isEqualTo(200);
    assertThat(upward("sda", 0, 1)).containsOnlyKeys("pool target_failed", "t0 target_failed");
  }
}
