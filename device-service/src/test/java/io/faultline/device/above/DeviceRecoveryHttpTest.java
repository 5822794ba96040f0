package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.above.HttpCalls.Answer;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Reports of bad blocks, and what reads and writes of kinds of hardware answer, over real HTTP. */
class DeviceRecoveryHttpTest {

  @TempDir private static Path folder;

  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static RunningService service;
  private static HttpCalls http;
  private String host;

  @BeforeAll
  static void start() {
    service =
        RunningService.start(
            folder.resolve("slice"),
            EmbeddedBroker.shared().bootstrapServers(),
            // Nobody is above: no volume has the name of a device.
            "faultline.dm-service-url",
            "http://127.0.0.1:1",
            "faultline.fs-service-url",
            "http://127.0.0.1:1");
    http = service.http();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @BeforeEach
  void aHostOfItsOwn() {
    host = "recovery" + HOSTS.incrementAndGet();
  }

  @Test
  void badBlocksComeInTheFormsOfTheKindsOwnTools() {
    create("pmem0", "pmem", "");
    poison("pmem0", 100, 8);
    String badblocks = device("pmem0") + "/badblocks";
    assertThat(http.get(badblocks + "?format=sysfs").expect(200).text()).isEqualTo("100 8\n");
    Answer ndctl = http.get(badblocks + "?format=ndctl").expect(200);
    assertThat(ndctl.header("Content-Type")).isEqualTo("application/json");
    JsonNode namespace = ndctl.json().get(0);
    assertThat(namespace.get("blockdev").asString()).isEqualTo("pmem0");
    assertThat(namespace.get("badblock_count").asLong()).isEqualTo(8);
    assertThat(namespace.get("badblocks").toString()).isEqualTo("[{\"offset\":100,\"length\":8}]");
    JsonNode people = http.get(badblocks + "?format=ndctl&human=true").expect(200).json();
    assertThat(people.get("dev").asString()).isEqualTo("namespace0.0");

    Answer byType =
        http.get(badblocks, "application/vnd.faultline.ndctl+json, text/plain;q=0.1").expect(200);
    assertThat(byType.header("Content-Type")).isEqualTo("application/vnd.faultline.ndctl+json");
    assertThat(byType.bytes()).isEqualTo(ndctl.bytes());
    assertThat(http.get(badblocks, "*/*").expect(200).text()).isEqualTo("100 8\n");

    JsonNode refused = http.get(badblocks + "?format=cxl").problem(422, "format-not-offered");
    assertThat(refused.get("formats").toString())
        .isEqualTo("[\"sysfs\",\"sysfs-unacknowledged\",\"ndctl\",\"ndctl-region\"]");
    assertThat(refused.get("detail").asString()).contains("cxl").contains("pmem");
    http.get(badblocks, "application/vnd.faultline.cxl+json").problem(406, "not-acceptable");
    http.get(badblocks, "nonsense").problem(406, "not-acceptable");
    http.get(device("nothing") + "/badblocks?format=sysfs").problem(404, "not-found");
  }

  @Test
  void aPoisonedRangeIsAcknowledgedOnceItIsPublished() {
    create("pmem0", "pmem", "");
    poison("pmem0", 100, 8);
    String badblocks = device("pmem0") + "/badblocks";
    Awaiting.await(
        "all is acknowledged",
        () -> http.get(badblocks + "?format=sysfs-unacknowledged").expect(200).text(),
        String::isEmpty);
    JsonNode sets = http.get(badblocks, "application/json").json();
    assertThat(sets.get("unacknowledged").toString()).isEqualTo("[]");
    assertThat(sets.get("ranges").toString()).isEqualTo("[100,8]");
  }

  @Test
  void mediaErrorsSpeakTheHardwaresLanguage() {
    create("sda", "scsi", ",\"logicalBlockBytes\":4096");
    poison("sda", 80, 16);
    JsonNode scsi =
        http.get(device("sda") + "/data?sector=0&count=200").problem(422, "media-error");
    assertThat(scsi.get("sector").asLong()).isEqualTo(80);
    assertThat(scsi.get("native").toString())
        .isEqualTo("{\"asc\":17,\"ascq\":0,\"information\":10,\"senseKey\":3}");
    create("nvme0", "nvme", "");
    poison("nvme0", 80, 1);
    JsonNode nvme =
        http.get(device("nvme0") + "/data?sector=0&count=200").problem(422, "media-error");
    assertThat(nvme.at("/native/statusCode").asInt()).isEqualTo(0x81);
    assertThat(nvme.at("/native/lba").asInt()).isEqualTo(80);
  }

  @Test
  void hardwareThatCannotClearIsMadeAndShownAndKeepsItsPoison() {
    create("pmem0", "pmem", ",\"clearsPoison\":false");
    assertThat(http.get(device("pmem0")).json().get("clearsPoison").asBoolean()).isFalse();
    http.put(device("pmem0"), shape("pmem", ",\"clearsPoison\":false")).expect(200);
    http.put(device("pmem0"), shape("pmem", "")).problem(409, "already-exists");
    http.put(device("p"), shape("pmem", ",\"clearsPoison\":1")).problem(400, "malformed-request");
    poison("pmem0", 8, 8);
    String data = device("pmem0") + "/data";
    JsonNode problem =
        http.putBytes(data + "?sector=8", filled(8, 1)).problem(422, "poison-not-clearable");
    assertThat(problem.get("errno").asString()).isEqualTo("EIO");
    http.putBytes(data + "?sector=8&recover=true", filled(8, 1))
        .problem(422, "poison-not-clearable");
    JsonNode cleared =
        http.delete(device("pmem0") + "/faults?sector=0&count=64").expect(200).json();
    assertThat(cleared.toString())
        .isEqualTo("{\"ranges\":[],\"eventId\":null,\"cleared\":[],\"notCleared\":[8,8]}");
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEqualTo("8 8\n");
  }

  @Test
  void aRecoveringWriteHealsOnPagesAndIsCounted() {
    create("pmem0", "pmem", "");
    String data = device("pmem0") + "/data";
    http.putBytes(data + "?sector=0", filled(32, 1)).expect(200);
    poison("pmem0", 10, 2);
    http.putBytes(data + "?sector=8&recover=true", filled(9, 2)).problem(422, "misaligned");
    JsonNode healed =
        http.putBytes(data + "?sector=8&recover=true", filled(8, 2)).expect(200).json();
    assertThat(healed.get("ranges").toString()).isEqualTo("[10,2]");
    assertThat(healed.get("eventId").asString()).startsWith(host + ":");
    assertThat(http.get(data + "?sector=8&count=8").expect(200).bytes()).isEqualTo(filled(8, 2));
    JsonNode metric =
        http.get(
                "/actuator/metrics/faultline.device.recovered.bytes?tag=host:"
                    + host
                    + "&tag=device:pmem0&tag=data:rewritten")
            .expect(200)
            .json();
    assertThat(metric.at("/measurements/0/value").asDouble()).isEqualTo(1024);
  }

  @Test
  void aProcessorsStoreIsAskedForByName() {
    create("pmem0", "pmem", "");
    poison("pmem0", 8, 8);
    String data = device("pmem0") + "/data";
    http.putBytes(data + "?sector=0&access=store", filled(8, 3)).expect(200);
    assertThat(http.get(data + "?sector=0&count=8").bytes()).isEqualTo(filled(8, 3));
    JsonNode check =
        http.putBytes(data + "?sector=8&access=store", filled(8, 3)).problem(422, "media-error");
    assertThat(check.get("signal").asString()).isEqualTo("SIGBUS");
    assertThat(check.get("code").asString()).isEqualTo("BUS_MCEERR_AR");
    assertThat(http.get(device("pmem0") + "/badblocks").text()).isEqualTo("8 8\n");
    http.putBytes(data + "?sector=8&access=block", filled(8, 3)).expect(200);
    http.putBytes(data + "?sector=8&access=store&recover=true", filled(8, 3))
        .problem(400, "malformed-request");
    http.putBytes(data + "?sector=8&access=dma", filled(8, 3)).problem(400, "malformed-request");
    create("ata0", "ata", "");
    http.putBytes(device("ata0") + "/data?sector=8&access=store", filled(1, 3))
        .problem(422, "not-dax");
  }

  private void create(String name, String kind, String more) {
    http.put(device(name), shape(kind, more)).expect(201);
  }

  private static String shape(String kind, String more) {
    return "{\"kind\":\"" + kind + "\",\"sizeBytes\":1048576" + more + "}";
  }

  private void poison(String name, long sector, long count) {
    http.post(device(name) + "/faults", "{\"sector\":" + sector + ",\"count\":" + count + "}")
        .expect(202);
  }

  private String device(String name) {
    return "/v1/hosts/" + host + "/devices/" + name;
  }

  private static byte[] filled(int sectors, int value) {
    byte[] content = new byte[sectors * 512];
    Arrays.fill(content, (byte) value);
    return content;
  }
}
