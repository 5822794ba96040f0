package io.faultline.dm.core;

import static io.faultline.dm.core.TestHost.ok;
import static io.faultline.dm.core.TestHost.refusal;
import static io.faultline.dm.core.TestHost.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.faultline.events.VolumeEvent;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How volumes come and go, and what they tell. */
class VolumeRulesTest {

  private final TestHost host = new TestHost().device("pmem0", 1000).device("pmem1", 1000);

  private void striped() {
    host.volume("vol0", "0 96 striped 2 8 pmem0 0 pmem1 0");
  }

  @Test
  void aNewVolumeTellsThatItIsThere() {
    striped();

    Event added = host.core.published().getFirst();
    assertThat(added.source()).isEqualTo("/hosts/local/volumes/vol0");
    assertThat(added.data())
        .isEqualTo(
            new VolumeEvent.VolumeAdded(
                "local",
                "vol0",
                96,
                true,
                1,
                List.of("0 96 striped 2 8 pmem0 0 pmem1 0"),
                List.of("pmem0", "pmem1")));
  }

  @Test
  void theSameAgainIsTheSameAndAnotherTableIsAnotherVolume() {
    striped();
    host.core.forgetPublished();

    assertThat(host.put("vol0", "0 96 striped 2 8 /dev/pmem0 0 pmem1 0").status()).isEqualTo(200);
    Problem problem = refusal(host.put("vol0", "0 96 striped 2 8 pmem0 0 pmem1 8"));

    assertThat(problem.status()).isEqualTo(409);
    assertThat(problem.kind()).isEqualTo("volume-exists");
    assertThat(host.core.published()).isEmpty();
  }

  @Test
  void everyVolumeIsANewGeneration() {
    striped();
    host.delete("vol0");
    striped();

    assertThat(host.get("vol0").generation()).isEqualTo(2);
    assertThat(refusal(host.core.command(new DmCommand.MapDown("vol0", 0, 8, 1L))).kind())
        .isEqualTo("stale-generation");
  }

  @Test
  void aFaultIsToldInTheSectorsOfEveryVolumeAbove() {
    striped();
    host.volume("top", "0 40 linear vol0 8", "40 8 linear pmem1 500");
    host.volume("beside", "0 8 linear pmem1 0");

    List<Event> told = host.corrupt("pmem0", "f1", 4, 8);

    assertThat(told).hasSize(2);
    Event low = told.getFirst();
    assertThat(low.source()).isEqualTo("/hosts/local/volumes/vol0");
    assertThat(low.faultId()).isEqualTo("f1");
    assertThat(low.causationId()).isEqualTo("local:event3");
    assertThat(low.data())
        .isEqualTo(
            new CorruptedRange(
                "local",
                "vol0",
                Extents.ofPairs(4, 4, 16, 4),
                false,
                Cause.MEDIA_ERROR,
                new Origin("pmem0", Extents.of(4, 8), null),
                0,
                true));
    assertThat(((CorruptedRange) told.getLast().data()).device()).isEqualTo("top");
    assertThat(((CorruptedRange) told.getLast().data()).ranges()).isEqualTo(Extents.of(8, 4));
  }

  @Test
  void whoseLoadFoundItIsPassedOn() {
    striped();
    ConsumedBy reader = new ConsumedBy(7, "m1");

    List<Event> told =
        host.hear(
            new CorruptedRange(
                "local",
                "pmem0",
                Extents.of(0, 1),
                false,
                Cause.MEDIA_ERROR,
                null,
                0,
                true,
                reader),
            "f1");

    assertThat(((CorruptedRange) told.getFirst().data()).consumedBy()).isEqualTo(reader);
  }

  @Test
  void aLargeImageIsCutAndOnlyTheLastPartSaysSo() {
    host.device("big", 100_000);
    host.volume("wide", "0 20000 striped 2 1 big 0 big 50000");

    List<Event> told = host.corrupt("big", "f1", 0, 10_000);

    assertThat(told).hasSize(3);
    assertThat(told)
        .extracting(event -> ((CorruptedRange) event.data()).part())
        .containsExactly(0, 1, 2);
    assertThat(told)
        .extracting(event -> ((CorruptedRange) event.data()).last())
        .containsExactly(false, false, true);
    assertThat(told).allMatch(event -> ((BlockEvent) event.data()).ranges().rangeCount() <= 4096);
    assertThat(told(told, CorruptedRange.class).get("wide").totalSectors()).isEqualTo(10_000);
  }

