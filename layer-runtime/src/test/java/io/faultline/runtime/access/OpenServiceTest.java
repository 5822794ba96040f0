package io.faultline.runtime.access;

import static io.faultline.runtime.access.GuardedService.posting;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service on the loopback that asks nobody: open to this machine, closed to pages of others. */
class OpenServiceTest {

  private static final String INJECT = "/v1/things/pmem0/faults";
  private static GuardedService service;

  @BeforeAll
  static void start() {
    service =
        GuardedService.start(
            EmbeddedBroker.shared().bootstrapServers(),
            Map.of("faultline.access.hosts", "faultline.test"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void everythingIsOpenWithoutAToken() {
    assertThat(service.status(service.request("/v1/things/a?recover=true"))).isEqualTo(200);
    assertThat(service.status(posting(service.request(INJECT), "{}"))).isEqualTo(200);
    assertThat(service.status(service.request("/v1/forgotten"))).isEqualTo(200);
    assertThat(service.status(service.as("stale", "/v1/things/a"))).isEqualTo(200);
    var who = service.json(service.request("/v1/session"), 200);
    assertThat(who.get("required").asBoolean()).isFalse();
    assertThat(who.get("role").asString()).isEqualTo("admin");
  }

  /** What is made while nobody is asked must not let anybody in when somebody is. */
  @Test
  void noTokenCanBeMadeThatWouldOutliveTheOpenDoor() {
    HttpRequest.Builder wanted =
        posting(service.request("/v1/tokens"), "{\"name\":\"a\",\"role\":\"admin\"}");
    assertThat(service.json(wanted, 409).get("type").asString())
        .isEqualTo("/problems/access-control-off");
    assertThat(service.status(service.request("/v1/audit"))).isEqualTo(409);
    assertThat(service.status(posting(service.request("/v1/session"), "{\"token\":\"x\"}")))
        .isEqualTo(409);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "LOCALHOST:8080", "faultline.test:80"})
  void itIsKnownByTheNamesOfTheLoopbackAndThoseThatAreConfigured(String host) throws IOException {
    assertThat(get(host, "")).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "0.0.0.0",
        "faultline.test.evil.example",
        "[::2]"
      })
  void aNameThatAnAttackerPointsAtUsIsRefused(String host) throws IOException {
    assertThat(get(host, "")).startsWith("HTTP/1.1 403").contains("/problems/host-not-allowed");
    assertThat(get(host, "Origin: http://" + host + "\r\n")).startsWith("HTTP/1.1 403");
  }

  @Test
  void noPageOfOthersChangesOrReadsAnything() {
    String own = "http://127.0.0.1:" + service.port();
    for (String origin : List.of("https://evil.example", "null", "http://localhost:3000")) {
      assertThat(service.status(posting(service.request(INJECT), "{}").header("Origin", origin)))
          .isEqualTo(403);
    }
    assertThat(service.status(posting(service.request(INJECT), "{}").header("Origin", own)))
        .isEqualTo(200);
    for (String site : List.of("cross-site", "same-site")) {
      HttpRequest.Builder embedded =
          service
              .request("/v1/things/a")
              .header("Sec-Fetch-Site", site)
              .header("Sec-Fetch-Mode", "no-cors")
              .header("Sec-Fetch-Dest", "script");
      assertThat(service.status(embedded)).isEqualTo(403);
      HttpRequest.Builder link =
          service
              .request("/v1/things/a")
              .header("Sec-Fetch-Site", site)
              .header("Sec-Fetch-Mode", "navigate")
              .header("Sec-Fetch-Dest", "document");
      assertThat(service.status(link)).isEqualTo(200);
    }
    // A form of another site, from a browser that says nothing of where it comes from.
    HttpRequest.Builder form =
        service
            .request(INJECT)
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("{}"));
    assertThat(service.status(form)).isEqualTo(415);
    var answer =
        service.send(service.request("/v1/things/a").header("Origin", "https://evil.example"));
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control"));
    assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
  }

  private static String get(String host, String more) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      String request =
          "GET /v1/things/a HTTP/1.1\r\nHost: "
              + host
              + "\r\n"
              + more
              + "Connection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
