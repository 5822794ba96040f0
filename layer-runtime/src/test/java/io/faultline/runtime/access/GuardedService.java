package io.faultline.runtime.access;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.RuntimeConfiguration;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.http.Edge;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** A service with access control and a few things to do, as the real ones are made. */
final class GuardedService implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(60);

  @RestController
  static class Things {

    /** Changes that were made, all kinds. */
    final AtomicInteger changes = new AtomicInteger();

    final CountDownLatch holding = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    @GetMapping("/v1/things/{thing}")
    Map<String, Object> read(@PathVariable String thing) {
      return Map.of("thing", thing);
    }

    @PostMapping(path = "/v1/things/{thing}/faults", consumes = "application/json")
    Map<String, Object> inject(
        @PathVariable String thing,
        @RequestBody Map<String, Object> body,
        HttpServletRequest request) {
      changes.incrementAndGet();
      return Map.of("done", thing, "command", String.valueOf(Edge.commandId(request)));
    }

    /** Takes a body piece by piece, as maps and files are taken. */
    @PutMapping("/v1/things/{thing}/data")
    Map<String, Object> store(@PathVariable String thing, InputStream body) throws IOException {
      long bytes = body.transferTo(OutputStream.nullOutputStream());
      changes.incrementAndGet();
      return Map.of("bytes", bytes);
    }

    @PutMapping(path = "/v1/watchers/{watcher}", consumes = "application/json")
    Map<String, Object> watch(@PathVariable String watcher, @RequestBody Map<String, Object> body) {
      return Map.of("done", watcher);
    }

    /** Nobody thought of a rule for it. */
    @GetMapping("/v1/forgotten")
    Map<String, Object> forgotten() {
      return Map.of("secret", "words");
    }

    /** Answers when {@link #goOn} is open. */
    @GetMapping("/v1/held")
    Map<String, Object> held() throws InterruptedException {
      holding.countDown();
      if (!goOn.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody let it go");
      }
      return Map.of("held", "long");
    }

    /** Goes on until whoever asked is not let in any more. */
    @GetMapping("/v1/stream")
    void stream(HttpServletResponse response) throws IOException, InterruptedException {
      while (true) {
        response.getOutputStream().write('.');
        response.getOutputStream().flush();
        Thread.sleep(20);
      }
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({RuntimeConfiguration.class, AccessAdministration.class, Things.class})
  static class Application {
    @Bean
    AccessRules thingsRules() {
      return AccessRules.builder()
          .viewerUnless("recover", "GET /v1/things/{thing}")
          .viewer("GET /v1/stream", "GET /v1/held")
          .operator("POST /v1/things/{thing}/faults", "PUT /v1/things/{thing}/data")
          .admin("PUT /v1/watchers/{watcher}")
          .build();
    }
  }

  private final HttpClient http;
  private final ConfigurableApplicationContext context;

  private GuardedService(ConfigurableApplicationContext context) {
    this.context = context;
    this.http = calls().client(PATIENCE);
  }

  static GuardedService start(String bootstrapServers, Map<String, Object> settings) {
    SpringApplication application = new SpringApplication(Application.class);
    Map<String, Object> all = new HashMap<>();
    all.put("server.port", "0");
    all.put("spring.application.name", "things");
    all.put("spring.main.banner-mode", "off");
    all.put("spring.kafka.bootstrap-servers", bootstrapServers);
    all.putAll(settings);
    application.setRegisterShutdownHook(false);
    // As arguments: what every service has as its defaults must not win.
    String[] arguments =
        all.entrySet().stream()
            .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
            .toArray(String[]::new);
    GuardedService service = new GuardedService(application.run(arguments));
    await(
        "the service is ready",
        () -> service.status(service.request("/actuator/health/readiness")),
        status -> status == 200);
    return service;
  }

  int port() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  int changes() {
    return context.getBean(Things.class).changes.get();
  }

  /** Does something while {@code /v1/held} is being answered; once in the life of a service. */
  HttpResponse<String> whileHeld(HttpRequest.Builder request, Runnable something) {
    Things things = context.getBean(Things.class);
    CompletableFuture<HttpResponse<String>> answer =
        http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    try {
      assertThat(things.holding.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      something.run();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      things.goOn.countDown();
    }
    return answer.join();
  }

  /** What a counter says, of all its tags. */
  double counted(String name) {
    return context.getBean(MeterRegistry.class).find(name).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  KafkaConnection connection() {
    return context.getBean(KafkaConnection.class);
  }

  ServiceCalls calls() {
    return context.getBean(ServiceCalls.class);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create(ServiceUrls.scheme(context.getEnvironment()) + "://127.0.0.1:" + port() + path));
  }

  HttpRequest.Builder as(String token, String path) {
    return request(path).header("Authorization", "Bearer " + token);
  }

  static HttpRequest.Builder posting(HttpRequest.Builder request, String json) {
    return request
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  int status(HttpRequest.Builder request) {
    return send(request).statusCode();
  }

  JsonNode json(HttpRequest.Builder request, int status) {
    HttpResponse<String> answer = send(request);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return Json.LENIENT.readTree(answer.body());
  }

  /** A token made over HTTP. */
  String newToken(String admin, String role) {
    return json(posting(as(admin, "/v1/tokens"), "{\"name\":\"t\",\"role\":\"" + role + "\"}"), 201)
        .get("token")
        .asString();
  }

  /** A token made in a file, and its hash in another. */
  static String offline(Path folder, String role) {
    Path secret = folder.resolve(role + "-token");
    try {
      TokensFile.create(folder.resolve("tokens"), secret, role, role, null);
      return Files.readString(secret).strip();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    context.close();
  }
}
