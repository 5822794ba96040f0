package io.faultline.notifier.above.watch;

import static io.faultline.runtime.testing.Awaiting.await;
import static io.faultline.runtime.testing.Awaiting.awaitAsserted;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.notifier.EventWriter;
import io.faultline.notifier.NotifierServiceApplication;
import io.faultline.notifier.Receiver;
import io.faultline.notifier.Told;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.FreePort;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The notifier in a process of its own, killed while it delivers. */
class NotifierKillTest {

  @TempDir private Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private int port;

  @Test
  void aKilledNotifierGoesOnWithTheVeryNextTryAndLosesNothing() throws Exception {
    Told failing = new Told("failing");
    Told fine = new Told("fine");
    try (EmbeddedBroker broker = EmbeddedBroker.start();
        Receiver receiver = new Receiver();
        EventWriter writer =
            EventWriter.plain(new KafkaConnection(List.of(broker.bootstrapServers()), Map.of()))) {
      receiver.answer(call -> call.body().contains("\"host\":\"failing\"") ? 503 : 200);
      Process first = start(broker);
      try {
        awaitAsserted(() -> assertThat(put(receiver)).isEqualTo(201));
        Event stuck = failing.corrupted("pmem0", null, 0, 1);
        writer.write(stuck);
        awaitAsserted(() -> assertThat(attempts()).contains(3));
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
          Event event = fine.corrupted("pmem0", null, i, 1);
          writer.write(event);
          wanted.add(event.id());
        }
        awaitAsserted(() -> assertThat(distinct(receiver, "fine:").size()).isGreaterThan(50));
        first.destroyForcibly().waitFor();
        int tried = attempts(receiver, stuck.id());

        Process second = start(broker);
        try {
          awaitAsserted(() -> assertThat(distinct(receiver, "fine:")).hasSize(300));
          assertThat(distinct(receiver, "fine:")).isEqualTo(wanted);
          awaitAsserted(() -> assertThat(attempts(receiver, stuck.id())).isGreaterThan(tried));
          await(
              "a fourth attempt is told",
              this::attempts,
              attempts -> !attempts.isEmpty() && attempts.getFirst() >= 4);
          // Every try counts, but for one that the kill cut off and one that is under way.
          assertThat(attempts(receiver, stuck.id())).isLessThanOrEqualTo(highest() + 2);
          receiver.answer(_ -> 200);
          awaitAsserted(() -> assertThat(health()).isEqualTo("ok"));
        } finally {
          second.destroyForcibly().waitFor();
        }
      } finally {
        first.destroyForcibly();
      }
    }
  }

  private Process start(EmbeddedBroker broker) throws IOException {
    port = FreePort.next();
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            NotifierServiceApplication.class.getName(),
            "--server.port=" + port,
            "--spring.threads.virtual.enabled=true",
            "--spring.kafka.bootstrap-servers=" + broker.bootstrapServers(),
            "--faultline.topics.partitions=4",
            "--faultline.state-dir=" + folder,
            "--faultline.notifier.webhooks.allow-loopback=true")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log-" + port).toFile())
        .start();
  }

  private int put(Receiver receiver) {
    String body =
        "{\"tries\":[\"PT0.1S\",\"PT0.1S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\","
            + "\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\",\"PT4S\"],"
            + "\"startFrom\":\"beginning\",\"sink\":{\"type\":\"webhook\",\"url\":\""
            + receiver.url("/")
            + "\"}}";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri("")).header("Content-Type", "application/json");
    return send(request.PUT(HttpRequest.BodyPublishers.ofString(body))).statusCode();
  }

  private URI uri(String more) {
    return URI.create("http://127.0.0.1:" + port + "/v1/watchers/w" + more);
  }

  private record Answer(int statusCode, String body) {}

  private Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body());
    } catch (ConnectException e) {
      return new Answer(0, "{}");
    } catch (IOException | InterruptedException e) {
      return new Answer(0, "{}");
    }
  }

  private JsonNode get(String more) {
    Answer answer = send(HttpRequest.newBuilder(uri(more)).GET());
    return Json.LENIENT.readTree(answer.statusCode() == 200 ? answer.body() : "{}");
  }

  private String health() {
    return get("").path("health").asString("");
  }

  /** Of the host that fails, the newest first. */
  private List<Integer> attempts() {
    List<Integer> attempts = new ArrayList<>();
    for (JsonNode item : get("/deliveries").path("items")) {
      if (item.get("host").asString().equals("failing")) {
        attempts.add(item.get("attempt").asInt());
      }
    }
    return attempts;
  }

  private int highest() {
    return attempts().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  private static int attempts(Receiver receiver, String id) {
    return (int) receiver.eventIds().stream().filter(id::equals).count();
  }

  private static List<String> distinct(Receiver receiver, String prefix) {
    return List.copyOf(
        new LinkedHashSet<>(
            receiver.eventIds().stream().filter(id -> id.startsWith(prefix)).toList()));
  }
}