  @Test
  void wholeIsAVolumeThatAWholeDeviceTakesWithIt() {
    host.volume("all", "0 1000 linear pmem0 0");
    host.volume("part", "0 100 linear pmem0 0");
    host.volume("mixed", "0 100 linear pmem0 0", "100 100 linear pmem1 0");

    host.core.forgetPublished();
    List<Event> told = host.lose("pmem0", "r1");

    assertThat(told)
        .extracting(
            event -> ((BlockEvent) event.data()).device() + ((BlockEvent) event.data()).whole())
        .containsExactly("alltrue", "mixedfalse", "parttrue");
  }

  @Test
  void whatWasBadBeforeAVolumeCameIsToldWhenItComes() {
    host.corrupt("pmem0", "f1", 0, 4);
    host.corrupt("pmem0", "f2", 500, 4);
    striped();

    List<Event> published = host.core.published();
    assertThat(published).hasSize(2);
    assertThat(published.getLast().faultId()).isEqualTo("f1");
    assertThat(published.getLast().causationId()).isNull();
    assertThat(published.getLast().data())
        .isEqualTo(
            new CorruptedRange(
                "local",
                "vol0",
                Extents.of(0, 4),
                false,
                Cause.MEDIA_ERROR,
                new Origin("pmem0", Extents.of(0, 4), null),
                0,
                true));
  }

  @Test
  void whatAClaimTellsOfASilentDeviceIsTakenOverOnce() {
    host.silentDevice("pmem2", 1000);
    Claim claim =
        host.claimOf(
            "pmem2", List.of(new Claim.KnownFault("f1", Cause.MEDIA_ERROR, Extents.of(0, 4))));
    host.core.command(
        new DmCommand.CreateVolume("vol0", "0 8 linear pmem2 0", Map.of(), Map.of("pmem2", claim)));

    assertThat(told(host.core.published(), CorruptedRange.class))
        .containsEntry("vol0", Extents.of(0, 4));
    host.core.forgetPublished();
    CorruptedRange early =
        new CorruptedRange(
            "local", "pmem2", Extents.of(0, 4), false, Cause.MEDIA_ERROR, null, 0, true);
    assertThat(host.hearAs(claim.sequence(), early, "f1"))
        .as("an event that the claim had in it")
        .isEmpty();
    assertThat(host.corrupt("pmem2", "f2", 4, 1)).hasSize(1);
  }

  @Test
  void aClaimOfADeviceThatTellsItselfAddsNothing() {
    Claim claim =
        host.claimOf(
            "pmem0", List.of(new Claim.KnownFault("f1", Cause.MEDIA_ERROR, Extents.of(0, 4))));
    host.core.command(
        new DmCommand.CreateVolume("vol0", "0 8 linear pmem0 0", Map.of(), Map.of("pmem0", claim)));

    assertThat(host.core.published(CorruptedRange.class)).as("the event will tell").isEmpty();
    assertThat(host.corrupt("pmem0", "f1", 0, 4)).hasSize(1);
  }

  @Test
  void rewrittenHealsEveryMediaErrorAndReturnedOnlyItsOwn() {
    striped();
    host.corrupt("pmem0", "f1", 0, 4);
    host.corrupt("pmem0", "f2", 2, 4);
    host.lose("pmem0", "r1");

    assertThat(
            told(host.recover("pmem0", "x", RecoveredData.REWRITTEN, 2, 3), RangeRecovered.class))
        .containsEntry("vol0", Extents.of(2, 3));
    assertThat(told(host.plug("pmem0", "r1"), RangeRecovered.class).get("vol0").totalSectors())
        .isEqualTo(48);
    Claim claim = ok(host.claim("vol0", "fs:data"));
    assertThat(claim.ranges()).isEqualTo(Extents.ofPairs(0, 2, 5, 1));
  }

