package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.standalone.testing.SharedStandalone;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Standalone with and without access control, as its user starts it. */
@ExtendWith(SharedStandalone.class)
class AccessIT {

  private static final String DEVICE = "/v1/hosts/local/devices/pmem0";
  private static final String VOLUME = "/v1/hosts/local/volumes/vol0";

  @TempDir Path folder;

  @Test
  void theFirstStartMakesAnAdministratorAndTheServicesStillWorkTogether() throws IOException {
    Path data = folder.resolve("data");
    try (StandaloneProcess faultline = StandaloneProcess.on(data)) {
      faultline.startReady("--faultline.access.required=true", "--server.address=0.0.0.0");
      Path secret = data.resolve("access/admin-token");
      String admin = Files.readString(secret).strip();
      assertThat(faultline.out()).contains(secret.toString()).doesNotContain(admin);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
          .isEqualTo("rw-------");

      HttpRequest device = put(faultline, DEVICE, "application/json", POOL).build();
      assertThat(faultline.send(device).statusCode()).isEqualTo(401);
      assertThat(faultline.get("/v1/hosts").statusCode()).isEqualTo(401);
      assertThat(send(faultline, admin, put(faultline, DEVICE, "application/json", POOL)))
          .isEqualTo(201);
      // dm-service claims the device of device-service: by its own credential.
      assertThat(
              send(faultline, admin, put(faultline, VOLUME, "text/plain", "0 2048 linear pmem0 0")))
          .isEqualTo(201);
      keysAreOnesOwn(faultline, admin);
      String audit = Files.readString(data.resolve("log/standalone.log.audit"));
      assertThat(audit).contains(VOLUME, "first-admin").doesNotContain(admin);

      String viewer = token(faultline, admin, "viewer");
      assertThat(badBlocks(faultline, admin)).contains("latent");
      assertThat(badBlocks(faultline, viewer)).contains("ranges").doesNotContain("latent");

      faultline.stop();
      faultline.startReady("--faultline.access.required=true");
      assertThat(send(faultline, viewer, HttpRequest.newBuilder(faultline.uri(DEVICE))))
          .isEqualTo(200);
      assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
    }
  }

  /** In the journal of device-service and in the answers that a layer keeps. */
  private static void keysAreOnesOwn(StandaloneProcess faultline, String admin) {
    String other = token(faultline, admin, "operator");
    String fault = "{\"sector\":0,\"count\":8,\"notify\":false}";
    String first = keyed(faultline, admin, DEVICE + "/faults", fault);
    assertThat(first).contains("faultId");
    assertThat(keyed(faultline, admin, DEVICE + "/faults", fault)).isEqualTo(first);
    assertThat(keyed(faultline, other, DEVICE + "/faults", fault))
        .contains("faultId")
        .isNotEqualTo(first);
    // The same key for another request is refused where it is one's own key only.
    String message = VOLUME + "/message?sector=0";
    assertThat(keyed(faultline, admin, message, "one")).contains("message-refused");
    assertThat(keyed(faultline, admin, message, "two")).contains("idempotency-key-reused");
    assertThat(keyed(faultline, other, message, "two")).contains("message-refused");
  }

  private static String keyed(StandaloneProcess faultline, String token, String path, String body) {
    return faultline
        .send(
            HttpRequest.newBuilder(faultline.uri(path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", body.startsWith("{") ? "application/json" : "text/plain")
                .header("Idempotency-Key", "k1")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build())
        .body();
  }

  @Test
  void withoutATokenAskedForItIsOpenToThisMachineButNotToAName(StandaloneProcess faultline)
      throws IOException {
    String device = "/v1/hosts/access/devices/pmem0";
    assertThat(faultline.get("/v1/hosts").statusCode()).isEqualTo(200);
    try (Socket socket = new Socket("127.0.0.1", faultline.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /v1/hosts HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 403").contains("/problems/host-not-allowed");
    }
    HttpRequest crossSite =
        put(faultline, device, "application/json", POOL)
            .header("Origin", "https://evil.example")
            .build();
    assertThat(faultline.send(crossSite).statusCode()).isEqualTo(403);
    assertThat(faultline.get(device).statusCode()).isEqualTo(404);
  }

  private static final String POOL = "{\"kind\":\"pmem\",\"sizeBytes\":1048576}";

  private static HttpRequest.Builder put(
      StandaloneProcess faultline, String path, String type, String body) {
    return HttpRequest.newBuilder(faultline.uri(path))
        .header("Content-Type", type)
        .PUT(HttpRequest.BodyPublishers.ofString(body));
  }

  private static int send(StandaloneProcess faultline, String token, HttpRequest.Builder request) {
    HttpResponse<String> answer =
        faultline.send(request.header("Authorization", "Bearer " + token).build());
    return answer.statusCode();
  }

  private static String token(StandaloneProcess faultline, String admin, String role) {
    HttpRequest request =
        HttpRequest.newBuilder(faultline.uri("/v1/tokens"))
            .header("Authorization", "Bearer " + admin)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"v\",\"role\":\"" + role + "\"}"))
            .build();
    String made = faultline.send(request).body();
    int begin = made.indexOf("flt_");
    return made.substring(begin, made.indexOf('"', begin));
  }

  private static String badBlocks(StandaloneProcess faultline, String token) {
    return faultline
        .send(
            HttpRequest.newBuilder(faultline.uri(DEVICE + "/badblocks"))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/json")
                .build())
        .body();
  }
}
