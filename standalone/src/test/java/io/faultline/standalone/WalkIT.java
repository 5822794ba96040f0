package io.faultline.standalone;

import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.EventStream;
import io.faultline.standalone.testing.EventStream.Arrived;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Walks the README's walk as a newcomer would: its very blocks are pasted into a shell, against a
 * process of its own with a broker of its own.
 */
class WalkIT {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK =
      Pattern.compile("<!-- walk: (\\w+) -->\n```sh\n(.*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void theReadmesWalkTellsWhatItPromises() throws Exception {
    Map<String, String> walk = blocks();
    assertThat(walk.keySet())
        .containsExactly("build", "ask", "inject", "look", "clear", "file", "unplug");
    try (StandaloneProcess faultline = StandaloneProcess.on(folder.resolve("data")).startReady();
        EventStream stream = EventStream.open(faultline, "")) {
      Api api = new Api(faultline, "local");

      paste(faultline, walk, "build");
      stream.await("the mount", event -> event.type().equals("filesystem_mounted"));

      String asked = paste(faultline, walk, "ask");
      assertThat(asked).contains("\"ranges\":[18720,8]").contains("/ref-src");
      assertThat(stream.all()).noneMatch(event -> event.type().equals("corrupted_range"));

      paste(faultline, walk, "inject");
      List<Arrived> lost =
          stream.await("lost files", 3, event -> event.type().equals("file_range_lost"));
      assertFault(stream, lost);

      String looked = paste(faultline, walk, "look");
      assertThat(looked).contains("BUS_MCEERR_AO").contains("9376 8");
      String faultId = lost.getFirst().faultId();
      assertThat(api.get("/v1/faults/" + faultId).get("state").asString()).isEqualTo("open");

      paste(faultline, walk, "clear");
      stream.await(
          "recovery of the volume",
          event ->
              event.type().equals("range_recovered")
                  && event.data().get("device").asString().equals("vol0"));
      awaitState(api, faultId, "resolved");

      String read = paste(faultline, walk, "file");
      assertThat(read.toLowerCase(Locale.ROOT)).contains("faultline-bad-ranges: 0+4096");
      Arrived healed =
          stream.await(
              "the page",
              event ->
                  event.type().equals("file_range_recovered")
                      && event.data().get("paths").toString().equals("[\"/numbers.txt\"]"));
      assertThat(healed.data().get("data").asString()).isEqualTo("rewritten");
      Arrived hit = stream.await("its loss", event -> isCorrupted(event, "pmem2"));
      awaitState(api, hit.faultId(), "resolved");

      paste(faultline, walk, "unplug");
      stream.await("removal", event -> event.type().equals("device_removed"));
      assertRemoval(stream, api);

      faultline.stop();
      faultline.startReady();
      assertThat(api.get("/v1/faults/" + faultId).get("state").asString()).isEqualTo("resolved");
      assertThat(api.ofHost("filesystems/data").get("state").asString()).isEqualTo("shutdown");
    }
  }

  private static void assertFault(EventStream stream, List<Arrived> lost) {
    Arrived device = stream.await("the device", event -> isCorrupted(event, "pmem0"));
    Arrived volume = stream.await("the volume", event -> isCorrupted(event, "vol0"));
    assertThat(device.data().get("ranges").toString()).isEqualTo("[9376,8]");
    assertThat(volume.data().get("ranges").toString()).isEqualTo("[18720,8]");
    assertThat(volume.event().get("causationid")).isEqualTo(device.event().get("id"));
    assertThat(volume.faultId()).isEqualTo(device.faultId());
    assertThat(lost).allMatch(event -> event.faultId().equals(device.faultId()));
    assertThat(lost)
        .extracting(
            event -> event.data().get("inode").asLong(),
            event -> event.data().get("paths").toString(),
            event -> event.data().get("offsetBytes").asLong(),
            event -> event.data().get("lengthBytes").asLong(),
            event -> event.data().get("shared").asBoolean())
        .containsExactlyInAnyOrder(
            tuple(144L, "[\"/ref-src\"]", 1933312L, 4096L, true),
            tuple(145L, "[\"/a/ref-copy\"]", 1933312L, 4096L, true),
            tuple(262274L, "[\"/a/b/ref-cow\"]", 1933312L, 4096L, true));
    Arrived signal = stream.await("the signal", event -> event.type().equals("process_signalled"));
    assertThat(signal.data().get("pid").asLong()).isEqualTo(4711);
    assertThat(signal.data().get("code").asString()).isEqualTo("BUS_MCEERR_AO");
    assertThat(signal.data().get("addressOffsetBytes").asLong()).isEqualTo(1933312);
    assertThat(signal.data().get("lsb").asInt()).isEqualTo(12);
  }

  private static void assertRemoval(EventStream stream, Api api) {
    Arrived removed = stream.await("removal", event -> event.type().equals("device_removed"));
    assertThat(removed.data().get("acknowledged").asBoolean()).isTrue();
    List<String> ofFilesystem =
        stream.all().stream()
            .filter(event -> event.event().get("source").asString().endsWith("filesystems/data"))
            .map(Arrived::type)
            .toList();
    assertThat(ofFilesystem)
        .containsSubsequence("filesystem_frozen", "filesystem_shutdown", "filesystem_thawed");
    JsonNode removal = api.ofHost("devices/pmem1/removal");
    assertThat(removal.get("state").asString()).isEqualTo("removed");
    assertThat(removal.get("acknowledged").asBoolean()).isTrue();
    assertThat(removal.get("creditOutstanding").asLong()).isZero();
    JsonNode filesystem = api.ofHost("filesystems/data");
    assertThat(filesystem.get("state").asString()).isEqualTo("shutdown");
    assertThat(filesystem.get("shutdownReason").asString()).isEqualTo("FORCE_UMOUNT");
  }

  private static boolean isCorrupted(Arrived event, String device) {
    return event.type().equals("corrupted_range")
        && event.data().get("device").asString().equals(device);
  }

  private static void awaitState(Api api, String faultId, String state) {
    await(
        "the fault is " + state,
        () -> api.get("/v1/faults/" + faultId).get("state").asString(),
        state::equals);
  }

  private static Map<String, String> blocks() throws IOException {
    Map<String, String> blocks = new LinkedHashMap<>();
    Matcher matcher = BLOCK.matcher(Files.readString(PROJECT.resolve("README.md")));
    while (matcher.find()) {
      blocks.put(matcher.group(1), matcher.group(2));
    }
    return blocks;
  }

  /**
   * Runs a block as if it were pasted; the variables of the first block are set, only the port
   * differs.
   */
  private static String paste(StandaloneProcess faultline, Map<String, String> walk, String block)
      throws IOException, InterruptedException {
    String variables =
        walk.get("build")
            .lines()
            .filter(line -> line.matches("[A-Z]+=.*"))
            .reduce("", (a, b) -> a + b + "\n");
    String script =
        "set -e\n" + (variables + walk.get(block)).replace(":8080/", ":" + faultline.port() + "/");
    // curl ends well on a problem answer too: --fail-with-body makes the shell stop there.
    Process shell =
        new ProcessBuilder("bash", "-c", script.replace("curl -sS", "curl -sS --fail-with-body"))
            .directory(PROJECT.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(shell.getInputStream().readAllBytes());
    assertThat(shell.waitFor()).as(block + " printed " + printed).isZero();
    return printed;
  }
}
