package io.faultline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.BodyLimit;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import io.faultline.runtime.testing.EmbeddedBroker;
import jakarta.servlet.http.HttpServletRequest;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** What every service answers to requests that are wrong, over real HTTP. */
class EdgeHttpTest {

  private static ConfigurableApplicationContext context;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  record Inject(long sector, long count) {}

  @RestController
  static class Things {
    @PostMapping(path = "/v1/things/{thing}", consumes = "application/json")
    Map<String, Object> inject(
        @PathVariable String thing, @RequestBody Inject inject, HttpServletRequest request) {
      Edge.name("thing", thing);
      SectorRange range = Edge.sectorRange(inject.sector(), inject.count());
      String id = Edge.commandId(request);
      return Map.of("range", range.toString(), "id", id == null ? "" : id);
    }

    @GetMapping("/v1/things")
    Map<String, Object> list(@RequestParam Integer limit) {
      return Map.of("limit", Edge.page(limit, null).limit());
    }

    @GetMapping("/v1/explode")
    void explode() {
      throw new IllegalStateException("secret words");
    }

    @GetMapping("/v1/problem")
    void problem() {
      throw new ProblemException(
          Problem.conflict("claimed", "Somebody holds it", "fs:data holds pmem0")
              .with("holder", "fs:data"));
    }

    @PutMapping("/v1/large")
    int large(@RequestBody byte[] body) {
      return body.length;
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({RuntimeConfiguration.class, Things.class})
  static class Application {
    @Bean
    BodyLimit large() {
      return new BodyLimit("PUT", "/v1/large", 3 * 1024 * 1024);
    }
  }

  @BeforeAll
  static void start() {
    SpringApplication application = new SpringApplication(Application.class);
    application.setDefaultProperties(
        Map.of(
            "server.port", "0",
            "spring.main.banner-mode", "off",
            "spring.kafka.bootstrap-servers", EmbeddedBroker.shared().bootstrapServers()));
    context = application.run();
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void aGoodRequestIsAnswered() {
    HttpResponse<String> answer =
        send(
            post("/v1/things/pmem0", "{\"sector\":8,\"count\":2}").header("Idempotency-Key", "k1"));

    assertThat(answer.statusCode()).isEqualTo(200);
    JsonNode body = Json.LENIENT.readTree(answer.body());
    assertThat(body.get("range").asString()).isEqualTo("8+2");
    assertThat(body.get("id").asString()).isEqualTo("POST /v1/things/pmem0 k1");
  }

  @Test
  void aFieldThatIsNotKnownIsNamed() {
    JsonNode problem =
        problem(send(post("/v1/things/pmem0", "{\"sector\":8,\"count\":2,\"cuont\":3}")), 400);

    assertThat(problem.get("detail").asString()).contains("\"cuont\"").contains("count, sector");
    assertThat(problem.at("/errors/0/pointer").asString()).isEqualTo("/cuont");
  }

  @Test
  void aFieldOfTheWrongTypeOrMissingIsNamed() {
    JsonNode wrong = problem(send(post("/v1/things/pmem0", "{\"sector\":\"x\",\"count\":2}")), 400);
    JsonNode missing = problem(send(post("/v1/things/pmem0", "{\"sector\":1}")), 400);
    JsonNode fraction =
        problem(send(post("/v1/things/pmem0", "{\"sector\":1.5,\"count\":2}")), 400);

    assertThat(wrong.at("/errors/0/pointer").asString()).isEqualTo("/sector");
    assertThat(missing.toString()).contains("count");
    assertThat(fraction.at("/errors/0/pointer").asString()).isEqualTo("/sector");
  }

  @Test
  void namesAndNumbersAreChecked() {
    for (String name : new String[] {"Pmem0", "a%20b", "..", "-x", "a".repeat(64), "%00"}) {
      HttpResponse<String> answer = send(post("/v1/things/" + name, "{\"sector\":8,\"count\":2}"));
      assertThat(answer.statusCode()).as(name).isIn(400, 404);
    }
    assertThat(detail("{\"sector\":-8,\"count\":2}")).contains("sector").contains("-8");
    assertThat(detail("{\"sector\":8,\"count\":0}")).contains("count").contains("0");
    assertThat(detail("{\"sector\":9007199254740992,\"count\":1}")).contains("below 2^53");
    assertThat(detail("{\"sector\":9007199254740991,\"count\":1}")).contains("below 2^53");
    assertThat(detail("{\"sector\":9223372036854775808,\"count\":1}")).isNotEmpty();
    assertThat(detail("not json")).isNotEmpty();
    assertThat(detail("")).isNotEmpty();
    assertThat(detail("{\"sector\":1,\"count\":1} trailing")).isNotEmpty();
  }

  @Test
  void wrongContentTypeMethodPathAndParameterAreProblems() {
    HttpResponse<String> text =
        send(
            request("/v1/things/pmem0")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
    problem(text, 415);
    problem(send(request("/v1/things/pmem0").DELETE()), 405);
    problem(send(request("/v1/nothing").GET()), 404);
    problem(send(request("/v1/things/a%2Fb").GET()), 400);
    assertThat(problem(send(request("/v1/things?limit=x").GET()), 400).get("detail").asString())
        .contains("limit")
        .contains("\"x\"");
    problem(send(request("/v1/things?limit=0").GET()), 400);
    problem(send(request("/v1/things").GET()), 400);
  }

  @Test
  void aBugTellsNothingOfItself() {
    HttpResponse<String> answer = send(request("/v1/explode").GET());

    problem(answer, 500);
    assertThat(answer.body()).doesNotContain("secret words").doesNotContain("Exception");
  }

  @Test
  void aProblemCarriesItsMembers() {
    JsonNode problem =
        problem(send(request("/v1/problem").header("Accept", "text/plain").GET()), 409);

    assertThat(problem.get("type").asString()).isEqualTo("/problems/claimed");
    assertThat(problem.get("holder").asString()).isEqualTo("fs:data");
  }

  @Test
  void bodiesThatAreTooLargeAreRefusedAnnouncedOrNot() throws Exception {
    byte[] two = new byte[2 * 1024 * 1024];
    problem(send(post("/v1/things/pmem0", new String(two, StandardCharsets.ISO_8859_1))), 413);
    HttpResponse<String> streamed =
        send(
            request("/v1/large")
                .PUT(
                    HttpRequest.BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[4 * 1024 * 1024]))));
    problem(streamed, 413);
    assertThat(send(request("/v1/large").PUT(HttpRequest.BodyPublishers.ofByteArray(two))).body())
        .isEqualTo(Integer.toString(two.length));
  }

  @Test
  void aBrokenUrlGetsNoStackTraceAndNoVersion() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "GET /v1/[broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer)
          .startsWith("HTTP/1.1 400")
          .contains("Content-Type: application/problem+json")
          .contains("/problems/malformed-request")
          .doesNotContain("Tomcat")
          .doesNotContain("at org.");
    }
  }

  private static String detail(String body) {
    return problem(send(post("/v1/things/pmem0", body)), 400).get("detail").asString();
  }

  private static JsonNode problem(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("type").asString()).startsWith("/problems/");
    assertThat(problem.get("title").asString()).isNotEmpty();
    return problem;
  }

  private static HttpRequest.Builder post(String path, String body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
  }

  private static int port() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
