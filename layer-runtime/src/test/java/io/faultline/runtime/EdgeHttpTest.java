package io.faultline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.ranges.Extents;
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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  enum Colour {
    RED
  }

  record Inner(long seed, int ranges) {}

  /** One field of every type that bodies have. */
  record Everything(
      @Nullable Long number,
      @Nullable Boolean truth,
      @Nullable String text,
      @Nullable Inner inner,
      @Nullable List<String> names,
      @Nullable Map<String, String> tags,
      @Nullable Colour colour,
      @Nullable Duration duration,
      @Nullable Instant time,
      @Nullable Double ratio,
      @Nullable Extents ranges,
      @Nullable JsonNode any) {}

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

    @PostMapping("/v1/everything")
    Map<String, Object> everything(@RequestBody Everything everything) {
      return Map.of("text", String.valueOf(everything.text()));
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

  /** Whatever is wrong, it is pointed at and said in words that a client can do something with. */
  @Test
  void whatIsWrongInABodyIsSaidInOurWords() {
    wrong("{\"number\":\"abc\"}", "/number", "number is a whole number, but it is \"abc\"");
    wrong("{\"number\":\"\"}", "/number", "number is a whole number, but it is \"\"");
    wrong("{\"number\":1.5}", "/number", "number is a whole number, but it is 1.5");
    wrong("{\"number\":9e30}", "/number", "number is a whole number, but it is 9.0E30");
    wrong("{\"number\":[]}", "/number", "number is a whole number, but it is an array");
    wrong("{\"number\":{}}", "/number", "number is a whole number, but it is an object");
    wrong("{\"number\":true}", "/number", "number is a whole number, but it is true or false");
    wrong(
        "{\"number\":99999999999999999999}",
        "/number",
        "number is a whole number below 2^53, but it is 99999999999999999999");
    wrong("{\"number\":" + "9".repeat(40) + "}", "", "too many characters: at most 32");
    wrong("{\"truth\":\"yes\"}", "/truth", "truth is true or false, but it is \"yes\"");
    wrong("{\"truth\":1}", "/truth", "truth is true or false, but it is 1");
    wrong("{\"text\":7}", "/text", "text is a text, but it is 7");
    wrong("{\"text\":{}}", "/text", "text is a text, but it is an object");
    wrong("{\"inner\":[]}", "/inner", "inner is an object, but it is an array");
    wrong("{\"inner\":\"x\"}", "/inner", "inner is an object, but it is a text");
    wrong(
        "{\"inner\":{\"seed\":1}}",
        "/inner/ranges",
        "inner.ranges is a whole number, but it is missing or null");
    wrong(
        "{\"inner\":{\"seed\":null}}",
        "/inner/seed",
        "inner.seed is a whole number, but it is missing or null");
    wrong(
        "{\"inner\":{\"seed\":1,\"ranges\":3000000000}}",
        "/inner/ranges",
        "inner.ranges is a whole number below 2^31, but it is 3000000000");
    wrong(
        "{\"inner\":{\"seed\":1,\"ranges\":1,\"sead\":1}}",
        "/inner/sead",
        "known are ranges, seed");
    wrong("{\"names\":\"a\"}", "/names", "names is an array, but it is a text");
    wrong("{\"names\":[\"a\",1]}", "/names/1", "names[1] is a text, but it is 1");
    wrong("{\"tags\":[]}", "/tags", "tags is an object, but it is an array");
    wrong("{\"tags\":{\"a/b\":1}}", "/tags/a~1b", "tags.a/b is a text, but it is 1");
    wrong("{\"colour\":\"blue\"}", "/colour", "colour is one of RED, but it is \"blue\"");
    wrong("{\"duration\":\"abc\"}", "/duration", "ISO 8601 duration (PT10S), but it is \"abc\"");
    wrong("{\"time\":\"abc\"}", "/time", "time is an RFC 3339 time, but it is \"abc\"");
    wrong("{\"ratio\":\"x\"}", "/ratio", "ratio is a number, but it is \"x\"");
    wrong("{\"ranges\":7}", "/ranges", "ranges are an array of pairs");
    wrong("{\"ranges\":[1]}", "/ranges", "a count is missing");
    wrong("{\"any\":" + "[".repeat(40) + "]".repeat(40) + "}", "/any", "too deep: at most 32");
    wrong("[]", "", "The body is an object, but it is an array");
    wrong("\"x\"", "", "The body is an object, but it is a text");
    wrong("1", "", "The body is an object, but it is a number");
    wrong("null", "", "a JSON body, but here is none");
    wrong("", "", "a JSON body, but here is none");
    wrong(" ", "", "The body is an object, but it is empty");
    wrong("{", "", "it ends before all that it opens is closed");
    wrong("not json", "", "The body is not JSON: line 1, column 1 has what JSON does not allow");
    wrong("{\"text\":\"a\"}\n x", "", "line 2, column 2");
    wrong("{\"number\":NaN}", "", "The body is not JSON");
    wrong("{\"text\":\"\\x\"}", "/text", "The body is not JSON");
  }

  private static void wrong(String body, String pointer, String detail) {
    HttpResponse<String> answer = send(post("/v1/everything", body));
    JsonNode problem = problem(answer, 400);
    assertThat(problem.get("detail").asString()).as(body).contains(detail);
    assertThat(problem.at("/errors/0/pointer").asString("none")).as(body).isEqualTo(pointer);
    assertThat(problem.at("/errors/0/detail").asString()).as(body).isNotEmpty();
    assertThat(answer.body())
        .as(body)
        .doesNotContain("io.faultline", "java.", "jackson", "springframework", "`")
        .doesNotContain("Feature", "Config", "Constraints", "token", "Exception", "class");
  }

  @Test
  void aWrongTypeOfBodyOrAnswerIsToldWhatWouldBeRight() {
    String things = "/v1/things/pmem0";
    HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofString("{}");
    JsonNode text =
        problem(send(request(things).header("Content-Type", "text/plain").POST(body)), 415);
    assertThat(text.get("detail").asString())
        .isEqualTo(
            "The Content-Type of this request is application/json, but it is \"text/plain\"");
    JsonNode none = problem(send(request(things).POST(body)), 415);
    assertThat(none.get("detail").asString())
        .isEqualTo("The Content-Type of this request is application/json, but it is missing");
    // Where a call does not say what it takes, it takes JSON too, and nothing else.
    for (String type : List.of("text/plain", "application/cbor", "application/yaml")) {
      JsonNode other =
          problem(send(request("/v1/everything").header("Content-Type", type).POST(body)), 415);
      assertThat(other.get("detail").asString()).contains("is application/json, but it is");
    }
  }

  @Test
  void answersAreJsonAndNothingThatIsThereByChance() {
    for (String type : List.of("application/cbor", "application/yaml", "image/png")) {
      JsonNode problem =
          problem(send(request("/v1/things?limit=1").header("Accept", type).GET()), 406);
      assertThat(problem.get("detail").asString())
          .isEqualTo("This request is answered as application/json");
    }
    HttpResponse<String> any =
        send(request("/v1/things?limit=1").header("Accept", "text/html, */*;q=0.1").GET());
    assertThat(any.headers().firstValue("Content-Type")).hasValue("application/json");
  }

  @Test
  void theDescriptionHasTheCallsThatThereAreAndAllOfThem() {
    JsonNode paths =
        Json.LENIENT.readTree(send(request("/v1/openapi.json").GET()).body()).get("paths");
    assertThat(paths.propertyNames())
        .contains("/v1/things", "/v1/everything")
        .allMatch(path -> path.startsWith("/v1/"));
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
