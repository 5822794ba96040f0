package io.faultline.notifier;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.notifier.below.EventHub;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.LayerHost;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** notifier-service as it runs in a process of its own, on a free port. */
public final class RunningNotifier implements AutoCloseable {

  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient http = HttpClient.newHttpClient();
  private final ConfigurableApplicationContext context;

  private RunningNotifier(ConfigurableApplicationContext context) {
    this.context = context;
  }

  public static RunningNotifier start(
      String bootstrapServers, Path stateDir, Map<String, Object> settings) {
    return start(bootstrapServers, stateDir, settings, null);
  }

  /**
   * @param clock what deliveries go by; null for the real one
   */
  public static RunningNotifier start(
      String bootstrapServers, Path stateDir, Map<String, Object> settings, @Nullable Clock clock) {
    SpringApplication application = new SpringApplication(NotifierServiceApplication.class);
    Map<String, Object> all = new HashMap<>();
    all.put("server.port", "0");
    all.put("spring.main.banner-mode", "off");
    all.put("spring.threads.virtual.enabled", "true");
    all.put("spring.lifecycle.timeout-per-shutdown-phase", "10s");
    all.put("springdoc.api-docs.path", "/v1/openapi.json");
    all.put("spring.kafka.bootstrap-servers", bootstrapServers);
    all.put("faultline.topics.partitions", "4");
    all.put("faultline.state-dir", stateDir.toString());
    all.putAll(settings);
    application.setDefaultProperties(all);
    application.setRegisterShutdownHook(false);
    if (clock != null) {
      application.addInitializers(
          context -> context.getBeanFactory().registerSingleton("clock", clock));
    }
    RunningNotifier running = new RunningNotifier(application.run());
    try {
      await("the events are followed", running.context.getBean(EventHub.class)::isReady);
      LayerHost<?> layer = running.context.getBean(LayerHost.class);
      await("the layer is ready", layer::state, state -> layer.isReady());
    } catch (RuntimeException e) {
      running.close();
      throw e;
    }
    return running;
  }

  public KafkaConnection connection() {
    return context.getBean(KafkaConnection.class);
  }

  public double count(String meter) {
    MeterRegistry registry = context.getBean(MeterRegistry.class);
    return registry.get(meter).meter().measure().iterator().next().getValue();
  }

  public int port() {
    return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
  }

  public <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) {
    try {
      return http.send(request.build(), body);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public HttpResponse<String> send(HttpRequest.Builder request) {
    return send(request, HttpResponse.BodyHandlers.ofString());
  }

  public HttpResponse<String> send(String method, String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method(
                method,
                json.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(json)));
  }

  public JsonNode get(String path) {
    return body(send(request(path).GET()), 200);
  }

  public static JsonNode body(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return Json.LENIENT.readTree(answer.body());
  }

  /** The problem that a request is answered with. */
  public static JsonNode problem(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.get("type").asString()).startsWith("/problems/");
    return problem;
  }

  @Override
  public void close() {
    http.shutdownNow();
    context.close();
  }
}
