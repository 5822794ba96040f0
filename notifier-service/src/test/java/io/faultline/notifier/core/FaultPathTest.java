package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.Json;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.GetFaultPath;
import io.faultline.ranges.Extents;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.testing.CoreHarness;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FaultPathTest {

  private final Told told = new Told("h1");
  private final String id = told.faultId(1);
  private final CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
      new CoreHarness<>(
          "notifier",
          new NotifierCore(),
          new SealedCodec<>(NotifierCommand.class),
          new SealedCodec<>(NotifierFact.class),
          "h1");

  @Test
  void theWayUpIsATreeFromTheDeviceToTheProcesses() {
    Event device = told.corrupted("pmem0", id, 0, 16);
    Event volume = told.volumeCorrupted("vol0", id, "pmem0", 32, 16);
    hear(
        device,
        Told.because(volume, device),
        Told.because(told.fileLost("data", id, 144, "/ref-src", 4096), volume),
        Told.because(metadata("inode btree"), volume),
        Told.because(told.signalled("data", id, 77, "/ref-src"), volume),
        Told.because(told.signalled("data", id, 78, "/other"), volume));

    JsonNode path = path();
    assertThat(path.get("count").asInt()).isEqualTo(1);
    assertThat(path.at("/path/0/kind").asString()).isEqualTo("device");
    assertThat(path.at("/path/0/name").asString()).isEqualTo("pmem0");
    assertThat(path.at("/path/0/ranges").toString()).isEqualTo("[0,16]");
    JsonNode vol0 = path.at("/path/0/children/0");
    assertThat(vol0.get("kind").asString()).isEqualTo("volume");
    assertThat(vol0.at("/effects/0/effect").asString()).isEqualTo("data_lost");
    assertThat(vol0.at("/effects/0/ranges").toString()).isEqualTo("[32,16]");
    assertThat(kinds(vol0)).isEqualTo("metadata file process ");
    assertThat(vol0.at("/children/0/owner").asString()).isEqualTo("inode btree");
    assertThat(vol0.at("/children/1/paths/0").asString()).isEqualTo("/ref-src");
    assertThat(vol0.at("/children/1/byteRanges").toString()).isEqualTo("[4096,4096]");
    assertThat(vol0.at("/children/1/children/0/pid").asInt()).isEqualTo(77);
    assertThat(vol0.at("/children/2/pid").asInt()).isEqualTo(78);
    assertThat(vol0.get("count").asInt()).isEqualTo(3);
    assertThat(vol0.has("more")).isFalse();
  }

  @Test
  void aVolumeOnAVolumeStandsAboveIt() {
    Event device = told.corrupted("pmem0", id, 0, 16);
    hear(
        told.volumeAdded("pool", 64, "pmem0"),
        told.volumeAdded("thin", 64, "pool"),
        device,
        Told.because(told.volumeCorrupted("pool", id, "pmem0", 0, 16), device),
        Told.because(told.volumeCorrupted("thin", id, "pmem0", 8, 16), device));

    assertThat(path().at("/path/0/children/0/name").asString()).isEqualTo("pool");
    assertThat(path().at("/path/0/children/0/children/0/name").asString()).isEqualTo("thin");
    assertThat(path().at("/path/0/count").asInt()).isEqualTo(1);
  }

  @Test
  void whatStandsOnTwoThatLeaveStandsUnderBoth() {
    hear(
        told.gone("pmem0", id, 64),
        told.gone("pmem1", id, 64),
        told.volumeCorrupted("vol0", id, "pmem0", 0, 64),
        told.volumeCorrupted("vol0", id, "pmem1", 64, 64));

    assertThat(path().get("path")).hasSize(2);
    assertThat(path().at("/path/0/removed").asBoolean()).isTrue();
    assertThat(path().at("/path/0/children/0/name").asString()).isEqualTo("vol0");
    assertThat(path().at("/path/1/children/0/name").asString()).isEqualTo("vol0");
  }

  @Test
  void aFilesystemStraightOnADeviceAndItsShutdown() {
    Event device = told.corrupted("pmem0", id, 0, 16);
    hear(
        device,
        Told.because(
            told.filesystem("data", id, new FilesystemShutdown("h1", "data", "LOG_IO", null)),
            device));

    assertThat(path().at("/path/0/children/0/kind").asString()).isEqualTo("filesystem");
    assertThat(path().at("/path/0/children/0/shutdownReason").asString()).isEqualTo("LOG_IO");
  }

  @Test
  void whatAnUpperLayerToldFirstIsThereBeforeTheDeviceWasHeard() {
    hear(told.volumeCorrupted("vol0", id, "pmem0", 32, 16));

    assertThat(path().at("/path/0/name").asString()).isEqualTo("pmem0");
    assertThat(path().at("/path/0/children/0/name").asString()).isEqualTo("vol0");
  }

  @Test
  void longListsAreCutWithTheCountAndWhereTheRestIs() {
    hear(told.corrupted("pmem0", id, 0, 16), told.volumeCorrupted("vol0", id, "pmem0", 32, 16));
    for (int i = 0; i < 250; i++) {
      hear(told.fileLost("data", id, i, "/f" + i, 0));
    }

    JsonNode vol0 = path().at("/path/0/children/0");
    assertThat(vol0.get("children")).hasSize(100);
    assertThat(vol0.get("count").asInt()).isEqualTo(250);
    assertThat(vol0.get("more").asString()).startsWith("/v1/events?fault=" + id);
  }

  private Event metadata(String owner) {
    return told.filesystem(
        "data",
        id,
        new MetadataLost("h1", "data", owner, "vol0", Extents.of(40, 2), true, Cause.MEDIA_ERROR));
  }

  private static String kinds(JsonNode node) {
    StringBuilder kinds = new StringBuilder();
    node.get("children").forEach(child -> kinds.append(child.get("kind").asString()).append(' '));
    return kinds.toString();
  }

  private void hear(Event... events) {
    for (Event event : events) {
      core.hear(event);
    }
  }

  private JsonNode path() {
    Answer answer = core.command(new GetFaultPath(id));
    assertThat(answer).isInstanceOf(Answer.Done.class);
    return Json.LENIENT.readTree(Json.LENIENT.writeValueAsBytes(((Answer.Done) answer).body()));
  }
}
