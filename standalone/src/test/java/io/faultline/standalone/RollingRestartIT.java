package io.faultline.standalone;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.DeviceServiceApplication;
import io.faultline.dm.DmServiceApplication;
import io.faultline.events.Json;
import io.faultline.fs.FsServiceApplication;
import io.faultline.notifier.NotifierServiceApplication;
import io.faultline.runtime.testing.FreePort;
import io.faultline.standalone.kafka.EmbeddedKafka;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/**
 * A rolling upgrade: the four services, each by itself, stop and start again one after the other
 * while faults are injected; each fault is there once, with everything that follows from it.
 */
class RollingRestartIT {

  private static final int MAX_FAULTS = 60;

  /** Sectors of files on the walk's filesystem: each fault hits another block of them. */
  private static final long FIRST_SECTOR = 8192;

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  /** In the order in which they are upgraded. */
  private final Map<Class<?>, Integer> ports = new LinkedHashMap<>();

  private final Map<Class<?>, ConfigurableApplicationContext> running = new HashMap<>();
  private EmbeddedKafka kafka;

  @BeforeEach
  void start() throws IOException {
    kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, reason -> {});
    for (Class<?> service :
        List.of(
            NotifierServiceApplication.class,
            FsServiceApplication.class,
            DmServiceApplication.class,
            DeviceServiceApplication.class)) {
      ports.put(service, FreePort.next());
    }
    ports.keySet().forEach(this::start);
    ports.keySet().forEach(this::awaitReady);
  }

  @AfterEach
  void stop() throws IOException {
    running.values().forEach(ConfigurableApplicationContext::close);
    kafka.close();
    http.close();
  }

  private void start(Class<?> service) {
    SpringApplication application = new SpringApplication(service);
    application.setRegisterShutdownHook(false);
    Map<String, Object> settings = new HashMap<>();
    settings.put("spring.application.name", service.getSimpleName());
    settings.put("server.port", ports.get(service));
    settings.put("spring.main.banner-mode", "off");
    settings.put("spring.kafka.bootstrap-servers", kafka.bootstrapServers());
    settings.put("faultline.slice-dir", folder.resolve("slice").toString());
    settings.put("faultline.state-dir", folder.resolve("state").toString());
    settings.put("faultline.device-service-url", url(DeviceServiceApplication.class));
    settings.put("faultline.dm-service-url", url(DmServiceApplication.class));
    settings.put("faultline.fs-service-url", url(FsServiceApplication.class));
    // What another service has on the class path of this test is none of this one's.
    settings.put("spring.config.location", "optional:classpath:/none/");
    application.setDefaultProperties(settings);
    running.put(
        service,
        application.run(
            settings.entrySet().stream()
                .map(each -> "--" + each.getKey() + "=" + each.getValue())
                .toArray(String[]::new)));
  }

  private String url(Class<?> service) {
    return "http://127.0.0.1:" + ports.get(service);
  }

  private void awaitReady(Class<?> service) {
    await(
        service.getSimpleName() + " is ready",
        () -> status("GET", url(service) + "/actuator/health/readiness") == 200);
  }

  @Test
  void nothingIsLostAndNothingCountsTwice() throws Exception {
    build();
    AtomicBoolean enough = new AtomicBoolean();
    CompletableFuture<List<String>> injecting = CompletableFuture.supplyAsync(() -> inject(enough));
    for (Class<?> service : ports.keySet()) {
      running.remove(service).close();
      start(service);
      awaitReady(service);
    }
    enough.set(true);
    List<String> faults = injecting.join();
    assertThat(faults).hasSizeGreaterThanOrEqualTo(ports.size()).doesNotHaveDuplicates();

    await(
        "every fault has reached its files",
        () -> effects("file_range_lost").keySet().containsAll(faults));
    assertThat(effects("corrupted_range"))
        .as("each once from the device, once from the volume")
        .containsOnlyKeys(faults)
        .allSatisfy(
            (fault, sources) ->
                assertThat(sources)
                    .containsExactlyInAnyOrder(
                        "/hosts/local/devices/pmem0 0", "/hosts/local/volumes/vol0 0"));
    assertThat(effects("file_range_lost"))
        .as("each file of each fault once")
        .allSatisfy((fault, files) -> assertThat(files).doesNotHaveDuplicates());
    assertThat(
            get(url(NotifierServiceApplication.class) + "/v1/faults?state=open&limit=100")
                .path("items")
                .valueStream()
                .map(fault -> fault.path("id").asString()))
        .containsExactlyInAnyOrderElementsOf(faults);
  }

  private void build() throws IOException {
    Path project = Path.of("").toAbsolutePath();
    while (!Files.exists(project.resolve("mvnw"))) {
      project = project.getParent();
    }
    String devices = url(DeviceServiceApplication.class) + "/v1/hosts/local/devices/";
    String json = "application/json";
    String pmem = "{\"kind\":\"pmem\",\"sizeBytes\":268435456}";
    put(devices + "pmem0", json, pmem);
    put(devices + "pmem1", json, pmem);
    put(
        url(DmServiceApplication.class) + "/v1/hosts/local/volumes/vol0",
        "text/plain",
        Files.readString(project.resolve("examples/tables/striped.table")));
    String filesystem = url(FsServiceApplication.class) + "/v1/hosts/local/filesystems/data";
    put(filesystem, json, "{\"data\":\"vol0\"}");
    put(
        filesystem + "/fsmap",
        "text/plain",
        Files.readString(project.resolve("examples/xfs/reflink.fsmap-v.txt")));
  }

  /** One fault after the other; one that is not answered is asked for again, under its key. */
  private List<String> inject(AtomicBoolean enough) {
    List<String> faults = new ArrayList<>();
    String url = url(DeviceServiceApplication.class) + "/v1/hosts/local/devices/pmem0/faults";
    for (int i = 0; i < MAX_FAULTS && !(enough.get() && i >= ports.size()); i++) {
      String body = "{\"sector\":" + (FIRST_SECTOR + 8L * i) + ",\"count\":8}";
      String key = "fault-" + i;
      List<String> answer = new ArrayList<>();
      await(
          "fault " + i + " is taken",
          () -> {
            HttpResponse<String> response =
                send(
                    HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", key)
                        .POST(BodyPublishers.ofString(body)));
            if (response == null || response.statusCode() != 202) {
              return false;
            }
            answer.add(Json.LENIENT.readTree(response.body()).path("faultId").asString());
            return true;
          });
      faults.addAll(answer);
      pause(Duration.ofMillis(200));
    }
    return faults;
  }

  /** What was told of each fault: who told it, of which inode if of any. */
  private Map<String, List<String>> effects(String type) {
    Map<String, List<String>> effects = new TreeMap<>();
    String first =
        url(NotifierServiceApplication.class) + "/v1/events?from=beginning&limit=1000&type=" + type;
    String after = null;
    do {
      JsonNode page = get(after == null ? first : first + "&after=" + after);
      for (JsonNode item : page.path("items")) {
        effects
            .computeIfAbsent(item.path("faultid").asString(""), fault -> new ArrayList<>())
            .add(item.path("source").asString() + " " + item.path("data").path("inode").asLong(0));
      }
      after = page.path("next").asString(null);
    } while (after != null);
    return effects;
  }

  private JsonNode get(String url) {
    HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(url)).GET());
    assertThat(response).as(url).isNotNull();
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return Json.LENIENT.readTree(response.body());
  }

  private void put(String url, String type, String body) {
    HttpResponse<String> response =
        send(
            HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", type)
                .PUT(BodyPublishers.ofString(body)));
    assertThat(response).as(url).isNotNull();
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
  }

  private int status(String method, String url) {
    HttpResponse<String> response =
        send(HttpRequest.newBuilder(URI.create(url)).method(method, BodyPublishers.noBody()));
    return response == null ? 0 : response.statusCode();
  }

  /** Null if nobody answers. */
  private @Nullable HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.timeout(Duration.ofSeconds(15)).build(), BodyHandlers.ofString());
    } catch (IOException notNow) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static void pause(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
