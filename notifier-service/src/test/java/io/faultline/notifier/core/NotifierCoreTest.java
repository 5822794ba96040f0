package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.AcknowledgeFault;
import io.faultline.notifier.core.NotifierCommand.GetFault;
import io.faultline.notifier.core.NotifierCommand.GetOverview;
import io.faultline.notifier.core.NotifierCommand.GetTopology;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.testing.CoreHarness;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class NotifierCoreTest {

  private static final int RESOLVED = 50;

  private final Told told = new Told("h1");
  private final CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
      new CoreHarness<>(
          "notifier",
          new NotifierCore(new Capacity(1_000, RESOLVED, 100_000)),
          new SealedCodec<>(NotifierCommand.class),
          new SealedCodec<>(NotifierFact.class),
          "h1");

  @AfterEach
  void theStateIsWhatItsFactsMakeIt() {
    assertThat(core.replayed()).isEqualTo(core.state());
    assertThat(core.published()).allMatch(event -> event.data() instanceof FaultEvent);
  }

  @Test
  void whatBecomesOfAFaultIsPublished() {
    String id = told.faultId(1);
    hear(told.corrupted("pmem0", id, 1024, 24), told.fileLost("data", id, 144, "/ref-src", 0));
    core.command(new NotifierCommand.AcknowledgeFault(id, "ann", "on it"));

    assertThat(core.published()).allMatch(event -> id.equals(event.faultId()));
    FaultEvent.FaultOpened opened = core.published(FaultEvent.FaultOpened.class).getFirst();
    assertThat(opened.fault().devices()).containsExactly("pmem0");
    assertThat(opened.fault().sectors()).isEqualTo(24);
    assertThat(opened.grown()).containsExactly("sectors", "devices");
    FaultEvent.FaultGrew grew = core.published(FaultEvent.FaultGrew.class).getFirst();
    assertThat(grew.fault().paths()).containsExactly("/ref-src");
    assertThat(grew.grown()).contains("files", "filesystems");
    FaultEvent.FaultAcknowledged acknowledged =
        core.published(FaultEvent.FaultAcknowledged.class).getFirst();
    assertThat(acknowledged.by()).isEqualTo("ann");
    assertThat(acknowledged.fault().state()).isEqualTo("acknowledged");
  }

  @Test
  void aFaultIsToldFromItsCauseToItsLastEffect() {
    String id = told.faultId(1);
    hear(
        told.corrupted("pmem0", id, 1024, 24),
        told.volumeCorrupted("vol0", id, "pmem0", 2048, 8, 4096, 16),
        told.fileLost("data", id, 144, "/ref-src", 2097152),
        told.fileLost("data", id, 144, "/ref-src", 2101248),
        told.signalled("data", id, 77, "/ref-src"),
        told.shutdown("data", id, "CORRUPT_ONDISK"));

    JsonNode fault = fault(id);
    assertThat(fault.get("id").asString()).isEqualTo(id);
    assertThat(fault.get("host").asString()).isEqualTo("h1");
    assertThat(fault.get("state").asString()).isEqualTo("open");
    assertThat(fault.get("cause").asString()).isEqualTo("media_error");
    assertThat(fault.get("severity").asString()).isEqualTo("critical");
    assertThat(fault.get("device").asString()).isEqualTo("pmem0");
    assertThat(fault.get("ranges").toString()).isEqualTo("[1024,24]");
    assertThat(fault.at("/volumes/0").toString())
        .isEqualTo(
            "{\"volume\":\"vol0\",\"effect\":\"data_lost\",\"ranges\":[2048,8,4096,16],"
                + "\"sectors\":24,\"badRanges\":[2048,8,4096,16],\"badRangeCount\":2,"
                + "\"badSectors\":24}");
    assertThat(fault.at("/filesystems/0/filesystem").asString()).isEqualTo("data");
    assertThat(fault.at("/filesystems/0/shutdownReason").asString()).isEqualTo("CORRUPT_ONDISK");
    assertThat(fault.at("/files/0/paths").toString()).isEqualTo("[\"/ref-src\"]");
    assertThat(fault.at("/files/0/byteRanges").toString()).isEqualTo("[2097152,8192]");
    assertThat(fault.at("/files/0/lostBytes").asLong()).isEqualTo(8192);
    assertThat(fault.get("files")).hasSize(1);
    assertThat(fault.at("/processes/0/pid").asLong()).isEqualTo(77);
    assertThat(fault.get("events")).hasSize(6);
    assertThat(fault.at("/events/0/type").asString()).isEqualTo("io.faultline.corrupted_range");
    assertThat(fault.at("/counts/events").asInt()).isEqualTo(6);
    assertThat(timeline(id)).containsExactly("opened");
    assertThat(fault.has("more")).isFalse();
  }

  @Test
  void whatIsLostOfAFileShrinksAsItIsWrittenAnewButNotByZeroes() {
    String id = told.faultId(1);
    hear(
        told.fileLost("data", id, 144, "/a", 4096),
        told.fileLost("data", id, 144, "/a", 8192),
        told.fileRecovered("data", id, 144, "/a", 4096, RecoveredData.ZEROED));
    assertThat(fault(id).at("/files/0/byteRanges").toString()).isEqualTo("[4096,8192]");

    hear(told.fileRecovered("data", id, 144, "/a", 4096, RecoveredData.REWRITTEN));
    assertThat(fault(id).at("/files/0/byteRanges").toString()).isEqualTo("[8192,4096]");
    assertThat(fault(id).at("/files/0/lostBytes").asLong()).isEqualTo(4096);
    hear(told.fileRecovered("data", id, 144, "/a", 8192, RecoveredData.REWRITTEN));
    assertThat(fault(id).at("/files/0/lostBytes").asLong()).isZero();
    assertThat(fault(id).at("/files/0/paths/0").asString()).as("it was hit").isEqualTo("/a");
    hear(told.fileLost("data", id, 144, "/a", 4096));
    assertThat(fault(id).at("/files/0/lostBytes").asLong()).as("and again").isEqualTo(4096);
  }

  @Test
  void eventsOfNoFaultOpenNothing() {
    hear(told.corrupted("pmem0", null, 0, 8), told.fileLost("data", null, 1, "/a", 0));

    assertThat(ids(new Asked())).isEmpty();
  }

  @Test
  void aFaultResolvesWhenAllOfItsDeviceRangesRecovered() {
    String id = told.faultId(1);
    hear(told.corrupted("pmem0", id, 0, 16));

    hear(told.recovered("pmem0", null, RecoveredData.ZEROED, 0, 8));
    assertThat(state(id)).isEqualTo("open");
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 8, 8));

    assertThat(state(id)).isEqualTo("resolved");
    assertThat(fault(id).get("resolvedAt").isNull()).isFalse();
    assertThat(fault(id).get("ranges").toString()).isEqualTo("[0,16]");
    assertThat(fault(id).at("/devices/0/badSectors").asLong()).isZero();
    assertThat(timeline(id)).containsExactly("opened", "partly_recovered", "resolved");
  }

  @Test
  void healingARangeTakesItFromAllFaultsOfTheDeviceAndFromNoOther() {
    hear(
        told.corrupted("pmem0", told.faultId(1), 0, 16),
        told.corrupted("pmem0", told.faultId(2), 8, 16),
        told.corrupted("pmem1", told.faultId(3), 0, 32));

    hear(told.recovered("pmem0", told.faultId(1), RecoveredData.REWRITTEN, 0, 16));
    assertThat(state(told.faultId(1))).isEqualTo("resolved");
    assertThat(state(told.faultId(2))).isEqualTo("open");
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 16, 8));

    assertThat(state(told.faultId(2))).isEqualTo("resolved");
    assertThat(state(told.faultId(3))).isEqualTo("open");
  }

  @Test
  void aRemovalIsOverWhenTheDeviceReturnsAndItsPoisonStays() {
    String poison = told.faultId(1);
    String removal = told.faultId(2);
    hear(
        told.added("pmem0", 1024),
        told.corrupted("pmem0", poison, 8, 8),
        told.leaving("pmem0", removal, 1024));
    assertThat(state(removal)).isEqualTo("open");
    assertThat(fault(removal).get("cause").asString()).isEqualTo("device_removed");
    assertThat(topology().at("/devices/0/state").asString()).isEqualTo("leaving");
    hear(told.gone("pmem0", removal, 1024), told.removed("pmem0", removal, "planned"));
    assertThat(topology().at("/devices/0/state").asString()).isEqualTo("removed");

    // Ranges of a device that is away do not come back by being written elsewhere.
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 100, 8));
    assertThat(state(removal)).isEqualTo("open");
    hear(
        told.plugged("pmem0", 1024, 2),
        told.recovered("pmem0", removal, RecoveredData.RETURNED, 0, 1024));

    assertThat(state(removal)).isEqualTo("resolved");
    assertThat(state(poison)).isEqualTo("open");
    assertThat(fault(removal).get("ranges").toString()).isEqualTo("[0,1024]");
    assertThat(topology().at("/devices/0/state").asString()).isEqualTo("active");
    assertThat(topology().at("/devices/0/generation").asLong()).isEqualTo(2);
    assertThat(topology().at("/devices/0/badRanges").toString()).isEqualTo("[8,8]");
  }

  @Test
  void aTransientFaultIsOverForItselfOnly() {
    String over = told.faultId(1);
    String other = told.faultId(2);
    hear(
        told.added("pmem0", 1024),
        told.corrupted("pmem0", over, 0, 16, 32, 8),
        told.corrupted("pmem0", other, 8, 16));

    hear(told.faultOver("pmem0", over, 0, 16, 32, 8));

    assertThat(state(over)).isEqualTo("resolved");
    assertThat(state(other)).isEqualTo("open");
    assertThat(topology().at("/devices/0/badRanges").toString()).isEqualTo("[8,16]");
  }

  @Test
  void oneWithMoreRangesThanAreKeptIsOverTooWhenTheLastIsTold() {
    String over = told.faultId(1);
    long[] many = new long[2 * 70_000];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 2L * i;
      many[i + 1] = 1;
    }
    hear(told.added("pmem0", 1 << 20), told.corrupted("pmem0", over, many));

    hear(told.faultOver("pmem0", over, many));

    assertThat(state(over)).isEqualTo("resolved");
  }

  @Test
  void aRemovalOfSeveralDevicesIsOverWhenTheLastIsBack() {
    String removal = told.faultId(1);
    hear(told.gone("pmem0", removal, 64), told.gone("pmem1", removal, 128));

    hear(told.recovered("pmem1", removal, RecoveredData.RETURNED, 0, 128));
    assertThat(state(removal)).isEqualTo("open");
    assertThat(fault(removal).get("devices")).hasSize(2);
    hear(told.recovered("pmem0", removal, RecoveredData.RETURNED, 0, 64));

    assertThat(state(removal)).isEqualTo("resolved");
  }

  @Test
  void aDeletedDeviceHasNothingBadAnyMore() {
    hear(told.added("pmem0", 64), told.corrupted("pmem0", told.faultId(1), 0, 8));

    hear(told.removed("pmem0", null, "deleted"));

    assertThat(state(told.faultId(1))).isEqualTo("resolved");
    assertThat(topology().get("devices")).isEmpty();
  }

  @Test
  void aFaultThatComesBackIsOpenAgainAndItsTimeLineSaysSo() {
    String id = told.faultId(1);
    hear(
        told.corrupted("pmem0", id, 0, 8),
        told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 8));

    hear(told.corrupted("pmem0", id, 0, 8));

    assertThat(state(id)).isEqualTo("open");
    assertThat(timeline(id)).containsExactly("opened", "resolved", "reopened");
  }

  @Test
  void effectsThatAreReadLateDoNotOpenAFaultThatRecovered() {
    String id = told.faultId(1);
    Event late = told.volumeCorrupted("vol0", id, "pmem0", 0, 8);
    hear(
        told.corrupted("pmem0", id, 0, 8),
        told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 8),
        late,
        told.fileLost("data", id, 1, "/a", 0));

    assertThat(state(id)).isEqualTo("resolved");
    assertThat(fault(id).at("/counts/volumes").asInt()).isEqualTo(1);
  }

  @Test
  void peopleAcknowledgeAndResolve() {
    String id = told.faultId(1);
    hear(told.corrupted("pmem0", id, 0, 8));

    JsonNode acknowledged = body(core.command(new AcknowledgeFault(id, "ann", "on it")));
    assertThat(acknowledged.get("state").asString()).isEqualTo("acknowledged");
    assertThat(acknowledged.at("/timeline/1/by").asString()).isEqualTo("ann");
    assertThat(body(core.command(new AcknowledgeFault(id, "bob", null)))).isEqualTo(acknowledged);
    JsonNode resolved = body(core.command(new ResolveFault(id, "ann", "replaced")));
    assertThat(resolved.get("state").asString()).isEqualTo("resolved");
    assertThat(resolved).isEqualTo(fault(id));
    assertThat(body(core.command(new ResolveFault(id, null, null)))).isEqualTo(resolved);

    Answer refused = core.command(new AcknowledgeFault(id, null, null));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(((Answer.Refused) refused).problem().kind()).isEqualTo("fault-resolved");
  }

  @Test
  void whatIsLostAfterSomebodyResolvedByHandOpensItAgain() {
    String id = told.faultId(1);
    // Told by its layer before the resolution, read after it: no news.
    Event early = told.fileLost("data", id, 1, "/a", 0);
    hear(told.corrupted("pmem0", id, 0, 8));
    core.pass(java.time.Duration.ofHours(1));
    body(core.command(new ResolveFault(id, "ann", null)));

    hear(early);
    assertThat(state(id)).isEqualTo("resolved");
    Event later = told.volumeCorrupted("vol0", id, "pmem0", 0, 8);
    hear(
        new Event(
            later.id(),
            later.source(),
            core.now().plusSeconds(1),
            id,
            null,
            later.sequence(),
            later.sliceId(),
            null,
            later.data()));

    assertThat(state(id)).isEqualTo("open");
    assertThat(timeline(id)).containsExactly("opened", "resolved", "reopened");
  }

  @Test
  void whatIsNotThereIs404() {
    for (NotifierCommand command :
        List.of(
            new GetFault("h1:01X"),
            new AcknowledgeFault("h1:01X", null, null),
            new ResolveFault("h1:01X", null, null))) {
      assertThat(core.command(command).status()).isEqualTo(404);
    }
  }

  @Test
  void aFaultIdOfAnotherHostIsABrokenEvent() {
    Assertions.assertThatThrownBy(() -> hear(told.corrupted("pmem0", "h2:01X", 0, 8)))
        .hasMessageContaining("h2:01X");
    Assertions.assertThatThrownBy(() -> hear(told.corrupted("pmem0", "h1:a/b", 0, 8)))
        .hasMessageContaining("h1:a/b");
  }

  @Test
  void listsAreFilteredAndPaged() {
    for (int i = 10; i < 30; i++) {
      hear(told.corrupted(i % 2 == 0 ? "pmem0" : "pmem1", told.faultId(i), i, 1));
    }
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 10, 1));
    hear(told.shutdown("data", told.faultId(20), "LOG_IO"));

    List<String> paged = new ArrayList<>();
    FaultPlace after = null;
    do {
      JsonNode page = body(core.command(new ListFaults(FaultQuery.ALL, after, 7)));
      page.get("items").forEach(item -> paged.add(item.get("id").asString()));
      after = page.get("next").isNull() ? null : FaultPlace.parse(page.get("next").asString());
    } while (after != null);

    assertThat(paged)
        .hasSize(20)
        .isSortedAccordingTo(Comparator.reverseOrder())
        .doesNotHaveDuplicates();
    assertThat(ids(new Asked().state(CaseState.RESOLVED))).containsExactly(told.faultId(10));
    assertThat(ids(new Asked().device("pmem1"))).hasSize(10);
    assertThat(ids(new Asked().severity(Severity.CRITICAL))).containsExactly(told.faultId(20));
    assertThat(body(core.command(new GetOverview())).get("faults").toString())
        .isEqualTo("{\"open\":19,\"resolved\":1}");
  }

  @Test
  void longListsAreCutWithACountAndWhereTheRestIs() {
    String id = told.faultId(1);
    hear(told.corrupted("pmem0", id, 0, 8));
    for (int i = 0; i < 300; i++) {
      hear(told.fileLost("data", id, i % 150, "/f" + i % 150, 4096L * i));
      hear(told.signalled("data", id, i % 120, "/a"));
    }

    JsonNode fault = fault(id);
    assertThat(fault.get("files")).hasSize(100);
    assertThat(fault.at("/counts/files").asInt()).isEqualTo(150);
    assertThat(fault.get("processes")).hasSize(100);
    assertThat(fault.at("/counts/processes").asInt()).isEqualTo(120);
    assertThat(fault.get("events")).hasSize(100);
    assertThat(fault.at("/counts/events").asInt()).isEqualTo(601);
    assertThat(fault.at("/more/files").asString())
        .startsWith("/v1/events?fault=" + id)
        .endsWith("type=file_range_lost");
    assertThat(fault.at("/counts/atLeast").isMissingNode()).isTrue();
  }

  @Test
  void rangesAreCutWithACountAndWhereTheRestIs() {
    String id = told.faultId(1);
    long[] ranges = new long[2 * 150];
    for (int i = 0; i < 150; i++) {
      ranges[2 * i] = 16L * i;
      ranges[2 * i + 1] = 8;
    }
    hear(told.corrupted("pmem0", id, ranges));

    JsonNode fault = fault(id);
    assertThat(fault.get("ranges")).hasSize(2 * 100);
    assertThat(fault.get("sectors").asLong()).isEqualTo(150 * 8);
    assertThat(fault.at("/devices/0/badRanges")).hasSize(2 * 100);
    assertThat(fault.at("/devices/0/badRangeCount").asInt()).isEqualTo(150);
    for (String cut : List.of("ranges", "devices")) {
      assertThat(fault.at("/more/" + cut).asString())
          .startsWith("/v1/events?fault=" + id)
          .endsWith("layer=device");
    }
    assertThat(fault.get("more")).hasSize(2);
  }

  @Test
  void oneMoreEventOfALargeFaultWritesLittle() {
    String id = told.faultId(1);
    for (int i = 0; i < 200; i++) {
      hear(told.fileLost("data", id, i, "/a/rather/long/path/of/a/file/number/" + i, 0));
    }
    NotifierCore plain = new NotifierCore();
    SealedCodec<NotifierFact> codec = new SealedCodec<>(NotifierFact.class);

    int bytes = 0;
    for (var fact :
        plain
            .decide(
                core.state(),
                new io.faultline.runtime.core.Input.Heard<>(
                    new io.faultline.runtime.core.Stamp(
                        core.now(),
                        "h1",
                        new io.faultline.events.Ulids(core.now(), 1),
                        "notifier",
                        0),
                    told.fileLost("data", id, 201, "/b", 0)))
            .facts()) {
      bytes += codec.encode(java.util.Objects.requireNonNull(fact.value())).length;
    }

    assertThat(bytes).isLessThan(600);
  }

  @Test
  void theTopologyTellsWhoStandsOnWhom() {
    hear(
        told.added("pmem0", 2048),
        told.added("pmem1", 2048),
        told.volumeAdded("vol0", 4096, "pmem0", "pmem1"),
        told.mounted("data", "vol0"),
        told.corrupted("pmem0", told.faultId(1), 8, 8),
        told.volumeCorrupted("vol0", told.faultId(1), "pmem0", 16, 8),
        told.redundancyLost("vol0", told.faultId(2), "pmem1", 64, 8));

    JsonNode topology = topology();
    assertThat(topology.get("devices")).hasSize(2);
    assertThat(topology.at("/devices/0/badRanges").toString()).isEqualTo("[8,8]");
    assertThat(topology.at("/volumes/0/below").toString()).isEqualTo("[\"pmem0\",\"pmem1\"]");
    assertThat(topology.at("/volumes/0/badRanges").toString()).isEqualTo("[16,8]");
    assertThat(topology.at("/volumes/0/redundancyLostRanges").toString()).isEqualTo("[64,8]");
    assertThat(topology.at("/filesystems/0/state").asString()).isEqualTo("mounted");
    assertThat(topology.get("edges").toString())
        .isEqualTo(
            "[{\"holder\":\"dm:vol0\",\"on\":\"pmem0\"},{\"holder\":\"dm:vol0\",\"on\":\"pmem1\"},"
                + "{\"holder\":\"fs:data\",\"on\":\"vol0\"}]");

    hear(
        told.volumeRecovered("vol0", told.faultId(1), RecoveredData.ZEROED, 16, 4, 64, 8),
        told.shutdown("data", null, "META_IO"));
    assertThat(topology().at("/volumes/0/badRanges").toString()).isEqualTo("[20,4]");
    assertThat(topology().at("/volumes/0/redundancyLostRanges").toString()).isEqualTo("[64,8]");
    assertThat(topology().at("/filesystems/0/state").asString()).isEqualTo("shutdown");
    assertThat(topology().at("/filesystems/0/shutdownReason").asString()).isEqualTo("META_IO");
  }

  @Test
  void whatReturnsToAVolumeTakesNothingFromAnotherFault() {
    String poison = told.faultId(1);
    String removal = told.faultId(2);
    hear(
        told.volumeAdded("vol0", 64, "pmem0"),
        told.volumeCorrupted("vol0", poison, "pmem0", 8, 8),
        told.volumeCorrupted("vol0", removal, "pmem0", 0, 64));

    hear(told.volumeRecovered("vol0", removal, RecoveredData.RETURNED, 0, 64));

    assertThat(topology().at("/volumes/0/badRanges").toString()).isEqualTo("[8,8]");
  }

  @Test
  void aFreezeIsOverWhenItsLastHolderThawed() {
    hear(told.mounted("data", "vol0"), frozen("kernel"), frozen("userspace"), thawed("kernel"));
    assertThat(topology().at("/filesystems/0/state").asString()).isEqualTo("frozen");
    assertThat(topology().at("/filesystems/0/frozenBy").toString()).isEqualTo("[\"userspace\"]");

    hear(thawed("userspace"));
    assertThat(topology().at("/filesystems/0/state").asString()).isEqualTo("mounted");
  }

  @Test
  void recoveredCasesMakeRoomForNewOnesTheOldestFirst() {
    for (int i = 0; i <= RESOLVED; i++) {
      hear(
          told.corrupted("pmem0", "h1:" + String.format("%08d", i), i, 1),
          told.recovered("pmem0", null, RecoveredData.REWRITTEN, i, 1));
    }

    assertThat(core.command(new GetFault("h1:00000000")).status()).isEqualTo(404);
    assertThat(core.command(new GetFault("h1:00000001")).status()).isEqualTo(200);
    assertThat(core.state().resolvedCases()).isEqualTo(RESOLVED);
  }

  @Test
  void severalCommandsAndEventsSurviveARestart() {
    hear(told.corrupted("pmem0", told.faultId(1), 0, 8));
    core.restart();
    hear(told.recovered("pmem0", null, RecoveredData.REWRITTEN, 0, 8));

    assertThat(state(told.faultId(1))).isEqualTo("resolved");
  }

  private Event frozen(String holder) {
    return told.filesystem(
        "data",
        null,
        new io.faultline.events.FilesystemEvent.FilesystemFrozen("h1", "data", holder));
  }

  private Event thawed(String holder) {
    return told.filesystem(
        "data",
        null,
        new io.faultline.events.FilesystemEvent.FilesystemThawed("h1", "data", holder));
  }

  private void hear(Event... events) {
    for (Event event : events) {
      core.hear(event);
    }
  }

  private String state(String id) {
    return fault(id).get("state").asString();
  }

  private List<String> timeline(String id) {
    List<String> lines = new ArrayList<>();
    fault(id).get("timeline").forEach(line -> lines.add(line.get("what").asString()));
    return lines;
  }

  private JsonNode fault(String id) {
    return body(core.command(new GetFault(id)));
  }

  private JsonNode topology() {
    return body(core.command(new GetTopology()));
  }

  private List<String> ids(Asked asked) {
    List<String> ids = new ArrayList<>();
    body(core.command(new ListFaults(asked.query(), null, 1000)))
        .get("items")
        .forEach(item -> ids.add(item.get("id").asString()));
    return ids;
  }

  private static JsonNode body(Answer answer) {
    assertThat(answer).isInstanceOf(Answer.Done.class);
    return Json.LENIENT.readTree(Json.LENIENT.writeValueAsBytes(((Answer.Done) answer).body()));
  }
}