  @Test
  void aTransientFaultThatIsOverTakesBackItsOwnRangesOnly() {
    striped();
    host.corrupt("pmem0", "f1", 0, 4);
    host.corrupt("pmem0", "f2", 2, 4);
    host.core.forgetPublished();

    assertThat(
            told(host.recover("pmem0", "f1", RecoveredData.RETURNED, 0, 4), RangeRecovered.class))
        .containsEntry("vol0", Extents.of(0, 4));
    assertThat(host.core.published()).isNotEmpty().allMatch(event -> "f1".equals(event.faultId()));
    assertThat(host.core.published(RangeRecovered.class))
        .allMatch(over -> over.data() == RecoveredData.RETURNED && !over.whole());
    Claim claim = ok(host.claim("vol0", "fs:data"));
    assertThat(claim.ranges()).isEqualTo(Extents.of(2, 4));
  }

  @Test
  void whatWasNeverBadIsNotToldToBeGoodAgain() {
    striped();

    assertThat(host.recover("pmem0", "f1", RecoveredData.ZEROED, 0, 8)).isEmpty();
    host.corrupt("pmem0", "f1", 0, 1);
    assertThat(told(host.recover("pmem0", "f1", RecoveredData.ZEROED, 0, 8), RangeRecovered.class))
        .containsEntry("vol0", Extents.of(0, 1));
  }

  @Test
  void aVolumeThatOthersStandOnStays() {
    striped();
    host.volume("top", "0 8 linear vol0 80");

    Problem problem = refusal(host.delete("vol0"));

    assertThat(problem.kind()).isEqualTo("stood-upon");
    assertThat(problem.status()).isEqualTo(409);
    assertThat(problem.more()).containsEntry("volumes", List.of("top"));
    assertThat(refusal(host.load("vol0", "0 80 zero")).kind()).isEqualTo("stood-upon");
    assertThat(host.load("vol0", "0 88 zero").status()).isEqualTo(200);
    assertThat(host.delete("top").status()).isEqualTo(200);
    assertThat(host.delete("vol0").status()).isEqualTo(200);
    assertThat(host.delete("vol0").status()).isEqualTo(404);
  }

  @Test
  void aTableThatWaitsHoldsWhatItNames() {
    striped();
    host.volume("other", "0 8 zero");
    assertThat(host.load("other", "0 8 linear vol0 0").status()).isEqualTo(200);

    assertThat(refusal(host.delete("vol0")).kind()).isEqualTo("stood-upon");
    assertThat(refusal(host.claim("vol0", "fs:data")).more()).containsEntry("holder", "dm:other");
  }

  @Test
  void aTableThatWaitedIsCheckedAgainWhenItGoesLive() {
    host.volume("low", "0 100 zero");
    host.volume("top", "0 8 zero");
    assertThat(host.load("low", "0 50 zero").status()).isEqualTo(200);
    assertThat(host.load("top", "0 8 linear low 60").status()).isEqualTo(200);

    assertThat(refusal(host.resume("low")).kind()).isEqualTo("stood-upon");
    assertThat(host.get("low").sectors()).isEqualTo(100);
    assertThat(host.resume("top").status()).isEqualTo(200);
  }

  @Test
  void aFilesystemClaimsAlone() {
    striped();
    Claim claim = ok(host.claim("vol0", "fs:data"));

    assertThat(claim.generation()).isEqualTo(1);
    assertThat(claim.sectors()).isEqualTo(96);
    assertThat(claim.dax()).isTrue();
    assertThat(claim.ranges().isEmpty()).isTrue();
    assertThat(claim.sequence()).isEqualTo(1);
    assertThat(claim.revision()).isEqualTo(1);
    Claim again = ok(host.claim("vol0", "fs:data"));
    assertThat(again.revision()).isEqualTo(2);
    Problem other = refusal(host.claim("vol0", "fs:other"));
    assertThat(other.kind()).isEqualTo("claimed");
    assertThat(other.more()).containsEntry("holder", "fs:data");
    assertThat(refusal(host.put("top", "0 8 linear vol0 0")).more())
        .containsEntry("holder", "fs:data");
    assertThat(refusal(host.delete("vol0")).kind()).isEqualTo("claimed");
    assertThat(refusal(host.load("vol0", "0 8 zero")).kind()).isEqualTo("claimed");
    assertThat(host.get("vol0").claim()).isEqualTo("fs:data");
  }

