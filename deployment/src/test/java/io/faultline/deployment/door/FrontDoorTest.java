package io.faultline.deployment.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.faultline.events.Json;
import io.faultline.runtime.testing.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The front door with services behind it that tell what they were asked. */
class FrontDoorTest {

  private static final Map<Route, HttpServer> SERVICES = new EnumMap<>(Route.class);
  private static final AtomicInteger READINESS = new AtomicInteger(200);
  private static final CountDownLatch SEEN = new CountDownLatch(1);
  private static final Set<String> WHOLE = ConcurrentHashMap.newKeySet();
  private static HttpClient http;
  private static ConfigurableApplicationContext door;
  private static String url;

  @BeforeAll
  static void start() throws IOException {
    for (Route route : Route.values()) {
      HttpServer service =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      service.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      service.createContext("/", exchange -> tell(route, exchange));
      service.createContext("/actuator/health", exchange -> answer(exchange, READINESS.get(), ""));
      service.createContext("/v1/events", FrontDoorTest::stream);
      service.createContext("/v1/openapi.json", exchange -> answer(exchange, 200, paths(route)));
      service.start();
      SERVICES.put(route, service);
    }
    door = FrontDoorApplication.start(arguments(SERVICES.get(Route.FS).getAddress().getPort()));
    // Not before: the JDK's client looks once which headers may be set.
    http = HttpClient.newHttpClient();
    url = "http://127.0.0.1:" + door.getEnvironment().getProperty("local.server.port");
  }

  @AfterAll
  static void stop() {
    door.close();
    SERVICES.values().forEach(service -> service.stop(0));
  }

  private static String[] arguments(int fsPort) {
    return new String[] {
      "--server.port=0",
      "--faultline.requests.body-grace=1s",
      "--faultline.device-service-url=http://localhost:" + port(Route.DEVICE),
      "--faultline.dm-service-url=http://localhost:" + port(Route.DM),
      "--faultline.fs-service-url=http://localhost:" + fsPort,
      "--faultline.notifier-service-url=http://localhost:" + port(Route.NOTIFIER)
    };
  }

  private static int port(Route route) {
    return SERVICES.get(route).getAddress().getPort();
  }

  @Test
  void aCallArrivesAsItWasSentAndItsAnswerComesBack() throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(url + "/v1/hosts/local/filesystems/data/files/a%20b?offset=4&x=%2F"))
                .header("Authorization", "Bearer abc")
                .header("X-Forwarded-For", "8.8.8.8")
                .header("Idempotency-Key", "k1")
                .method("PUT", BodyPublishers.ofString("content"))
                .build(),
            BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.headers().firstValue("Faultline-Bad-Ranges")).contains("8+16");
    JsonNode seen = Json.LENIENT.readTree(answer.body());
    assertThat(seen.get("route").asString()).isEqualTo("FS");
    assertThat(seen.get("method").asString()).isEqualTo("PUT");
    assertThat(seen.get("uri").asString())
        .isEqualTo("/v1/hosts/local/filesystems/data/files/a%20b?offset=4&x=%2F");
    assertThat(seen.get("body").asString()).isEqualTo("content");
    assertThat(seen.get("authorization").asString()).isEqualTo("Bearer abc");
    assertThat(seen.get("idempotency-key").asString()).isEqualTo("k1");
    assertThat(seen.get("host").asString()).isEqualTo(url.replace("http://", ""));
    assertThat(seen.get("x-forwarded-for").asString()).isEqualTo("127.0.0.1");
  }

  @Test
  void anEventIsSeenBeforeTheNextOneComes() throws Exception {
    HttpResponse<InputStream> stream =
        http.send(
            HttpRequest.newBuilder(URI.create(url + "/v1/events")).build(),
            BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("data: one");
      // Only now does the service go on.
      SEEN.countDown();
      assertThat(lines.readLine()).isEmpty();
      assertThat(lines.readLine()).isEqualTo("data: two");
    }
  }

  @Test
  void theUnionOfTheDescriptionsIsAnsweredHere() throws Exception {
    HttpResponse<String> answer = get("/v1/openapi.json");

    JsonNode union = Json.LENIENT.readTree(answer.body());
    assertThat(union.get("openapi").asString()).isEqualTo("3.1.0");
    assertThat(union.get("paths").propertyNames())
        .containsExactlyInAnyOrder("/of/DEVICE", "/of/DM", "/of/FS", "/of/NOTIFIER");
  }

  @Test
  void itIsReadyWhenEveryServiceIs() throws Exception {
    assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200);
    READINESS.set(503);
    try {
      assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(503);
      assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
    } finally {
      READINESS.set(200);
    }
  }

  /** A byte at a time would keep two connections, here and behind. */
  @Test
  void whoDripsABodyIsNotWaitedFor() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", URI.create(url).getPort())) {
      socket.setSoTimeout(50);
      socket
          .getOutputStream()
          .write(
              "PUT /v1/hosts/local/devices/dripping HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      int first = -1;
      for (int bytes = 0; first < 0; bytes++) {
        assertThat(bytes).as("bytes until it was ended").isLessThan(1_000);
        socket.getOutputStream().write('x');
        try {
          first = socket.getInputStream().read();
        } catch (SocketTimeoutException nothingYet) {
          // That is the pause between two bytes.
        }
      }
      socket.setSoTimeout(10_000);
      byte[] rest = socket.getInputStream().readNBytes(11);
      assertThat(new String(rest, StandardCharsets.US_ASCII)).isEqualTo("TTP/1.1 408");
    }
    assertThat(WHOLE).noneMatch(uri -> uri.contains("dripping"));
  }

  @Test
  void whatIsInsideAServiceIsNotReached() throws Exception {
    assertThat(get("/v1/%2e%2e/actuator/prometheus").statusCode()).isIn(400, 404);
    assertThat(get("/%61ctuator/health").body()).doesNotContain("\"route\"");
  }

  @Test
  void aServiceThatIsNotThereIsAProblem() throws Exception {
    int nobody = FreePort.next();
    try (ConfigurableApplicationContext other = FrontDoorApplication.start(arguments(nobody))) {
      String port = other.getEnvironment().getProperty("local.server.port");
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + port + "/v1/hosts/local/kernel"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
      assertThat(answer.body()).contains("fs-service gives no answer");
    }
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofString());
  }

  private static void tell(Route route, HttpExchange exchange) throws IOException {
    Map<String, String> seen = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> seen.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
    seen.put("route", route.name());
    seen.put("method", exchange.getRequestMethod());
    seen.put("uri", exchange.getRequestURI().toString());
    seen.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    WHOLE.add(seen.get("uri"));
    exchange.getResponseHeaders().add("Faultline-Bad-Ranges", "8+16");
    answer(exchange, 422, Json.LENIENT.writeValueAsString(seen));
  }

  private static void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write("data: one\n\n".getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
    try {
      SEEN.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    exchange.getResponseBody().write("data: two\n\n".getBytes(StandardCharsets.UTF_8));
    exchange.close();
  }

  private static String paths(Route route) {
    return "{\"openapi\":\"3.1.0\",\"paths\":{\"/of/" + route + "\":{}}}";
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
