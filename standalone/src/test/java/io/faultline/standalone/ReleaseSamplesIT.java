package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The present build goes on with the data of every release: slice, changelogs and events, as a
 * process of that release left them.
 */
@EnabledOnOs({OS.LINUX, OS.MAC}) // The folders are packed with tar, because media are sparse.
class ReleaseSamplesIT {

  private static final Path RELEASES =
      Path.of("src", "test", "resources", "releases").toAbsolutePath();

  /** Whatever a release answered about its data is answered by all that come after it. */
  private static final List<String> QUESTIONS =
      List.of(
          "/v1/hosts/local/devices",
          "/v1/hosts/local/devices/pmem0/faults",
          "/v1/hosts/local/volumes",
          "/v1/hosts/local/volumes/vol0/map?sector=18720&count=8",
          "/v1/hosts/local/filesystems",
          "/v1/hosts/local/filesystems/data/owners?device=data&sector=18720&count=8",
          "/v1/hosts/local/processes/4711",
          "/v1/hosts/local/block-devices/pmem0/upward?sector=9376&count=8",
          "/v1/faults",
          "/v1/watchers/kept");

  @TempDir Path folder;

  static Stream<Path> releases() {
    List<Path> packed = List.of();
    if (Files.isDirectory(RELEASES)) {
      try (Stream<Path> files = Files.list(RELEASES)) {
        packed = files.filter(file -> file.toString().endsWith(".tar.gz")).sorted().toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Assumptions.assumeFalse(
        packed.isEmpty(), "NOTHING IS CHECKED: no release has left its data in " + RELEASES);
    return packed.stream();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void theDataOfAReleaseIsReadAndGoneOnWith(Path packed) throws Exception {
    tar("-xzf", packed.toString(), "-C", folder.toString());
    JsonNode answers = Json.LENIENT.readTree(Files.readString(folder.resolve("answers.json")));
    try (StandaloneProcess faultline = StandaloneProcess.on(folder.resolve("data")).startReady()) {
      Api api = new Api(faultline, "local");
      for (String question : QUESTIONS) {
        assertStillSaid(question, answers.path(question), api.get(question));
      }
      try (EventStream stream = EventStream.open(faultline, "?from=beginning")) {
        String fault =
            api.post("devices/pmem0/faults", "{\"sector\":9384,\"count\":8}")
                .path("faultId")
                .asString();
        stream.await(
            "the new fault at a file",
            event -> event.type().equals("file_range_lost") && event.faultId().equals(fault));
        assertThat(stream.all())
            .as("what the release told is still there, before what is new")
            .anySatisfy(
                event ->
                    assertThat(event.event().path("id"))
                        .isEqualTo(answers.at("/~1v1~1faults/items/0/events/0/id")));
      }
    }
  }

  /** Run once at a release, with its version; what it makes is never made anew. */
  @Test
  @EnabledIfSystemProperty(named = "faultline.release", matches = "[0-9][0-9.]*")
  void packsTheDataOfThisRelease() throws Exception {
    Path packed = RELEASES.resolve(System.getProperty("faultline.release") + ".tar.gz");
    assertThat(packed).doesNotExist();
    Files.createDirectories(RELEASES);
    ObjectNode answers = Json.LENIENT.createObjectNode();
    // For ever: else the broker takes away what was told as soon as the sample is a week old.
    try (StandaloneProcess faultline =
        StandaloneProcess.on(folder.resolve("data"))
            .startReady("--faultline.topics.retention=P36500D")) {
      Api api = new Api(faultline, "local");
      api.buildWalk(project());
      api.put(
          "processes/4711/mappings/m1",
          "{\"filesystem\":\"data\",\"path\":\"/ref-src\",\"offsetBytes\":0,"
              + "\"lengthBytes\":2097152,\"shared\":true,\"mceKillPolicy\":\"early\"}");
      // Only who has touched a page has it mapped.
      api.post(
          "processes/4711/access", "{\"mapping\":\"m1\",\"offsetBytes\":1933312,\"op\":\"load\"}");
      put(
          faultline,
          "/v1/watchers/kept",
          "{\"filter\":{\"severity\":[\"critical\"]},\"sink\":{\"type\":\"webhook\","
              + "\"url\":\"http://127.0.0.1:9/\"}}");
      try (EventStream stream = EventStream.open(faultline, "?from=beginning")) {
        api.post("devices/pmem0/faults", "{\"sector\":9376,\"count\":8}");
        stream.await("the files", 3, event -> event.type().equals("file_range_lost"));
        stream.await("the process", event -> event.type().equals("process_signalled"));
      }
      for (String question : QUESTIONS) {
        answers.set(question, api.get(question));
      }
      assertThat(faultline.stop()).isEqualTo(StandaloneProcess.STOPPED);
    }
    Files.writeString(folder.resolve("answers.json"), answers.toPrettyString());
    tar(
        "-czf",
        packed.toString(),
        "--sparse",
        "-C",
        folder.toString(),
        "--exclude=data/state",
        "--exclude=data/log",
        "data",
        "answers.json");
  }

  private static void put(StandaloneProcess faultline, String path, String json) {
    assertThat(
            faultline
                .send(
                    HttpRequest.newBuilder(faultline.uri(path))
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString(json))
                        .build())
                .statusCode())
        .isEqualTo(201);
  }

  /** What was said is said: members may have been added, none is gone or different. */
  private static void assertStillSaid(String where, JsonNode then, JsonNode now) {
    if (then.isObject()) {
      then.propertyStream()
          .filter(member -> !member.getKey().equals("instance"))
          .forEach(
              member ->
                  assertStillSaid(
                      where + " " + member.getKey(), member.getValue(), now.path(member.getKey())));
    } else if (then.isArray() && !then.isEmpty() && then.get(0).isObject()) {
      assertThat(now.size()).as(where).isEqualTo(then.size());
      for (int i = 0; i < then.size(); i++) {
        assertStillSaid(where + " " + i, then.get(i), now.path(i));
      }
    } else {
      assertThat(now).as(where).isEqualTo(then);
    }
  }

  private static Path project() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static void tar(String... arguments) throws IOException, InterruptedException {
    List<String> command = Stream.concat(Stream.of("tar"), Stream.of(arguments)).toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