  @Test
  void aVolumeHoldsWhatItsTableNamesAndNothingElse() {
    host.volume("low", "0 96 linear pmem0 0").volume("upper", "0 8 linear low 0");
    host.volume("second", "0 8 linear low 8");
    Claim claim = ok(host.claim("low", "dm:upper"));
    assertThat(claim.sectors()).isEqualTo(96);
    ok(host.claim("low", "dm:second"));
    assertThat(host.get("low").claim()).as("a filesystem claims alone").isNull();

    assertThat(refusal(host.claim("low", "dm:other")).kind()).isEqualTo("not-standing");
    assertThat(refusal(host.claim("second", "dm:upper")).detail())
        .contains("dm:upper holds second by having it in its table");
    assertThat(
            refusal(host.core.command(new DmCommand.ReleaseVolume("low", "dm:upper", null))).kind())
        .isEqualTo("stood-upon");
    host.core.command(new DmCommand.DeleteVolume("upper"));
    assertThat(host.core.command(new DmCommand.ReleaseVolume("low", "dm:upper", null)).status())
        .isEqualTo(204);
    host.claim("second", "fs:data");
    assertThat(refusal(host.claim("second", "dm:upper")).more()).containsEntry("holder", "fs:data");
  }

  @Test
  void aClaimIsGivenBackByItsHolderUnderItsRevision() {
    striped();
    host.claim("vol0", "fs:data");
    host.claim("vol0", "fs:data");

    assertThat(release("fs:other", null)).isEqualTo(409);
    assertThat(release("fs:data", 1L)).isEqualTo(412);
    assertThat(release("fs:data", 2L)).isEqualTo(204);
    assertThat(release("fs:data", 2L)).isEqualTo(204);
    assertThat(host.get("vol0").claim()).isNull();
    Claim next = ok(host.claim("vol0", "fs:other"));
    assertThat(next.revision()).isEqualTo(3);
  }

  private int release(String holder, Long revision) {
    return host.core.command(new DmCommand.ReleaseVolume("vol0", holder, revision)).status();
  }

  @Test
  void aNewTableTellsTheDifferenceUnderTheFaultsThatItBelongsTo() {
    striped();
    host.volume("top", "0 96 linear vol0 0");
    host.corrupt("pmem0", "f1", 0, 4);
    host.core.forgetPublished();

    host.load("vol0", "0 96 linear pmem0 2");
    assertThat(host.core.published()).isEmpty();
    assertThat(host.get("vol0").inactive()).isNotNull();
    host.resume("vol0");

    assertThat(host.core.published(VolumeEvent.TableChanged.class)).hasSize(1);
    assertThat(told(host.core.published(), RangeRecovered.class))
        .containsOnlyKeys("vol0", "top")
        .containsEntry("vol0", Extents.of(2, 2));
    assertThat(host.core.published(RangeRecovered.class).getFirst().data())
        .isEqualTo(RecoveredData.RETURNED);
    assertThat(told(host.core.published(), CorruptedRange.class))
        .as("still bad is no news")
        .isEmpty();
    assertThat(host.core.published()).allMatch(e -> e.causationId() == null);
    assertThat(host.get("vol0").table()).containsExactly("0 96 linear pmem0 2");
  }

  @Test
  void aSuspendedVolumeAndThoseAboveItHearLater() {
    striped();
    host.volume("top", "0 96 linear vol0 0");
    host.volume("side", "0 8 linear pmem0 0");
    host.suspend("vol0");

    assertThat(told(host.corrupt("pmem0", "f1", 0, 4), CorruptedRange.class))
        .containsOnlyKeys("side");
    assertThat(told(host.recover("pmem0", "f1", RecoveredData.ZEROED, 0, 1), RangeRecovered.class))
        .containsOnlyKeys("side");
    assertThat(host.get("vol0").state()).isEqualTo("suspended");
    assertThat(host.upward("pmem0", 0, 1)).containsKeys("vol0", "top");

    host.core.restart();
    host.core.forgetPublished();
    host.resume("vol0");

    assertThat(host.core.published())
        .extracting(event -> event.type().shortName() + " " + event.source().substring(21))
        .containsExactly(
            "corrupted_range vol0",
            "corrupted_range top",
            "range_recovered vol0",
            "range_recovered top");
    assertThat(host.core.published()).extracting(Event::causationId).doesNotContainNull();
    host.checkReplay();
  }

