package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an operator has of a running Faultline: command line, traces, metrics, runbooks. */
class OperationsIT {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final Path PROJECT = project();

  @TempDir static Path folder;

  private static StandaloneProcess faultline;

  @BeforeAll
  static void start() {
    faultline =
        StandaloneProcess.on(folder.resolve("data"))
            .startReady(
                "--faultline.log-format=ecs", "--logging.level.org.springframework.web=DEBUG");
    new Api(faultline, "local").buildWalk(PROJECT);
  }

  @AfterAll
  static void stop() {
    faultline.close();
  }

  private static Path project() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  /** What the client printed, and how it ended. */
  private record Client(int exitCode, String out, String err) {}

  private static Client client(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(StandaloneProcess.client());
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "client", ".out");
    Path err = Files.createTempFile(folder, "client", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("FAULTLINE_"));
    environment.remove("JAVA_TOOL_OPTIONS");
    environment.put("FAULTLINE_URL", faultline.url());
    Process process = builder.start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command.toString()).isTrue();
    return new Client(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  @Test
  void theCommandLineSeesAFaultFromTheInjectionToItsFiles() throws Exception {
    assertThat(client("impact", "pmem0", "9376+8").out()).contains("vol0", "/ref-src");

    Client injected = client("inject", "pmem0", "9376+8");
    assertThat(injected.err()).isEmpty();
    String fault = injected.out().strip().replace("fault ", "");

    Client watched =
        client(
            "watch",
            "--from=beginning",
            "--filter=fault=" + fault,
            "--filter=type=corrupted_range,file_range_lost",
            "--count=5",
            "-o",
            "json");
    assertThat(watched.out().lines().map(Json.LENIENT::readTree))
        .hasSize(5)
        .extracting(event -> event.path("type").asString())
        .contains("io.faultline.corrupted_range", "io.faultline.file_range_lost");

    assertThat(client("fault", fault).out())
        .contains("device pmem0 9376+8", "└─ volume vol0 data_lost 18720+8", "file /ref-src");

    Client refused = client("unplug", "pmem0", "--mode=orderly");
    assertThat(refused.exitCode()).isEqualTo(4);
    assertThat(refused.err()).startsWith("faultline: ").contains("fs:data");
    assertThat(client("devices", "nope").exitCode()).isEqualTo(3);
    assertThat(client("clear", "pmem0", "9376+8").out().strip()).isEqualTo("cleared 9376+8");
  }

  @Test
  void oneFaultIsOneTraceFromTheRequestToTheWebhook() throws Exception {
    LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
    HttpServer receiver =
        receiver(
            (event, headers) ->
                received.add(
                    event.path("type").asString() + " " + headers.getFirst("traceparent")));
    try (EventStream stream = EventStream.open(faultline, "");
        EventStream cases = EventStream.open(faultline, "?type=fault_opened")) {
      String watcher =
          "{\"filter\":{\"type\":[\"file_range_lost\"]},\"sink\":{\"type\":\"webhook\","
              + "\"url\":\"http://127.0.0.1:"
              + receiver.getAddress().getPort()
              + "/\"}}";
      send("PUT", "/v1/watchers/traced", watcher, null, 201);
      send(
          "POST",
          "/v1/hosts/local/devices/pmem0/faults",
          "{\"sector\":9376,\"count\":8}",
          "00-" + TRACE + "-00f067aa0ba902b7-01",
          202);

      List<EventStream.Arrived> events =
          stream.await("events of that trace", 5, OperationsIT::ofTheTrace);
      assertThat(events)
          .extracting(EventStream.Arrived::type)
          .containsOnly("corrupted_range", "file_range_lost")
          .hasSize(5);
      cases.await("the case of that trace", OperationsIT::ofTheTrace);
      assertThat(received.poll(60, TimeUnit.SECONDS))
          .startsWith("io.faultline.file_range_lost 00-" + TRACE + "-");
    } finally {
      receiver.stop(0);
      faultline.send(HttpRequest.newBuilder(faultline.uri("/v1/watchers/traced")).DELETE().build());
      // Other tests poison the same sectors: what is bad already is no news.
      faultline.send(
          HttpRequest.newBuilder(
                  faultline.uri("/v1/hosts/local/devices/pmem0/faults?sector=9376&count=8"))
              .DELETE()
              .build());
    }
  }

  /** Nobody had to say how people reach it: the links lead to where it listens. */
  @Test
  void linksOfAnAlertLeadToWhereItListens() throws Exception {
    LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
    HttpServer receiver =
        receiver((alerts, _) -> received.add(alerts.at("/0/generatorURL").asString()));
    try {
      String watcher =
          "{\"sink\":{\"type\":\"alertmanager\",\"url\":\"http://127.0.0.1:"
              + receiver.getAddress().getPort()
              + "/\"}}";
      send("PUT", "/v1/watchers/alerted", watcher, null, 201);
      send("POST", "/v1/watchers/alerted/test", "", null, 200);
      assertThat(received.poll(60, TimeUnit.SECONDS))
          .isEqualTo(faultline.url() + "/v1/watchers/alerted");
    } finally {
      receiver.stop(0);
      faultline.send(
          HttpRequest.newBuilder(faultline.uri("/v1/watchers/alerted")).DELETE().build());
    }
  }

  /** Somebody who is told, in JSON, and takes it. */
  private static HttpServer receiver(BiConsumer<JsonNode, Headers> told) throws IOException {
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String body =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            told.accept(Json.LENIENT.readTree(body), exchange.getRequestHeaders());
            exchange.sendResponseHeaders(204, -1);
          }
        });
    receiver.start();
    return receiver;
  }

  private static boolean ofTheTrace(EventStream.Arrived event) {
    return event.event().path("traceparent").asString("").contains(TRACE);
  }

  private static void send(
      String method, String path, String json, @Nullable String traceparent, int status) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(faultline.uri(path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(json));
    if (traceparent != null) {
      request.header("traceparent", traceparent);
    }
    HttpResponse<String> answer = faultline.send(request.build());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
  }

  @Test
  void everyMeterThatIsScrapedIsInTheTable() {
    String table;
    try {
      table = Files.readString(PROJECT.resolve("docs/METRICS.md"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    Map<String, String> expected = new TreeMap<>();
    Pattern.compile("(?m)^\\| `(faultline[a-z.]+)` \\| (\\w+)[a-z, ]* \\| (\\w*) ?\\|")
        .matcher(table)
        .results()
        .forEach(
            row -> {
              String name = row.group(1).replace('.', '_');
              switch (row.group(2)) {
                case "counter" -> expected.put(name + "_total", "counter");
                case "timer" -> {
                  expected.put(name + "_seconds", "summary|histogram");
                  expected.put(name + "_seconds_max", "gauge");
                }
                default -> {
                  expected.put(name, "gauge");
                  expected.put(name + "_" + row.group(3), "gauge");
                }
              }
            });
    String scraped = faultline.get("/actuator/prometheus").body();
    Set<String> unknown = new TreeSet<>();
    Pattern.compile("(?m)^# TYPE (faultline_\\w+) (\\w+)$")
        .matcher(scraped)
        .results()
        .forEach(
            type -> {
              String kind = expected.get(type.group(1));
              if (kind == null || !type.group(2).matches(kind)) {
                unknown.add(type.group());
              }
            });
    assertThat(unknown).as("not as docs/METRICS.md says").isEmpty();
    assertThat(scraped)
        .contains("faultline_layer_lag_records{layer=\"dm\"}")
        .contains("faultline_build_info{service=\"faultline\"")
        .contains("faultline_layer_event_age_seconds_bucket{layer=\"fs\",le=\"0.1\"}")
        .doesNotContain("kafka_stream");
  }

  @Test
  void theLogIsJsonWithTheTraceOfTheRequestInIt() throws Exception {
    String trace = "00-" + "a".repeat(32) + "-00f067aa0ba902b7-00";
    send("POST", "/v1/hosts/local/devices/none/faults", "{\"sector\":0,\"count\":1}", trace, 404);
    Path log = folder.resolve("data/log/standalone.log");
    assertThat(Files.readAllLines(log))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(Json.LENIENT.readTree(line).isObject()).isTrue())
        .anySatisfy(
            line ->
                assertThat(Json.LENIENT.readTree(line).path("traceId").asString(""))
                    .isEqualTo("a".repeat(32)));
  }

  @Test
  void runbooksAndTheBuildAreServedAndHealthHasItsGroups() {
    assertThat(faultline.get("/v1/runbooks/media_error").body()).startsWith("### media_error");
    assertThat(faultline.get("/v1/runbooks/unknown").body()).startsWith("### unknown");
    assertThat(faultline.get("/v1/runbooks").body()).contains("media_error\n", "FaultlineDown\n");
    assertThat(faultline.get("/v1/runbooks/nothing").statusCode()).isEqualTo(404);
    assertThat(faultline.get("/actuator/info").body()).contains("\"build\"", "\"version\"");
    for (String group : List.of("liveness", "readiness", "startup")) {
      assertThat(faultline.get("/actuator/health/" + group).statusCode()).isEqualTo(200);
    }
  }
}
