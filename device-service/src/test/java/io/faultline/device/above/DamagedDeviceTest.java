package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** One device has lost its medium: what people and programs see of it, and of the others. */
class DamagedDeviceTest {

  private static final String DEVICES = "/v1/hosts/damaged/devices";
  private static final String LOST = DEVICES + "/pmem0";
  private static final String WELL = DEVICES + "/pmem1";
  private static final String SHAPE = "{\"kind\":\"pmem\",\"sizeBytes\":65536}";

  @TempDir private Path folder;

  @Test
  void aDamagedDeviceIsRefusedByNameAndTheOthersAreServed() throws IOException {
    try (RunningService service = start()) {
      service.http().put(LOST, SHAPE).expect(201);
      service.http().put(WELL, SHAPE).expect(201);
    }
    Path medium = folder.resolve("slice/media/damaged/pmem0.1");
    try (RandomAccessFile file = new RandomAccessFile(medium.toFile(), "rw")) {
      file.setLength(512);
    }
    try (RunningService service = start()) {
      HttpCalls http = service.http();
      for (HttpCalls.Answer answer :
          List.of(
              http.get(LOST),
              http.put(LOST, SHAPE),
              http.delete(LOST),
              http.get(LOST + "/data?sector=0&count=1"),
              http.putBytes(LOST + "/data?sector=0", new byte[512]),
              http.get(LOST + "/faults"),
              http.get(LOST + "/badblocks"),
              http.get(LOST + "/removal"),
              http.get(LOST + "/scrub"),
              http.post(LOST + "/scrub"),
              http.post(LOST + "/plug"),
              http.post(LOST + "/unplug", "{\"mode\":\"surprise\"}"),
              http.put(LOST + "/claim", "{\"holder\":\"dm:vol0\"}"),
              http.post(LOST + "/faults", "{\"sector\":0,\"count\":1}"))) {
        JsonNode problem = answer.problem(500, "device-damaged");
        assertThat(problem.get("device").asString()).isEqualTo("pmem0");
        assertThat(problem.get("file").asString()).isEqualTo("media/damaged/pmem0.1");
        assertThat(problem.get("detail").asString())
            .contains("is 512 bytes long, not 65536", "DELETE " + LOST + "?damaged=true");
      }
      http.get(WELL).expect(200);
      http.post(WELL + "/faults", "{\"sector\":0,\"count\":8}").expect(202);
      JsonNode items = http.get(DEVICES).expect(200).json().get("items");
      assertThat(items.size()).isEqualTo(2);
      assertThat(items.get(0).get("name").asString()).isEqualTo("pmem0");
      assertThat(items.get(0).get("state").asString()).isEqualTo("damaged");
      assertThat(items.get(0).get("kind").asString()).isEqualTo("pmem");
      assertThat(items.get(0).at("/damage/file").asString()).isEqualTo("media/damaged/pmem0.1");
      assertThat(items.get(1).get("state").asString()).isEqualTo("active");
      http.get("/actuator/health/readiness").expect(200);
      assertThat(
              http.get("/actuator/health")
                  .json()
                  .at("/components/deviceSlice/details/damagedDevices/0")
                  .asString())
          .isEqualTo("damaged/pmem0");
      assertThat(
              http.get("/actuator/metrics/faultline.device.damaged")
                  .expect(200)
                  .json()
                  .at("/measurements/0/value")
                  .asInt())
          .isEqualTo(1);

      http.delete(WELL + "?damaged=true").problem(409, "not-damaged");
      http.delete(LOST + "?damaged=true").expect(204);
      http.get(LOST).problem(404, "not-found");
      assertThat(http.put(LOST, SHAPE).expect(201).json().get("generation").asLong()).isEqualTo(2);
    }
  }

  private RunningService start() {
    return RunningService.start(
        folder.resolve("slice"), EmbeddedBroker.shared().bootstrapServers());
  }
}