  @Test
  void whatASuspendedVolumeKeptGoesThroughTheTableThatIsLiveThen() {
    striped();
    host.corrupt("pmem0", "f0", 40, 1);
    host.suspend("vol0");
    host.corrupt("pmem0", "f1", 0, 2);
    host.load("vol0", "0 500 linear pmem0 0");
    host.core.forgetPublished();

    host.resume("vol0");

    assertThat(host.core.published())
        .extracting(event -> event.type().shortName() + " " + event.faultId())
        .containsExactly(
            "table_changed null", "range_recovered f0", "corrupted_range f0", "corrupted_range f1");
    Claim claim = ok(host.claim("vol0", "fs:data"));
    assertThat(claim.ranges()).isEqualTo(Extents.ofPairs(0, 2, 40, 1));
  }

  @Test
  void suspendAndResumeOfAVolumeThatIsSoAlreadyDoNothing() {
    striped();
    host.core.forgetPublished();

    assertThat(host.resume("vol0").status()).isEqualTo(200);
    assertThat(host.suspend("vol0").status()).isEqualTo(200);
    assertThat(host.suspend("vol0").status()).isEqualTo(200);
    assertThat(host.resume("vol0").status()).isEqualTo(200);
    assertThat(host.core.published()).isEmpty();
    host.checkReplay();
  }

  @Test
  void creditGoesToTheTopmostAndItsSharesAddUp() {
    striped();
    host.volume("left", "0 8 linear vol0 0");
    host.volume("right", "0 8 linear vol0 8", "8 8 linear vol0 16");
    host.volume("top", "0 8 linear left 0", "8 16 linear right 0");
    host.claim("top", "fs:data");
    host.core.forgetPublished();

    host.announce("pmem0", "r1", Map.of("dm:vol0", 101L, "fs:raw", 5L));

    List<MfMemPreRemove> announced = host.core.published(MfMemPreRemove.class);
    assertThat(announced)
        .extracting(MfMemPreRemove::device)
        .containsExactly("vol0", "left", "right", "top");
    assertThat(announced.subList(0, 3)).allMatch(event -> event.credits().isEmpty());
    assertThat(announced.getLast().credits()).isEqualTo(Map.of("fs:data", 101L));
    assertThat(announced.getLast().removalId()).isEqualTo("r1");
    assertThat(announced.getLast().deadline()).isEqualTo(TestHost.DEADLINE);
    assertThat(host.core.published(RemovalAck.class)).isEmpty();
  }

  @Test
  void creditIsDividedWithTheRemainderToTheFirst() {
    striped();
    host.volume("a", "0 8 linear vol0 0");
    host.volume("b", "0 8 linear vol0 0");
    host.volume("c", "0 8 linear vol0 8");
    host.claim("a", "fs:a");
    host.core.forgetPublished();

    host.announce("pmem0", "r1", Map.of("dm:vol0", 101L));

    assertThat(host.core.published(MfMemPreRemove.class))
        .extracting(event -> event.device() + event.credits())
        .containsExactly("vol0{}", "a{fs:a=51}", "b{}");
    assertThat(host.core.published(RemovalAck.class))
        .containsExactly(new RemovalAck("local", "pmem0", "r1", "dm:b", 50, "not_held"));
  }

