package io.faultline.runtime.access;

import static io.faultline.runtime.access.GuardedService.posting;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who asks too often, at a service where a bucket gives its next token a minute later. */
class RateLimitsTest {

  private static final int BURST = 20;
  private static final String INJECT = "/v1/things/pmem0/faults";

  private static GuardedService service;
  private static String admin;
  private static String ofService;

  @BeforeAll
  static void start(@TempDir Path folder) {
    admin = GuardedService.offline(folder, "admin");
    ofService = GuardedService.offline(folder, "service");
    service =
        GuardedService.start(
            EmbeddedBroker.shared().bootstrapServers(),
            Map.of(
                "faultline.access.required",
                "true",
                "faultline.access.tokens-file",
                folder.resolve("tokens").toString(),
                "faultline.access.service-token-file",
                folder.resolve("service-token").toString(),
                "faultline.access.limits.caller-per-minute",
                "1",
                "faultline.access.limits.caller-burst",
                Integer.toString(BURST),
                "faultline.access.limits.stranger-per-minute",
                "1",
                "faultline.access.limits.stranger-burst",
                Integer.toString(BURST),
                "server.forward-headers-strategy",
                "native"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void aCallerWhoAsksTooOftenIsToldWhenToComeBackAndChangesNothing() {
    String caller = service.newToken(admin, "operator");
    String other = service.newToken(admin, "operator");
    HttpResponse<String> limited =
        untilLimited(() -> posting(service.as(caller, INJECT), "{}"), 200);
    int before = service.changes();
    assertThat(limited.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(1L, 60L);
    assertThat(Json.LENIENT.readTree(limited.body()).get("type").asString())
        .isEqualTo("/problems/too-many-requests");
    assertThat(service.changes()).isEqualTo(before);
    // Another one is not in their bucket, nor is what goes on between services.
    assertThat(service.status(service.as(other, "/v1/things/a"))).isEqualTo(200);
    for (int i = 0; i < 3 * BURST; i++) {
      assertThat(service.status(service.as(ofService, "/v1/things/a"))).isEqualTo(200);
    }
    assertThat(service.counted("faultline.access.limited")).isPositive();
  }

  @Test
  void moreSessionsAreNotMoreRequests() {
    String caller = service.newToken(admin, "viewer");
    AtomicInteger opened = new AtomicInteger();
    untilLimited(
        () ->
            service
                .request("/v1/things/a")
                .header("Cookie", session(caller, "10.9.0." + opened.incrementAndGet())),
        200);
    assertThat(service.status(service.as(caller, "/v1/things/a"))).isEqualTo(429);
  }

  private static String session(String token, String address) {
    HttpResponse<String> opened =
        service.send(posting(from(address, "/v1/session"), "{\"token\":\"" + token + "\"}"));
    assertThat(opened.statusCode()).isEqualTo(201);
    return opened.headers().firstValue("Set-Cookie").orElseThrow().split(";")[0];
  }

  @Test
  void guessingIsBoundedByAddressAndTakesNothingFromOthers() {
    String guess = "{\"token\":\"flt_" + "0".repeat(20) + "_" + "A".repeat(43) + "\"}";
    untilLimited(() -> posting(from("10.9.1.1", "/v1/session"), guess), 401);
    // Not even the right one is told from a wrong one.
    String right = "{\"token\":\"" + admin + "\"}";
    assertThat(service.status(posting(from("10.9.1.1", "/v1/session"), right))).isEqualTo(429);
    assertThat(service.status(from("10.9.1.1", "/v1/things/a"))).isEqualTo(429);
    assertThat(service.status(posting(from("10.9.1.2", "/v1/session"), right))).isEqualTo(201);
    assertThat(service.status(from("10.9.1.1", "/actuator/health/liveness"))).isEqualTo(200);
    HttpRequest.Builder known =
        from("10.9.1.1", "/v1/things/a").header("Authorization", "Bearer " + ofService);
    assertThat(service.status(known)).isEqualTo(200);
  }

  @Test
  void aNetworkOfIpv6IsOneStranger() {
    for (int i = 0; i < BURST; i++) {
      assertThat(RateLimits.network("2001:db8:0:1::" + Integer.toHexString(i + 1)))
          .isEqualTo(RateLimits.network("2001:db8:0:1:ffff::"));
    }
    assertThat(RateLimits.network("2001:db8:0:2::1"))
        .isNotEqualTo(RateLimits.network("2001:db8:0:1::1"));
    assertThat(RateLimits.network("10.9.1.1")).isNotEqualTo(RateLimits.network("10.9.1.2"));
    assertThat(RateLimits.network("no address")).isEqualTo("no address");
  }

  @Test
  void retryAfterIsWholeSecondsAndNeverTooEarly() {
    assertThat(RateLimits.seconds(Duration.ofNanos(1))).isEqualTo(1);
    assertThat(RateLimits.seconds(Duration.ofSeconds(2))).isEqualTo(2);
    assertThat(RateLimits.seconds(Duration.ofMillis(2_001))).isEqualTo(3);
  }

  /** As a proxy that is trusted passes it on; a test is on the loopback. */
  private static HttpRequest.Builder from(String address, String path) {
    return service.request(path).header("X-Forwarded-For", address);
  }

  private static HttpResponse<String> untilLimited(
      Supplier<HttpRequest.Builder> request, int before) {
    for (int sent = 0; sent < 100 * BURST; sent++) {
      HttpResponse<String> answer = service.send(request.get());
      if (answer.statusCode() == 429) {
        assertThat(sent).isGreaterThanOrEqualTo(BURST);
        return answer;
      }
      assertThat(answer.statusCode()).isEqualTo(before);
    }
    throw new AssertionError("nobody was limited");
  }
}
