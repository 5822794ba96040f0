package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeviceCoreTest {

  private static final Limits LIMITS =
      new Limits(4, 1L << 40, 100, 100, 3, 3, Duration.ofHours(1), 5);

  private static final long CREDIT = (1L << 53) - 1;

  private final DeviceCore core = new DeviceCore(LIMITS);
  private final CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness =
      new CoreHarness<>(
          "device",
          core,
          new SealedCodec<>(DeviceCommand.class),
          new SealedCodec<>(DeviceFact.class),
          "local");

  @AfterEach
  void aReplayGivesTheSameState() {
    assertThat(harness.replayed()).isEqualTo(harness.state());
  }

  @Test
  void aDeviceIsMadeOnceAndTheSameAgainIsFine() {
    Map<?, ?> made = done(create("pmem0", "pmem", 1 << 20), 201);

    assertThat(made.get("sectors")).isEqualTo(2048L);
    assertThat(made.get("clearUnitBytes")).isEqualTo(4096L);
    assertThat(made.get("dax")).isEqualTo(true);
    assertThat(made.get("state")).isEqualTo("active");
    assertThat(made.containsKey("removal")).isTrue();
    assertThat(harness.published(DeviceEvent.DeviceAdded.class)).hasSize(1);

    done(create("pmem0", "pmem", 1 << 20), 200);
    assertThat(refused(create("pmem0", "nvme", 1 << 20), 409).detail())
        .contains("pmem0")
        .contains("kind pmem");
    assertThat(harness.published(DeviceEvent.DeviceAdded.class)).hasSize(1);
  }

  @Test
  void aShapeThatCannotBeIsRefusedWithTheRule() {
    assertThat(refused(create("d", "floppy", 512), 422).errors().getFirst().pointer())
        .isEqualTo("/kind");
    assertThat(refused(create("d", "pmem", 1000), 422).detail()).contains("multiple of");
    assertThat(refused(create("d", "pmem", 0), 422).detail()).contains("positive");
    refused(create("d", "pmem", -512), 422);
    refused(create("d", "pmem", (1L << 40) + 512), 422);
    refused(new DeviceCommand.Create("d", "nvme", 4096, 1024L, null), 422);
    refused(new DeviceCommand.Create("d", "nvme", 512, 4096L, null), 422);
    refused(new DeviceCommand.Create("d", "nvme", 4096, 4096L, 512L), 422);
    assertThat(harness.state().devices()).isEmpty();
  }

  @Test
  void aHostHasOnlySoManyDevices() {
    for (int i = 0; i < 4; i++) {
      done(create("d" + i, "ata", 512), 201);
    }
    assertThat(refused(create("d4", "ata", 512), 507).detail()).contains("limits.devices-per-host");
  }

  @Test
  void aFaultIsToldInTheDevicesOwnSectors() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    Map<?, ?> answer = done(inject("pmem0", 100, 8, true), 202);

    Event event = lastEvent();
    assertThat(event.id()).isEqualTo(answer.get("eventId"));
    assertThat(event.faultId()).isEqualTo(answer.get("faultId"));
    assertThat(event.source()).isEqualTo("/hosts/local/devices/pmem0");
    assertThat(event.data())
        .isEqualTo(
            new CorruptedRange(
                "local",
                "pmem0",
                Extents.of(100, 8),
                false,
                Cause.MEDIA_ERROR,
                new Origin("pmem0", Extents.of(100, 8), null),
                0,
                true));
  }

  @Test
  void everyEventAboutRangesNamesTheDeviceAsItsOrigin() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(inject("pmem0", 100, 8, true), 202);
    heal("pmem0", Extents.of(100, 8));
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    unplug(UnplugMode.PLANNED, "pmem0");
    unplug(UnplugMode.SURPRISE, "pmem0");
    done(new DeviceCommand.Plug("pmem0"), 200);

    Extents whole = Extents.of(0, 2048);
    assertThat(harness.published(BlockEvent.class))
        .extracting(BlockEvent::origin)
        .containsExactly(
            new Origin("pmem0", Extents.of(100, 8), null),
            new Origin("pmem0", Extents.of(100, 8), null),
            new Origin("pmem0", whole, null),
            new Origin("pmem0", whole, null),
            new Origin("pmem0", whole, null));
  }

  @Test
  void aFaultIsRoundedOutToLogicalBlocks() {
    done(new DeviceCommand.Create("n", "nvme", 1 << 20, 4096L, null), 201);
    done(inject("n", 9, 1, true), 202);

    assertThat(device("n").known()).isEqualTo(Extents.of(8, 8));
  }

  @Test
  void whoConsumedThePoisonIsTold() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Inject("pmem0", 0, 8, true, new ConsumedBy(42, "map1")), 202);

    assertThat(((CorruptedRange) lastEvent().data()).consumedBy())
        .isEqualTo(new ConsumedBy(42, "map1"));
  }

  @Test
  void aFaultThatReachesPastTheEndIsRefused() {
    done(create("pmem0", "pmem", 1 << 20), 201);

    Problem problem = refused(inject("pmem0", 2047, 2, true), 422);
    assertThat(problem.kind()).isEqualTo("past-end");
    assertThat(problem.detail()).contains("2047+2").contains("2048 sectors");
    refused(inject("nothing", 0, 1, true), 404);
    assertThat(device("pmem0").poison().isEmpty()).isTrue();
  }

  @Test
  void latentPoisonIsToldWhenAScrubFindsItUnderItsOwnFault() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    Map<?, ?> latent = done(inject("pmem0", 100, 8, false), 202);
    assertThat(latent.get("eventId")).isNull();
    assertThat(latent.containsKey("eventId")).isTrue();
    assertThat(harness.published(CorruptedRange.class)).isEmpty();
    assertThat(shown(device("pmem0"))).isEmpty();
    assertThat(DeviceViews.device(device("pmem0")).get("badSectors")).isEqualTo(0L);

    harness.forgetPublished();
    done(new DeviceCommand.Scrub("pmem0"), 202);

    assertThat(harness.published().getFirst().faultId()).isEqualTo(latent.get("faultId"));
    assertThat(((BlockEvent) harness.published().getFirst().data()).ranges())
        .isEqualTo(Extents.of(100, 8));
    assertThat(harness.published(DeviceEvent.ScrubCompleted.class))
        .containsExactly(
            new DeviceEvent.ScrubCompleted("local", "pmem0", 2048, 8, "completed", "full"));
    assertThat(DeviceViews.device(device("pmem0")).get("badSectors")).isEqualTo(8L);
  }

  @Test
  void healingTakesFromEveryFaultAndIsToldOnce() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    Object first = done(inject("pmem0", 0, 16, true), 202).get("faultId");
    Object second = done(inject("pmem0", 8, 16, true), 202).get("faultId");
    harness.forgetPublished();

    heal("pmem0", Extents.of(8, 8));

    assertThat(harness.published()).hasSize(1);
    assertThat(lastEvent().faultId()).isEqualTo(first);
    RangeRecovered recovered = (RangeRecovered) lastEvent().data();
    assertThat(recovered.ranges()).isEqualTo(Extents.of(8, 8));
    assertThat(recovered.data()).isEqualTo(RecoveredData.REWRITTEN);
    assertThat(device("pmem0").faults().get(first).known()).isEqualTo(Extents.of(0, 8));
    assertThat(device("pmem0").faults().get(second).known()).isEqualTo(Extents.of(16, 8));

    heal("pmem0", Extents.of(0, 24));
    assertThat(device("pmem0").faults()).isEmpty();
  }

  @Test
  void healingLatentPoisonIsSilent() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(inject("pmem0", 0, 16, false), 202);
    harness.forgetPublished();

    heal("pmem0", Extents.of(0, 16));

    assertThat(harness.published()).isEmpty();
    assertThat(device("pmem0").poison().isEmpty()).isTrue();
  }

  @Test
  void aLargeSetComesInPartsOfOneFault() {
    Limits many = new Limits(4, 1L << 40, 10_000, 10_000, 3, 3, Duration.ofHours(1), 5);
    CoreHarness<DeviceHost, DeviceCommand, DeviceFact> large =
        new CoreHarness<>(
            "device",
            new DeviceCore(many),
            new SealedCodec<>(DeviceCommand.class),
            new SealedCodec<>(DeviceFact.class),
            "local");
    large.command(create("d", "ata", 1 << 24));
    large.command(inject("d", 0, 1 << 15, true));
    Extents.Builder holes = Extents.builder();
    for (int i = 0; i < 5000; i++) {
      holes.add(3L * i, 1);
    }
    large.forgetPublished();
    large.command(new DeviceCommand.Heal("d", 1, holes.build(), RecoveredData.ZEROED));

    List<RangeRecovered> parts = large.published(RangeRecovered.class);
    assertThat(parts).hasSize(2);
    assertThat(parts.get(0).ranges().rangeCount()).isEqualTo(BlockEvent.MAX_RANGES_PER_PART);
    assertThat(parts.get(0).last()).isFalse();
    assertThat(parts.get(1).part()).isEqualTo(1);
    assertThat(parts.get(1).last()).isTrue();
    assertThat(large.published().get(0).faultId()).isEqualTo(large.published().get(1).faultId());
  }

  @Test
  void filesystemsStandAloneAndVolumesShare() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:vol0"), 200);
    done(new DeviceCommand.Claim("pmem0", "dm:vol1"), 200);
    Problem taken = refused(new DeviceCommand.Claim("pmem0", "fs:data"), 409);
    assertThat(taken.kind()).isEqualTo("claimed");
    assertThat(taken.more().get("holder")).isEqualTo("dm:vol0");

    done(create("pmem1", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem1", "fs:data"), 200);
    done(new DeviceCommand.Claim("pmem1", "fs:data"), 200);
    refused(new DeviceCommand.Claim("pmem1", "fs:other"), 409);
    refused(new DeviceCommand.Claim("pmem1", "dm:vol0"), 409);
    for (String holder : List.of("", "dm:", "xx:vol0", "dm:Vol0", "vol0", "fs:a/b", "dm")) {
      refused(new DeviceCommand.Claim("pmem0", holder), 400);
    }
  }

  @Test
  void aClaimIsAnsweredWithWhatIsBadAndUpToWhere() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    Object faultId = done(inject("pmem0", 100, 8, true), 202).get("faultId");
    done(inject("pmem0", 200, 8, false), 202);
    Map<?, ?> answer = done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);

    assertThat(answer.get("generation")).isEqualTo(1L);
    assertThat(answer.get("sequence")).isEqualTo(2L);
    assertThat((long[]) answer.get("ranges")).containsExactly(100, 8);
    assertThat(answer.get("faults").toString()).contains(String.valueOf(faultId));
    assertThat(answer.get("revision")).isEqualTo(1L);
  }

  @Test
  void aReleaseOfAnOldRevisionLeavesTheClaim() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:vol0"), 200);
    Map<?, ?> again = done(new DeviceCommand.Claim("pmem0", "dm:vol0"), 200);
    assertThat(again.get("revision")).isEqualTo(2L);

    refused(new DeviceCommand.Release("pmem0", "dm:vol0", 1L), 412);
    assertThat(device("pmem0").claims()).containsKey("dm:vol0");
    done(new DeviceCommand.Release("pmem0", "dm:vol0", 2L), 204);
    assertThat(device("pmem0").claims()).isEmpty();
    done(new DeviceCommand.Release("pmem0", "dm:vol0", 2L), 204);
  }

  @Test
  void aPlannedRemovalWaitsForAllCredit() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    for (String holder : List.of("dm:a", "dm:b", "dm:c")) {
      done(new DeviceCommand.Claim("pmem0", holder), 200);
    }
    harness.forgetPublished();
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");

    MfMemPreRemove announced = harness.published(MfMemPreRemove.class).getFirst();
    assertThat(announced.credits().keySet()).containsExactly("dm:a", "dm:b", "dm:c");
    assertThat(announced.credits().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo((1L << 53) - 1);
    assertThat(announced.credits().values()).allMatch(share -> share > 0);
    assertThat(announced.whole()).isTrue();
    assertThat(announced.deadline()).isEqualTo(harness.now().plus(Duration.ofSeconds(30)));
    refused(new DeviceCommand.Claim("pmem0", "dm:d"), 409);
    Problem running =
        refused(
            new DeviceCommand.Unplug(List.of("pmem0"), UnplugMode.PLANNED, Duration.ofSeconds(1)),
            409);
    assertThat(running.kind()).isEqualTo("removal-running");
    assertThat(running.more().get("removalId")).isEqualTo(removalId);
    done(inject("pmem0", 0, 8, true), 202);

    harness.forgetPublished();
    ack("e1", "pmem0", removalId, announced.credits().get("dm:a"));
    ack("e1", "pmem0", removalId, announced.credits().get("dm:a"));
    ack("e2", "pmem0", removalId, announced.credits().get("dm:b"));
    assertThat(harness.published()).isEmpty();
    assertThat(device("pmem0").state()).isEqualTo(DeviceState.LEAVING);
    assertThat(ack("e3", "pmem0", removalId, announced.credits().get("dm:c"))).hasSize(2);

    assertThat(harness.published(CorruptedRange.class).getFirst().whole()).isTrue();
    assertThat(harness.published(DeviceEvent.DeviceRemoved.class))
        .containsExactly(
            new DeviceEvent.DeviceRemoved("local", "pmem0", removalId, "planned", true));
    assertThat(device("pmem0").state()).isEqualTo(DeviceState.REMOVED);
    assertThat(ack("e4", "pmem0", removalId, 1)).isEmpty();
    refused(inject("pmem0", 0, 8, true), 409);
  }

  @Test
  void theDeadlineTakesADeviceThatWasNotAcknowledged() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");
    harness.restart();
    harness.pass(Duration.ofSeconds(29));
    assertThat(device("pmem0").state()).isEqualTo(DeviceState.LEAVING);

    harness.pass(Duration.ofSeconds(1));

    assertThat(harness.published(DeviceEvent.DeviceRemoved.class))
        .containsExactly(
            new DeviceEvent.DeviceRemoved("local", "pmem0", removalId, "planned", false));
    assertThat(core.waitsForTime(harness.state())).isFalse();
  }

  @Test
  void acknowledgementsThatCannotBeAreTold() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");
    long all = (1L << 53) - 1;

    assertThat(verdict("e", "pmem0", "local:other", 1)).isEqualTo(AckVerdict.UNKNOWN);
    assertThat(verdict("e", "nothing", removalId, 1)).isEqualTo(AckVerdict.UNKNOWN);
    assertThat(verdict("e", "pmem0", removalId, 0)).isEqualTo(AckVerdict.UNKNOWN);
    assertThat(verdict("e", "pmem0", removalId, -1)).isEqualTo(AckVerdict.UNKNOWN);
    assertThat(verdict("e", "pmem0", removalId, all + 1)).isEqualTo(AckVerdict.UNKNOWN);
    assertThat(verdict("e", "pmem0", removalId, all)).isEqualTo(AckVerdict.COUNTED);
    ack("e", "pmem0", removalId, 1);
    assertThat(verdict("e", "pmem0", removalId, 1)).isEqualTo(AckVerdict.REPEATED);
    ack("f", "pmem0", removalId, all - 1);
    assertThat(verdict("g", "pmem0", removalId, 1)).isEqualTo(AckVerdict.LATE);
  }

  @Test
  void severalDevicesLeaveAsOneRemovalAndOneFault() {
    for (String name : List.of("a", "b", "c")) {
      done(create(name, "nvme", 1 << 20), 201);
    }
    done(new DeviceCommand.Claim("a", "fs:x"), 200);
    done(new DeviceCommand.Claim("b", "fs:y"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "a", "b", "c");
    long all = (1L << 53) - 1;
    ack("e1", "a", removalId, all);
    assertThat(device("a").state()).isEqualTo(DeviceState.LEAVING);
    harness.forgetPublished();
    ack("e2", "b", removalId, all);

    assertThat(harness.published(DeviceEvent.DeviceRemoved.class))
        .extracting(DeviceEvent.DeviceRemoved::device)
        .containsExactly("a", "b", "c");
    assertThat(harness.published()).extracting(Event::faultId).containsOnly(lastEvent().faultId());
  }

  @Test
  void aGroupThatCannotAllLeaveDoesNotLeaveAtAll() {
    done(create("a", "nvme", 1 << 20), 201);
    done(create("b", "nvme", 1 << 20), 201);
    unplug(UnplugMode.SURPRISE, "b");

    refused(group("a", "b"), 409);
    refused(group("a", "nothing"), 404);
    refused(group("a", "a"), 400);
    refused(group(), 400);
    refused(group("a", "b", "c", "d"), 422);
    assertThat(device("a").state()).isEqualTo(DeviceState.ACTIVE);
  }

  @Test
  void aDeadlineHasBounds() {
    done(create("a", "nvme", 1 << 20), 201);
    for (Duration deadline : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(2))) {
      refused(new DeviceCommand.Unplug(List.of("a"), UnplugMode.PLANNED, deadline), 422);
    }
  }

  @Test
  void whatNobodyClaimsGoesAtOnce() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    unplug(UnplugMode.PLANNED, "pmem0");

    assertThat(device("pmem0").state()).isEqualTo(DeviceState.REMOVED);
    assertThat(harness.published(MfMemPreRemove.class)).isEmpty();
    assertThat(Objects.requireNonNull(device("pmem0").removal()).acknowledged()).isTrue();
  }

  @Test
  void anOrderlyRemovalIsRefusedWhileSomebodyStandsOnIt() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:vol0"), 200);
    DeviceCommand orderly =
        new DeviceCommand.Unplug(List.of("pmem0"), UnplugMode.ORDERLY, Duration.ofSeconds(30));
    Problem held = refused(orderly, 409);
    assertThat(held.kind()).isEqualTo("held");
    assertThat(held.more().get("holders")).isEqualTo(List.of("dm:vol0"));

    done(new DeviceCommand.Release("pmem0", "dm:vol0", null), 204);
    done(orderly, 202);
    assertThat(device("pmem0").state()).isEqualTo(DeviceState.REMOVED);
  }

  @Test
  void aPluggedDeviceHasAnotherGenerationItsOldPoisonAndNoClaims() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    done(inject("pmem0", 0, 8, true), 202);
    refused(new DeviceCommand.Plug("pmem0"), 409);
    unplug(UnplugMode.SURPRISE, "pmem0");
    String fault = lastEvent().faultId();
    assertThat(shown(device("pmem0"))).hasSize(2);
    harness.forgetPublished();

    Map<?, ?> plugged = done(new DeviceCommand.Plug("pmem0"), 200);

    assertThat(plugged.get("generation")).isEqualTo(2L);
    assertThat(harness.published(DeviceEvent.DevicePlugged.class))
        .containsExactly(new DeviceEvent.DevicePlugged("local", "pmem0", 2, 2048));
    assertThat(lastEvent().faultId()).isEqualTo(fault);
    assertThat(((RangeRecovered) lastEvent().data()).data()).isEqualTo(RecoveredData.RETURNED);
    assertThat(device("pmem0").known()).isEqualTo(Extents.of(0, 8));
    assertThat(device("pmem0").claims()).isEmpty();
    assertThat(plugged.get("claims")).isEqualTo(List.of());
    assertThat(shown(device("pmem0"))).hasSize(1);
    Problem stale =
        refused(new DeviceCommand.Heal("pmem0", 1, Extents.of(0, 8), RecoveredData.REWRITTEN), 409);
    assertThat(stale.kind()).isEqualTo("stale-generation");
  }

  @Test
  void aDeviceIsForgottenOnlyWhenNobodyClaimsItAndANewOneIsAnother() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    done(inject("pmem0", 0, 8, true), 202);
    refused(new DeviceCommand.Delete("pmem0"), 409);
    done(new DeviceCommand.Release("pmem0", "fs:data", null), 204);
    done(new DeviceCommand.Scrub("pmem0"), 202);
    unplug(UnplugMode.SURPRISE, "pmem0");
    done(new DeviceCommand.Plug("pmem0"), 200);
    done(new DeviceCommand.Delete("pmem0"), 204);

    assertThat(harness.state().devices()).isEmpty();
    assertThat(((DeviceEvent.DeviceRemoved) lastEvent().data()).mode()).isEqualTo("deleted");
    refused(new DeviceCommand.Delete("pmem0"), 404);
    Map<?, ?> made = done(create("pmem0", "pmem", 1 << 20), 201);
    assertThat(made.get("generation")).isEqualTo(3L);
    assertThat(device("pmem0").poison().isEmpty()).isTrue();
  }

  @Test
  void aLeavingDeviceCannotBeForgottenOrPlugged() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:a"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");

    refused(new DeviceCommand.Delete("pmem0"), 409);
    Problem problem = refused(new DeviceCommand.Plug("pmem0"), 409);
    assertThat(problem.kind()).isEqualTo("device-not-removed");
    assertThat(problem.more().get("removalId")).isEqualTo(removalId);
  }

  @Test
  void whoLetsGoIsNotWaitedFor() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:a"), 200);
    done(new DeviceCommand.Claim("pmem0", "dm:b"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");
    Map<String, Long> credits = harness.published(MfMemPreRemove.class).getFirst().credits();
    done(new DeviceCommand.Release("pmem0", "dm:a", null), 204);
    assertThat(shown("pmem0").get("unanswered")).isEqualTo(List.of("dm:b"));
    assertThat(shown("pmem0").get("creditOutstanding")).isEqualTo(credits.get("dm:b"));

    // What was written off and comes after all is nobody else's.
    assertThat(verdict("e1", "pmem0", removalId, credits.get("dm:a")))
        .isEqualTo(AckVerdict.COUNTED);
    ack("e1", "pmem0", removalId, credits.get("dm:a"));
    assertThat(device("pmem0").state()).isEqualTo(DeviceState.LEAVING);
    ack("e2", "pmem0", removalId, credits.get("dm:b"));

    assertThat(shown("pmem0").get("end")).isEqualTo("acknowledged");
    assertThat(shown("pmem0").get("acknowledged")).isEqualTo(true);
    assertThat(shown("pmem0").get("holders")).isEqualTo(List.of("dm:a", "dm:b"));
  }

  @Test
  void aRemovalThatTheLastHolderLeavesEndsUnclaimed() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "fs:data"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");
    done(new DeviceCommand.Release("pmem0", "fs:data", null), 204);

    assertThat(device("pmem0").state()).isEqualTo(DeviceState.REMOVED);
    assertThat(shown("pmem0").get("end")).isEqualTo("unclaimed");
    assertThat(shown("pmem0").get("creditOutstanding")).isEqualTo(0L);
    assertThat(harness.published(DeviceEvent.DeviceRemoved.class))
        .containsExactly(
            new DeviceEvent.DeviceRemoved("local", "pmem0", removalId, "planned", true));
  }

  @Test
  void aDeviceThatIsPulledWhileItIsDrainedLeavesAtOnceInTheSameRemoval() {
    done(create("a", "pmem", 1 << 20), 201);
    done(create("b", "pmem", 1 << 20), 201);
    done(create("c", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("a", "fs:x"), 200);
    done(new DeviceCommand.Claim("b", "fs:y"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "a", "b");
    harness.pass(Duration.ofSeconds(3));
    harness.forgetPublished();

    assertThat(unplug(UnplugMode.SURPRISE, "a", "c")).isEqualTo(removalId);

    assertThat(harness.published(DeviceEvent.DeviceRemoved.class))
        .containsExactly(
            new DeviceEvent.DeviceRemoved("local", "a", removalId, "surprise", false),
            new DeviceEvent.DeviceRemoved("local", "c", removalId, "surprise", false));
    assertThat(harness.published()).extracting(Event::faultId).containsOnly(lastEvent().faultId());
    Map<?, ?> shown = shown("a");
    assertThat(shown.get("mode")).isEqualTo("surprise");
    assertThat(shown.get("end")).isEqualTo("surprise");
    assertThat(shown.get("acknowledged")).isEqualTo(false);
    assertThat(shown.get("unanswered")).isEqualTo(List.of("fs:x"));
    assertThat(String.valueOf(shown.get("history"))).contains("mode=planned", "mode=surprise");
    assertThat(device("b").state())
        .as("the other one is still drained")
        .isEqualTo(DeviceState.LEAVING);
    ack("e1", "b", removalId, CREDIT);
    assertThat(shown("b").get("end")).isEqualTo("acknowledged");
  }

  @Test
  void devicesOfTwoRemovalsAreNotPulledAsOne() {
    for (String name : List.of("a", "b")) {
      done(create(name, "nvme", 1 << 20), 201);
      done(new DeviceCommand.Claim(name, "fs:" + name), 200);
      unplug(UnplugMode.PLANNED, name);
    }
    assertThat(refused(group("a", "b"), 409).kind()).isEqualTo("removal-running");
    done(group("b"), 202);
    assertThat(device("a").state()).isEqualTo(DeviceState.LEAVING);
  }

  @Test
  void theRemovalTellsWhatBecameOfItsAcknowledgements() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    done(new DeviceCommand.Claim("pmem0", "dm:a"), 200);
    String removalId = unplug(UnplugMode.PLANNED, "pmem0");
    ack("e1", "pmem0", removalId, 5);
    ack("e1", "pmem0", removalId, 5);
    ack("e2", "pmem0", "local:other", 5);
    harness.pass(Duration.ofSeconds(30));
    ack("e3", "pmem0", removalId, 7);

    Map<?, ?> shown = shown("pmem0");
    assertThat(shown.get("end")).isEqualTo("deadline");
    assertThat(shown.get("endedAt")).isEqualTo(harness.now());
    assertThat(shown.get("creditOutstanding")).isEqualTo(CREDIT - 5);
    assertThat(String.valueOf(shown.get("acks")))
        .isEqualTo("{counted=1, repeated=1, late=1, unknown=1}");
    done(new DeviceCommand.Plug("pmem0"), 200);
    assertThat(shown("pmem0").get("pluggedAt")).isEqualTo(harness.now());
  }

  @Test
  void clearUnitsAreRoundedInAndTheLastEndsWithTheDevice() {
    // 20 sectors in units of 8: [0,8) [8,16) [16,20)
    done(create("pmem0", "pmem", 20 * 512), 201);
    Device device = device("pmem0");

    assertThat(device.wholeClearUnits(new SectorRange(1, 15))).isEqualTo(new SectorRange(8, 8));
    assertThat(device.wholeClearUnits(new SectorRange(0, 7)).isEmpty()).isTrue();
    assertThat(device.wholeClearUnits(new SectorRange(15, 5))).isEqualTo(new SectorRange(16, 4));
    assertThat(device.wholeClearUnits(new SectorRange(17, 3)).isEmpty()).isTrue();
    assertThat(device.wholeClearUnits(new SectorRange(0, 20))).isEqualTo(new SectorRange(0, 20));
  }

  @Test
  void limitsOfFaultsAreNamed() {
    done(create("pmem0", "pmem", 1 << 20), 201);
    for (int i = 0; i < 100; i++) {
      done(inject("pmem0", 16L * i, 1, true), 202);
    }
    assertThat(refused(inject("pmem0", 1900, 1, true), 507).detail())
        .contains("limits.faults-per-device");
  }

  private static List<?> shown(Device device) {
    return (List<?>) Objects.requireNonNull(FaultViews.page(device, 100, null, false).get("items"));
  }

  private static DeviceCommand create(String device, String kind, long sizeBytes) {
    return new DeviceCommand.Create(device, kind, sizeBytes, null, null);
  }

  private static DeviceCommand inject(String device, long sector, long count, boolean announce) {
    return new DeviceCommand.Inject(device, sector, count, announce, null);
  }

  private static DeviceCommand group(String... devices) {
    return new DeviceCommand.Unplug(List.of(devices), UnplugMode.SURPRISE, Duration.ofSeconds(30));
  }

  private void heal(String device, Extents ranges) {
    done(
        new DeviceCommand.Heal(
            device, device(device).generation(), ranges, RecoveredData.REWRITTEN),
        200);
  }

  private String unplug(UnplugMode mode, String... devices) {
    return String.valueOf(
        done(new DeviceCommand.Unplug(List.of(devices), mode, Duration.ofSeconds(30)), 202)
            .get("removalId"));
  }

  private List<Event> ack(String id, String device, String removalId, long credit) {
    return harness.hear(ackEvent(id, device, removalId, credit));
  }

  private AckVerdict verdict(String id, String device, String removalId, long credit) {
    return core.verdict(
        harness.state(), id, new RemovalAck("local", device, removalId, "fs:data", credit, "gone"));
  }

  private Event ackEvent(String id, String device, String removalId, long credit) {
    return new Event(
        id,
        "/hosts/local/filesystems/data",
        harness.now(),
        null,
        null,
        1,
        "fs",
        null,
        new RemovalAck("local", device, removalId, "fs:data", credit, "gone"));
  }

  private Map<?, ?> shown(String name) {
    return Objects.requireNonNull(DeviceViews.removal(device(name)));
  }

  private Device device(String name) {
    return Objects.requireNonNull(harness.state().device(name));
  }

  private Event lastEvent() {
    return harness.published().getLast();
  }

  private Map<?, ?> done(DeviceCommand command, int status) {
    Answer answer = harness.command(command);
    assertThat(answer).isInstanceOf(Answer.Done.class);
    assertThat(answer.status()).isEqualTo(status);
    @Nullable Object body = ((Answer.Done) answer).body();
    return body == null ? Map.of() : (Map<?, ?>) body;
  }

  private Problem refused(DeviceCommand command, int status) {
    DeviceHost before = harness.replayed();
    Answer answer = harness.command(command);
    assertThat(answer).isInstanceOf(Answer.Refused.class);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(harness.state()).as("a refusal changes nothing").isEqualTo(before);
    return ((Answer.Refused) answer).problem();
  }
}