  @Test
  void creditThatNobodyHoldsComesBackAtOnce() {
    striped();
    host.volume("elsewhere", "0 8 linear pmem1 0");
    host.core.forgetPublished();

    host.announce(
        "pmem0",
        "r1",
        Map.of("dm:vol0", 10L, "dm:elsewhere", 11L, "dm:nobody", 12L, "fs:raw", 13L));

    assertThat(host.core.published(RemovalAck.class))
        .extracting(ack -> ack.holder() + " " + ack.credit() + " " + ack.reason())
        .containsExactlyInAnyOrder(
            "dm:vol0 10 not_held", "dm:elsewhere 11 not_touched", "dm:nobody 12 gone");
  }

  @Test
  void whoIsNotAddressedAcknowledgesNothing() {
    striped();
    host.core.forgetPublished();

    host.announce("pmem0", "r1", Map.of());

    assertThat(host.core.published(RemovalAck.class)).isEmpty();
    assertThat(host.core.published(MfMemPreRemove.class)).hasSize(1);
  }

  @Test
  void aSuspendedVolumeKeepsItsShareUntilItIsResumed() {
    striped();
    host.claim("vol0", "fs:data");
    host.suspend("vol0");
    host.core.forgetPublished();
    host.announce("pmem0", "r1", Map.of("dm:vol0", 100L));
    assertThat(host.core.published()).isEmpty();

    host.resume("vol0");

    assertThat(host.core.published(MfMemPreRemove.class))
        .extracting(MfMemPreRemove::credits)
        .containsExactly(Map.of("fs:data", 100L));
  }

  @Test
  void aVolumeThatIsResumedElsewhereReturnsItsShare() {
    striped();
    host.suspend("vol0");
    host.announce("pmem0", "r1", Map.of("dm:vol0", 100L));
    host.load("vol0", "0 8 linear pmem1 0");
    host.core.forgetPublished();

    host.resume("vol0");

    assertThat(host.core.published(MfMemPreRemove.class)).isEmpty();
    assertThat(host.core.published(RemovalAck.class))
        .containsExactly(new RemovalAck("local", "pmem0", "r1", "dm:vol0", 100, "not_touched"));
  }

  @Test
  void aSuspendedVolumeThatIsDeletedReturnsItsShare() {
    striped();
    host.suspend("vol0");
    host.announce("pmem0", "r1", Map.of("dm:vol0", 100L));
    host.core.forgetPublished();

    host.delete("vol0");

    assertThat(host.core.published(RemovalAck.class))
        .containsExactly(new RemovalAck("local", "pmem0", "r1", "dm:vol0", 100, "gone"));
    assertThat(host.core.state().facts().keySet()).noneMatch(key -> key.contains("vol0"));
  }

  @Test
  void announcementsThatAreStillKeptAreDroppedWhenTheDeviceIsGone() {
    striped();
    host.suspend("vol0");
    host.announce("pmem0", "r1", Map.of("dm:vol0", 100L));
    host.lose("pmem0", "r1");
    host.core.forgetPublished();

    host.resume("vol0");

    assertThat(host.core.published(MfMemPreRemove.class)).isEmpty();
    assertThat(host.core.published(RemovalAck.class)).isEmpty();
    assertThat(host.core.published(CorruptedRange.class)).hasSize(1);
  }

  @Test
  void nobodyNewStandsOnADeviceThatLeavesOrIsGone() {
    host.announce("pmem0", "r1", Map.of());
    assertThat(refusal(host.put("vol0", "0 8 linear pmem0 0")).kind()).isEqualTo("device-leaving");
    host.lose("pmem0", "r1");
    assertThat(refusal(host.put("vol0", "0 8 linear pmem0 0")).kind()).isEqualTo("device-removed");
    host.plug("pmem0", "r1");
    assertThat(host.put("vol0", "0 8 linear pmem0 0").status()).isEqualTo(201);
  }

  @Test
  void aDeviceThatIsForgottenIsUnknown() {
    host.corrupt("pmem0", "f1", 0, 8);
    host.hear(new DeviceEvent.DeviceRemoved("local", "pmem0", null, "deleted", true), null);

    assertThat(host.core.command(new DmCommand.WhatIf("pmem0", 0, 8)).status()).isEqualTo(404);
    host.checkReplay();
    host.device("pmem0", 50);
    host.volume("vol0", "0 50 linear pmem0 0");
    assertThat(host.core.published(CorruptedRange.class)).isEmpty();
  }

