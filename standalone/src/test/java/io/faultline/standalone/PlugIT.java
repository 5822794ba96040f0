package io.faultline.standalone;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.SharedStandalone;
import io.faultline.standalone.testing.StandaloneProcess;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/**
 * Devices leave and come back under real layers: one below a volume, one below a filesystem. What
 * stood on them stands on another generation afterwards, and claims it when it is used again.
 */
@ExtendWith(SharedStandalone.class)
class PlugIT {

  private static final String PMEM = "{\"kind\":\"pmem\",\"sizeBytes\":67108864}";

  @Test
  void whatStoodOnADeviceClaimsItAgainWhenItIsUsedNext(StandaloneProcess faultline) {
    Api api = new Api(faultline, "plug");
    api.put("devices/pmem0", PMEM);
    api.put("devices/pmem1", PMEM);
    success(api.send("PUT", "volumes/vol0", "text/plain", "0 65536 linear pmem0 0"));
    api.put("filesystems/data", "{\"data\":\"vol0\"}");
    api.put("filesystems/raw", "{\"data\":\"pmem1\"}");
    api.post("devices/pmem0/faults", "{\"sector\":800,\"count\":8}");
    await("the fault is known", () -> ranges(api, "filesystems/data").equals("[800,8]"));

    api.post("devices/pmem0/unplug", "{\"mode\":\"surprise\"}");
    api.post("devices/pmem1/unplug", "{\"mode\":\"planned\"}");
    await("both are gone", () -> gone(api, "pmem0") && gone(api, "pmem1"));
    JsonNode removal = api.ofHost("devices/pmem1/removal");
    assertThat(removal.get("end").asString()).isEqualTo("acknowledged");
    assertThat(removal.get("unanswered").size()).isZero();
    await("both stopped", () -> stopped(api, "data") && stopped(api, "raw"));
    assertThat(claims(api, "pmem0")).as("shown while it is away").isEqualTo("[\"dm:vol0\"]");

    for (String device : new String[] {"pmem0", "pmem1"}) {
      JsonNode plugged = api.post("devices/" + device + "/plug", "{}");
      assertThat(plugged.get("generation").asLong()).isEqualTo(2);
      assertThat(claims(api, device)).isEqualTo("[]");
    }

    for (String filesystem : new String[] {"data", "raw"}) {
      api.post("filesystems/" + filesystem + "/unmount", "{}");
      api.post("filesystems/" + filesystem + "/mount", "{}");
      assertThat(api.ofHost("filesystems/" + filesystem).get("state").asString())
          .isEqualTo("mounted");
    }
    assertThat(claims(api, "pmem0")).isEqualTo("[\"dm:vol0\"]");
    assertThat(claims(api, "pmem1")).isEqualTo("[\"fs:raw\"]");
    await("only the poison is left", () -> ranges(api, "filesystems/data").equals("[800,8]"));
    assertThat(ranges(api, "filesystems/raw")).isEqualTo("[]");
    assertThat(api.ofHost("volumes/vol0/map?sector=0&count=8").get("pieces").size()).isEqualTo(1);
    assertThat(
            api.send("GET", "devices/pmem0/data?sector=0&count=8", "text/plain", "").statusCode())
        .isEqualTo(200);

    somebodyElseIsNamed(api);
  }

  /** Another one takes the device between the plug and the mount. */
  private static void somebodyElseIsNamed(Api api) {
    api.post("devices/pmem0/unplug", "{\"mode\":\"surprise\"}");
    await("it stopped", () -> stopped(api, "data"));
    api.post("filesystems/data/unmount", "{}");
    api.post("devices/pmem0/plug", "{}");
    HttpResponse<String> needed = api.send("DELETE", "devices/pmem0", "text/plain", "");
    assertThat(needed.statusCode()).as("vol0's table names it").isEqualTo(409);
    assertThat(needed.body()).contains("dm:vol0");
    api.put("filesystems/other", "{\"data\":\"pmem0\"}");

    HttpResponse<String> refused =
        api.send("POST", "filesystems/data/mount", "application/json", "{}");
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(409);
    assertThat(Json.LENIENT.readTree(refused.body()).get("holder").asString())
        .isEqualTo("fs:other");
  }

  private static boolean gone(Api api, String device) {
    return api.ofHost("devices/" + device).get("state").asString().equals("removed");
  }

  private static boolean stopped(Api api, String filesystem) {
    return api.ofHost("filesystems/" + filesystem).get("state").asString().equals("shutdown");
  }

  private static String claims(Api api, String device) {
    return api.ofHost("devices/" + device).get("claims").toString();
  }

  private static String ranges(Api api, String path) {
    return api.ofHost(path).get("badRanges").toString();
  }

  private static void success(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }
}
