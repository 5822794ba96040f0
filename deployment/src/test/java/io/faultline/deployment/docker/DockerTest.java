package io.faultline.deployment.docker;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.faultline.deployment.Project;
import io.faultline.events.Json;
import io.faultline.runtime.testing.Awaiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/**
 * The whole of it as an operator has it: images, Compose, the front door. It takes minutes and
 * needs a Docker engine and the jars for images, so it runs with {@code -Dfaultline.docker=true}
 * only; see docs/DEPLOYMENT.md.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DockerTest {

  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int HOSTS = 8;
  private static final int ROUNDS = 12;
  private static final Pattern BLOCK =
      Pattern.compile("<!-- walk: (\\w+) -->\n```sh\n(.*?)```", Pattern.DOTALL);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private static Compose compose;
  private static String token = "";

  /** Why nothing is tested; empty where it is. */
  private static String why = "";

  @BeforeAll
  static void start() {
    if (!Boolean.getBoolean("faultline.docker")) {
      why = "it was not asked for with -Dfaultline.docker=true";
    } else if (!Compose.hasEngine()) {
      why = "there is no Docker engine that answers";
    }
    if (!why.isEmpty()) {
      System.err.println(
          "\n*** SKIPPED: images and Compose are not tested here: " + why + " ***\n");
      return;
    }
    if (System.getProperty("faultline.docker.env-file") == null) {
      Compose.makeLocalImages();
    }
    compose = new Compose();
    compose.run("build");
    compose.run("up", "-d");
    // The last line: some versions tell before what they start.
    token =
        compose
            .run("run", "-T", "--rm", "--no-deps", "secrets", "admin-token")
            .strip()
            .lines()
            .reduce("", (before, line) -> line);
    assertThat(token).matches("flt_[0-9a-f]{20}_[A-Za-z0-9_-]{43}");
    awaitReady();
  }

  @AfterAll
  static void stop() throws IOException {
    if (compose != null) {
      Files.writeString(
          Project.file("deployment/target/compose.log"),
          compose.run("logs", "--no-color", "--tail=2000"));
      if (!Boolean.getBoolean("faultline.docker.keep")) {
        compose.close();
      }
    }
  }

  /** A test that is not run must not look like one that passed: each is counted as skipped. */
  @BeforeEach
  void skip() {
    if (!why.isEmpty()) {
      abort(why);
    }
  }

  @Test
  @Order(1)
  void theReadmesWalkGoesThroughTheFrontDoor() throws Exception {
    Map<String, String> walk = new LinkedHashMap<>();
    Matcher matcher = BLOCK.matcher(Project.text("README.md"));
    while (matcher.find()) {
      walk.put(matcher.group(1), matcher.group(2));
    }
    String variables =
        walk.get("build")
            .lines()
            .filter(line -> line.matches("[A-Z]+=.*"))
            .reduce("", (a, b) -> a + b + "\n");
    paste(variables, walk.get("build"));
    assertThat(paste(variables, walk.get("ask"))).contains("/ref-src");
    paste(variables, walk.get("inject"));
    await("the files that are lost", () -> events("file_range_lost").size() == 3);
    assertThat(paste(variables, walk.get("look"))).contains("BUS_MCEERR_AO", "9376 8");
    paste(variables, walk.get("clear"));
    await("the case is resolved", () -> get("/v1/faults?state=open").get("items").isEmpty());
    paste(variables, walk.get("unplug"));
    await(
        "the device has gone",
        () ->
            get("/v1/hosts/local/devices/pmem1/removal").get("state").asString().equals("removed"));
  }

  @Test
  @Order(2)
  void whoDoesNotSayWhoHeIsIsNotLetIn() throws Exception {
    HttpRequest.Builder anybody = HttpRequest.newBuilder(URI.create(compose.url() + "/v1/hosts"));
    for (String credential : List.of("", "Bearer flt_00", "Bearer " + token + "x")) {
      if (!credential.isEmpty()) {
        anybody.setHeader("Authorization", credential);
      }
      assertThat(HTTP.send(anybody.build(), BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    }
    assertThat(send("GET", "/actuator/prometheus", "").statusCode()).isEqualTo(404);
    assertThat(get("/v1/openapi.json").get("paths").propertyNames())
        .anyMatch(path -> path.endsWith("/faults"))
        .anyMatch(path -> path.endsWith("/volumes"))
        .anyMatch(path -> path.endsWith("/filesystems"))
        .anyMatch(path -> path.equals("/v1/events"));
  }

  @Test
  @Order(3)
  void theServicesRunWithoutRightsAndKnowNoOthersSecret() {
    for (String service : List.of("device-service", "dm-service", "front-door", "kafka")) {
      String container = compose.run("ps", "-q", service).lines().findFirst().orElseThrow();
      String how =
          compose.docker(
              "inspect",
              "--format",
              "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
                  + " {{.Config.User}} {{.HostConfig.Memory}}",
              container);
      assertThat(how).as(service).startsWith("true [ALL] [no-new-privileges:true]");
      assertThat(how).as(service).doesNotContain(" root ").doesNotEndWith(" 0\n");
      String mounts = compose.docker("inspect", "--format", "{{json .Mounts}}", container);
      assertThat(mounts).doesNotContain("secrets-kafka-users").doesNotContain("docker.sock");
    }
  }

  @Test
  @Order(4)
  void everyFaultIsFoundOnceWhileServicesAreScaledAndKilled() throws Exception {
    for (int host = 0; host < HOSTS; host++) {
      String base = "/v1/hosts/h" + host;
      change("PUT", base + "/devices/pmem0", "{\"kind\":\"pmem\",\"sizeBytes\":67108864}");
      change("PUT", base + "/volumes/vol0", "0 131072 linear pmem0 0");
      change("PUT", base + "/filesystems/data", "{\"data\":\"vol0\"}");
    }
    scale(2, 3);
    Map<String, String> injected = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      switch (round) {
        case 3 -> compose.kill("dm-service");
        case 5 -> compose.kill("fs-service");
        case 7 -> compose.kill("notifier-service");
        case 8 -> scale(2, 3);
        case 9 -> compose.kill("device-service");
        case 10 -> scale(2, 1);
        default -> {
          // Nothing happens to it.
        }
      }
      for (int host = 0; host < HOSTS; host++) {
        if (round == 9) {
          // The device is the hardware: while its service is away nothing can be injected.
          continue;
        }
        long sector = 4096L + round * 64L;
        JsonNode answer =
            change(
                "POST",
                "/v1/hosts/h" + host + "/devices/pmem0/faults",
                "{\"sector\":" + sector + ",\"count\":8}");
        injected.put(answer.get("faultId").asString(), "h" + host);
      }
    }
    awaitReady();
    assertThat(injected).hasSize(HOSTS * (ROUNDS - 1));
    await(
        "every fault reached the filesystem",
        () ->
            told("range_unowned", injected).size() == injected.size()
                || told("failure_unsupported", injected).size() == injected.size());
    for (String layer : List.of("pmem0", "vol0")) {
      assertThat(toldBy(layer, injected))
          .as("told by " + layer)
          .hasSize(injected.size())
          .allSatisfy((fault, times) -> assertThat(times).as(fault).isEqualTo(1));
    }
    for (String fault : injected.keySet()) {
      assertThat(get("/v1/faults/" + fault).get("state").asString()).isEqualTo("open");
    }
  }

  /**
   * An instance is killed that has hosts, and each host is asked for until another instance
   * answers. How long that took is printed, not held: it is Kafka's patience and the machine's
   * load.
   */
  @Test
  @Order(5)
  void theHostsOfAKilledInstanceMoveToAnother() throws Exception {
    scale(2, 1);
    awaitReady();
    awaitAllHosts();
    List<String> before = volumes();
    compose.kill("dm-service");
    Map<String, Long> movedMillis = awaitAllHosts();
    System.out.println(
        "answered again, ms after an instance of dm-service was killed: " + movedMillis);
    assertThat(volumes()).isEqualTo(before);
    scale(2, 1);
  }

  @Test
  @Order(6)
  void aSecondDeviceServiceHasHostsOfItsOwn() throws Exception {
    compose.run(
        "--profile", "second-device-service", "up", "-d", "--no-recreate", "device-service-2");
    Map<String, String> injected = new HashMap<>();
    await(
        "the second instance takes a host",
        () -> {
          String host = "s" + injected.size();
          String base = "/v1/hosts/" + host;
          change("PUT", base + "/devices/pmem0", "{\"kind\":\"pmem\",\"sizeBytes\":16777216}");
          change("PUT", base + "/volumes/vol0", "0 32768 linear pmem0 0");
          JsonNode answer =
              change("POST", base + "/devices/pmem0/faults", "{\"sector\":8,\"count\":1}");
          injected.put(answer.get("faultId").asString(), host);
          return instances(injected).size() == 2;
        });
    for (String layer : List.of("pmem0", "vol0")) {
      await(layer + " has told each", () -> toldBy(layer, injected).size() == injected.size());
      assertThat(toldBy(layer, injected).values()).as("told by " + layer).containsOnly(1);
    }
  }

  /** The instances of device-service that have one of these hosts. */
  private static Set<String> instances(Map<String, String> injected) {
    Set<String> instances = new HashSet<>();
    for (JsonNode host : get("/v1/hosts?limit=1000").get("items")) {
      if (injected.containsValue(host.get("host").asString())) {
        instances.add(host.get("instance").asString());
      }
    }
    return instances;
  }

  @Test
  @Order(7)
  void theDemoKeepsHappening() {
    compose.run("--profile", "demo", "up", "-d", "--no-recreate", "demo");
    await("the demo's files are lost", () -> !events("file_range_lost&host=demo").isEmpty());
    compose.run("--profile", "demo", "stop", "demo");
  }

  /** Prometheus with the project's own settings, by a viewer's token that only it has. */
  @Test
  @Order(8)
  void prometheusSeesEveryInstanceAndHasTheRules() throws Exception {
    compose.run("--profile", "monitoring", "up", "-d", "--no-recreate", "prometheus");
    Set<String> expected =
        Set.of("device-services", "dm-service", "fs-service", "notifier-service");
    await(
        "all are scraped",
        () -> {
          Set<String> up = new HashSet<>();
          for (JsonNode target : prometheus("/api/v1/targets").path("activeTargets")) {
            if (target.get("health").asString().equals("up")) {
              up.add(target.get("labels").get("service").asString());
            }
          }
          return up.equals(expected);
        });
    await(
        "the faults of this test are counted",
        () ->
            prometheus("/api/v1/query?query=sum(faultline_device_open_faults)")
                    .path("result")
                    .path(0)
                    .path("value")
                    .path(1)
                    .asDouble(0)
                > 0);
    assertThat(prometheus("/api/v1/rules").get("groups").size()).isPositive();
    for (JsonNode group : prometheus("/api/v1/rules").get("groups")) {
      for (JsonNode rule : group.get("rules")) {
        assertThat(rule.path("lastError").asString("")).as(rule.get("name").asString()).isEmpty();
      }
    }
  }

  /** What Prometheus answers; nothing while it does not. */
  private static JsonNode prometheus(String path) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(compose.prometheusUrl() + path))
              .timeout(Duration.ofSeconds(30))
              .build();
      HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? Json.LENIENT.readTree(answer.body()).path("data")
          : Json.LENIENT.createObjectNode();
    } catch (IOException notYet) {
      return Json.LENIENT.createObjectNode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static List<String> volumes() {
    List<String> volumes = new ArrayList<>();
    for (int host = 0; host < HOSTS; host++) {
      JsonNode volume = get("/v1/hosts/h" + host + "/volumes/vol0");
      volumes.add(volume.get("name").asString() + " " + volume.get("table"));
    }
    return volumes;
  }

  /**
   * Until each host was answered for once.
   *
   * @return after how many milliseconds each was
   */
  private static Map<String, Long> awaitAllHosts() {
    long began = System.nanoTime();
    Map<String, Long> millis = new LinkedHashMap<>();
    await(
        "every host is answered for",
        () -> {
          for (int host = 0; host < HOSTS; host++) {
            String name = "h" + host;
            if (!millis.containsKey(name)
                && send("GET", "/v1/hosts/" + name + "/volumes/vol0", "").statusCode() == 200) {
              millis.put(name, (System.nanoTime() - began) / 1_000_000);
            }
          }
          return millis.size() == HOSTS;
        });
    return millis;
  }

  private static void scale(int dmServices, int fsServices) {
    compose.run(
        "up",
        "-d",
        "--no-recreate",
        "--scale",
        "dm-service=" + dmServices,
        "--scale",
        "fs-service=" + fsServices);
  }

  /** How often each fault was told of this block device. */
  private static Map<String, Integer> toldBy(String device, Map<String, String> injected) {
    return count(
        events("corrupted_range").stream()
            .filter(event -> event.get("data").get("device").asString().equals(device)),
        injected);
  }

  /** How often each fault was told by events of this type. */
  private static Map<String, Integer> told(String type, Map<String, String> injected) {
    return count(events(type).stream(), injected);
  }

  private static Map<String, Integer> count(Stream<JsonNode> events, Map<String, String> injected) {
    return events
        .map(event -> event.path("faultid").asString(""))
        .filter(injected::containsKey)
        .collect(toMap(fault -> fault, fault -> 1, Integer::sum));
  }

  /** All events of a type from the beginning. */
  private static List<JsonNode> events(String type) {
    List<JsonNode> events = new ArrayList<>();
    String after = "";
    do {
      JsonNode page = get("/v1/events?from=beginning&limit=1000&type=" + type + after);
      page.get("items").forEach(events::add);
      JsonNode next = page.path("next");
      after = next.isNull() || next.isMissingNode() ? "" : "&after=" + next.asString();
    } while (!after.isEmpty());
    return events;
  }

  private static JsonNode get(String path) {
    return ask("GET", path, "");
  }

  private static JsonNode change(String method, String path, String body) {
    String key = Integer.toHexString((path + body).hashCode());
    return ask(method, path, body, "Idempotency-Key", key);
  }

  /** Asks again, and for a change under the same key, while somebody is away. */
  private static JsonNode ask(String method, String path, String body, String... headers) {
    HttpResponse<String> answer =
        Awaiting.patiently(method + " " + path, PATIENCE)
            .until(() -> send(method, path, body, headers), seen -> seen.statusCode() != 503);
    assertThat(answer.statusCode()).as(path + ": " + answer.body()).isBetween(200, 299);
    return answer.body().isEmpty()
        ? Json.LENIENT.createObjectNode()
        : Json.LENIENT.readTree(answer.body());
  }

  private static HttpResponse<String> send(
      String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(compose.url() + path))
            .timeout(Duration.ofSeconds(90))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", body.startsWith("{") ? "application/json" : "text/plain")
            .method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return HTTP.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Runs a block of the README as if it were pasted; only the port differs. */
  private static String paste(String variables, String block) throws Exception {
    String script =
        "set -e\n"
            + (variables + block)
                .replace("http://127.0.0.1:8080", compose.url())
                .replace(
                    "curl -sS",
                    "curl -sS --fail-with-body -H 'Authorization: Bearer " + token + "'");
    Process shell =
        new ProcessBuilder("bash", "-c", script)
            .directory(Project.file("").toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(block + " printed " + printed).isZero();
    return printed;
  }

  private static void awaitReady() {
    await(
        "everything is ready",
        () -> {
          try {
            return send("GET", "/actuator/health/readiness", "").statusCode() == 200;
          } catch (AssertionError notYet) {
            return false;
          }
        });
  }

  private static void await(String what, BooleanSupplier condition) {
    try {
      Awaiting.patiently(what, PATIENCE).until(condition::getAsBoolean);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(compose.run("ps"), e);
    }
  }
}