  @Test
  void queriesAreClipped() {
    striped();

    assertThat(host.upward("pmem0", 999, 100)).isEmpty();
    assertThat(host.upward("pmem0", 5000, 100)).isEmpty();
    assertThat(host.upward("vol0", 0, 1)).isEmpty();
    assertThat(host.map("vol0", 5000, 8).pieces()).isEmpty();
    assertThat(host.map("vol0", 90, 800).pieces()).hasSize(1);
  }

  @Test
  void longAnswersSayWhereToGoOn() {
    host.device("big", 1 << 20);
    host.volume("wide", "0 400000 striped 2 1 big 0 big 400000");
    int found = 0;
    Long next = 0L;
    while (next != null) {
      Answers.Upward part =
          ok(host.core.command(new DmCommand.WhatIf("big", next, 200_000 - next)));
      assertThat(part.volumes().getFirst().ranges().length)
          .isLessThanOrEqualTo(2 * Limits.MAX_ANSWER_RANGES);
      found += part.volumes().getFirst().ranges().length / 2;
      next = part.next();
    }
    assertThat(found).isEqualTo(200_000);

    found = 0;
    next = 0L;
    while (next != null) {
      Answers.Mapped part = host.map("wide", next, 400_000 - next);
      found += part.pieces().size();
      next = part.next();
    }
    assertThat(found).isEqualTo(400_000);
  }

  @Test
  void aListComesInPages() {
    for (String name : List.of("b", "a", "c")) {
      host.volume(name, "0 8 zero");
    }
    Answers.Volumes first = ok(host.core.command(new DmCommand.ListVolumes(2, null)));
    Answers.Volumes rest = ok(host.core.command(new DmCommand.ListVolumes(2, first.next())));

    assertThat(first.items()).extracting(Answers.Volume::name).containsExactly("a", "b");
    assertThat(rest.items()).extracting(Answers.Volume::name).containsExactly("c");
    assertThat(rest.next()).isNull();
  }

  @Test
  void tenThousandTargetsAreNoMatter() {
    host.device("big", 1 << 20);
    String[] lines = new String[10_000];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = 8 * i + " 8 linear big " + 16 * ((i * 7919L) % 10_000);
    }
    host.volume("many", lines);
    for (int i = 0; i < 2_000; i++) {
      long target = i * 7919L % 10_000;
      assertThat(host.upward("big", 16 * target + 1, 2))
          .isEqualTo(Map.of("many", Extents.of(8L * i + 1, 2)));
      assertThat(host.upward("big", 16 * target + 8, 8)).isEmpty();
    }
  }

  @Test
  void anImageOfTooManyRangesIsRoundedOutwardsAndLeavesNothingOut() {
    ImageBuilder image = new ImageBuilder(16);
    for (int i = 0; i < 1000; i++) {
      image.add(4L * i, 1);
    }
    Extents built = image.build(3998);

    assertThat(built.rangeCount()).isLessThanOrEqualTo(16);
    for (int i = 0; i < 1000; i++) {
      assertThat(built.contains(4L * i)).isTrue();
    }
    assertThat(built.span().endSector()).isLessThanOrEqualTo(3998);
  }

  @Test
  void anEventOfAnotherLayerIsNotForUs() {
    assertThatThrownBy(() -> host.hear(new VolumeEvent.VolumeRemoved("local", "vol0"), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no event of a device");
  }

  @Test
  void aSliceThatWasMadeAnewBeginsAnew() {
    striped();
    host.corrupt("pmem0", "f1", 0, 4);
    host.core.forgetPublished();

    Event anew =
        new Event(
            "local:other",
            "/hosts/local/devices/pmem0",
            host.core.now(),
            null,
            null,
            1,
            "slice-2",
            null,
            new DeviceEvent.DeviceAdded("local", "pmem0", "pmem", 1000, true, 1));
    List<Event> told = host.core.hear(anew);

    assertThat(told(told, RangeRecovered.class)).containsEntry("vol0", Extents.of(0, 4));
    assertThat(host.core.hear(anew)).as("heard already").isEmpty();
  }
}
