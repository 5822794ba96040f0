package io.faultline.fs.core;

import static io.faultline.fs.testing.FsHarness.HOST;
import static io.faultline.fs.testing.FsHarness.data;
import static io.faultline.fs.testing.FsHarness.owner;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.FilesystemUnmounted;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.fs.core.Views.FilesystemView;
import io.faultline.fs.core.Views.ImpactView;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The filesystem layer's rules, one behaviour each. */
class FsCoreTest {

  private static final long SECTORS = 100_000;

  /** A small filesystem: metadata, two files that share eight sectors, attributes, a log. */
  private static final String[] MAP = {
    owner(0, 32, "special_88:1"),
    owner(32, 16, "special_88:3"),
    owner(48, 16, "special_88:4"),
    owner(64, 64, "special_88:5"),
    data(128, 64, 130, 0),
    data(160, 32, 131, 1000),
    owner(192, 8, "inode_130_data_bmbt"),
    data(200, 800, 140, 0),
    owner(1000, 1000, "special_88:2"),
    owner(2000, 16, "special_88:7"),
    data(2016, 4096, 150, 0),
    owner(6112, 93_888, "special_0:1")
  };

  private final FsHarness fs = new FsHarness();

  @AfterEach
  void aRestartFindsTheSame() {
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private void mounted(Spec spec) {
    fs.added("pmem0", SECTORS);
    fs.make("data", spec, SECTORS);
    fs.importLines("data", SECTORS, MAP);
    fs.importPaths("data", "130 /f\n131 /g\n131 /hard link\n140 /big\n150 /huge\n");
    fs.core().forgetPublished();
  }

  private static List<EventData> heard(List<Event> events) {
    return FsHarness.data(events);
  }

  @Test
  void aFreshFilesystemIsMountedAndHasFreeSpace() {
    FilesystemView view = fs.make("data", FsHarness.on("pmem0"), SECTORS);
    assertThat(view.state()).isEqualTo("mounted");
    assertThat(view.sectors()).isEqualTo(SECTORS);
    assertThat(fs.core().published(FilesystemMounted.class))
        .containsExactly(new FilesystemMounted(HOST, "data", List.of("pmem0"), "always", true));
    assertThat(fs.owners("data", Role.DATA, 0, 1L << 52, 10))
        .anyMatch(owner -> owner.owner().equals("free space"))
        .satisfies(
            owners ->
                assertThat(owners.stream().mapToLong(OwnerView::count).sum()).isEqualTo(SECTORS));
    assertThat(fs.owners("data", Role.DATA, SECTORS, 8, 10)).as("beyond the end").isEmpty();
    assertThat(heard(fs.poison("pmem0", "f1", 800, 8)))
        .containsExactly(
            new RangeUnowned(
                HOST, "data", "free space", "pmem0", Extents.of(800, 8), Cause.MEDIA_ERROR));
  }

  @Test
  void theSameAgainIsTheSameAndAnotherShapeIsAConflict() {
    Spec spec = FsHarness.on("pmem0");
    fs.make("data", spec, SECTORS);
    Answer again = fs.send(new FsCommand.MakeFilesystem("data", spec, fs.claims(spec, SECTORS)));
    assertThat(again.status()).isEqualTo(200);
    Problem other =
        fs.refused(
            new FsCommand.MakeFilesystem("data", FsHarness.with(spec, Dax.NEVER), List.of()));
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.kind()).isEqualTo("exists");
  }

  @Test
  void everyFileThatSharesABadSectorLosesItsOwnRangeOnce() {
    mounted(FsHarness.on("pmem0"));
    List<Event> events = fs.poison("pmem0", "f1", 156, 8);
    assertThat(heard(events))
        .containsExactly(
            lost(130, List.of("/f"), "data", 28 * 512, 8 * 512, true, 156, 8),
            lost(131, List.of("/g", "/hard link"), "data", 1000 * 512, 4 * 512, true, 160, 4));
    assertThat(events)
        .allSatisfy(
            event -> {
              assertThat(event.faultId()).isEqualTo("local:f1");
              assertThat(event.causationId()).isEqualTo("local:event-" + fs.lastSequence());
              assertThat(event.source()).isEqualTo("/hosts/local/filesystems/data");
            });
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(156, 8));
    assertThat(fs.get("data").state()).as("file data does not stop it").isEqualTo("mounted");
  }

  private static FileRangeLost lost(
      long inode,
      List<String> paths,
      String fork,
      long offset,
      long length,
      boolean shared,
      long sector,
      long count) {
    return new FileRangeLost(
        HOST,
        "data",
        inode,
        paths,
        fork,
        offset,
        length,
        shared,
        false,
        Cause.MEDIA_ERROR,
        new Block("pmem0", Extents.of(sector, count)));
  }

  @Test
  void metadataIsToldByItsKernelNameThenProcessesThenTheShutdown() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 65536);
    fs.send(new FsCommand.SetKernel(true));
    fs.store(7, "m", 0);
    assertThat(heard(fs.poison("pmem0", "f1", 40, 16, 120, 16)))
        .containsExactly(
            metadata("per-AG metadata", true, Extents.of(40, 8)),
            metadata("inode btree", true, Extents.of(48, 8)),
            metadata("inodes", false, Extents.of(120, 8)),
            lost(130, List.of("/f"), "data", 0, 8 * 512, true, 128, 8),
            new ProcessSignalled(HOST, "data", 7, "m", "SIGBUS", "BUS_MCEERR_AO", 0, 12, "/f"),
            new FilesystemShutdown(HOST, "data", "CORRUPT_ONDISK", "pmem0"));
    assertThat(fs.get("data").shutdownReason()).isEqualTo("CORRUPT_ONDISK");
    assertThat(heard(fs.poison("pmem0", "f2", 32, 8)))
        .as("it stops once")
        .containsExactly(metadata("per-AG metadata", true, Extents.of(32, 8)));
  }

  private static MetadataLost metadata(String owner, boolean rebuildable, Extents ranges) {
    return new MetadataLost(HOST, "data", owner, "pmem0", ranges, rebuildable, Cause.MEDIA_ERROR);
  }

  @Test
  void attributesExtentMapsStagingAndTheLogStopXfsButFileDataDoesNot() {
    String[][] fatal = {{"192", "inode 130 bmbt"}, {"1000", "log"}, {"2000", "cow reservation"}};
    for (String[] each : fatal) {
      FsHarness one = new FsHarness();
      one.make("data", FsHarness.on("pmem0"), SECTORS);
      one.importLines("data", SECTORS, MAP);
      one.poison("pmem0", "f1", Long.parseLong(each[0]), 1);
      assertThat(one.get("data").shutdownReason()).as(each[1]).isEqualTo("CORRUPT_ONDISK");
    }
    mounted(FsHarness.on("pmem0"));
    assertThat(heard(fs.poison("pmem0", "f1", 1000, 8)))
        .startsWith(
            new LogLost(HOST, "data", "pmem0", Extents.of(1000, 8), false, Cause.MEDIA_ERROR));
  }

  @Test
  void rangesThatAreKnownToBeBadAreNotToldAgain() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 8);
    assertThat(fs.poison("pmem0", "f2", 200, 8)).isEmpty();
    assertThat(heard(fs.poison("pmem0", "f3", 196, 16)))
        .as("only what is new")
        .filteredOn(FileRangeLost.class::isInstance)
        .extracting(event -> ((FileRangeLost) event).block().ranges())
        .containsExactly(Extents.of(196, 4), Extents.of(208, 4));
  }

  @Test
  void overlappingFaultsAreHealedTogetherAndWhatIsZeroedStaysLost() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 16);
    fs.poison("pmem0", "f2", 208, 16);
    assertThat(fs.recover("pmem0", RecoveredData.ZEROED, false, "f1", 200, 12))
        .as("zeroes are not what was there")
        .isEmpty();
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(212, 12));
    assertThat(fs.get("data").lostRanges()).isEqualTo(Extents.of(200, 24));
    List<Event> good = fs.recover("pmem0", RecoveredData.REWRITTEN, false, "f2", 200, 100);
    assertThat(heard(good))
        .as("each range once, for the fault that took it")
        .containsExactly(
            recovered(RecoveredData.REWRITTEN, 0, 200, 16),
            recovered(RecoveredData.REWRITTEN, 16, 216, 8));
    assertThat(good).extracting(Event::faultId).containsExactly("local:f1", "local:f2");
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.EMPTY);
    assertThat(fs.get("data").lostRanges()).isEqualTo(Extents.EMPTY);
    assertThat(heard(fs.poison("pmem0", "f3", 200, 8)))
        .as("it can go bad again")
        .hasOnlyElementsOfType(FileRangeLost.class);
  }

  @Test
  void aTransientFaultThatIsOverGivesBackWhatNoOtherFaultHolds() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 16);
    fs.poison("pmem0", "f2", 208, 16);

    assertThat(heard(fs.recover("pmem0", RecoveredData.RETURNED, false, "f1", 200, 16)))
        .containsExactly(recovered(RecoveredData.RETURNED, 0, 200, 8));
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(208, 16));
    assertThat(fs.get("data").lostRanges())
        .as("what was there is there again")
        .isEqualTo(Extents.of(208, 16));
  }

  @Test
  void whatReturnsOverZeroesStaysLost() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 8);
    fs.recover("pmem0", RecoveredData.ZEROED, false, "f1", 200, 8);
    fs.corrupt("pmem0", Cause.DEVICE_REMOVED, false, "leg", 200, 16);
    assertThat(heard(fs.recover("pmem0", RecoveredData.RETURNED, false, "leg", 200, 16)))
        .containsExactly(recovered(RecoveredData.RETURNED, 8, 208, 8));
    assertThat(fs.get("data").lostRanges()).isEqualTo(Extents.of(200, 8));
  }

  private static FileRangeRecovered recovered(
      RecoveredData how, long fileSector, long sector, long count) {
    return new FileRangeRecovered(
        HOST,
        "data",
        140,
        List.of("/big"),
        "data",
        fileSector * 512,
        count * 512,
        false,
        false,
        how,
        new Block("pmem0", Extents.of(sector, count)));
  }

  @Test
  void aPluggedDeviceBringsPoisonAlong() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 8);
    fs.corrupt("pmem0", Cause.DEVICE_REMOVED, false, "leg", 200, 16);
    assertThat(heard(fs.recover("pmem0", RecoveredData.RETURNED, false, "leg", 200, 16)))
        .containsExactly(recovered(RecoveredData.RETURNED, 8, 208, 8));
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(200, 8));
  }

  @Test
  void aDeviceThatIsGoneIsOneShutdownAndNoProcessReachesItAnyMore() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 65536);
    assertThat(fs.load(7, "m", 0).result()).isEqualTo("ok");
    assertThat(heard(fs.removed("pmem0", SECTORS)))
        .containsExactly(new FilesystemShutdown(HOST, "data", "DEVICE_REMOVED", "pmem0"));
    assertThat(fs.load(7, "m", 0).code()).isEqualTo("BUS_ADRERR");
    assertThat(fs.recover("pmem0", RecoveredData.RETURNED, true, "removal-fault", 0, SECTORS))
        .as("its return is not an event for each file either")
        .isEmpty();
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.EMPTY);
    assertThat(fs.load(7, "m", 0).code()).as("the old mount stays dead").isEqualTo("BUS_ADRERR");
  }

  @Test
  void whatLeavesWithHalfOfAVolumeAfterTheShutdownIsNotAnEventForEachFile() {
    mounted(FsHarness.on("pmem0"));
    fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 1L));
    assertThat(fs.get("data").state()).isEqualTo("shutdown");
    assertThat(fs.corrupt("pmem0", Cause.DEVICE_REMOVED, false, "leg", 200, 16)).isEmpty();
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(200, 16));
    assertThat(fs.recover("pmem0", RecoveredData.RETURNED, false, "leg", 200, 16)).isEmpty();
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.EMPTY);
  }

  @Test
  void aPlannedRemovalGoesInTheKernelsOrderAndReturnsItsCredit() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 65536);
    fs.map(8, "late", "data", "/f", 0, 65536, true, KillPolicy.LATE, 4096);
    fs.map(9, "untouched", "data", "/f", 65536);
    fs.store(7, "m", 4096);
    fs.load(8, "late", 0);
    fs.send(new FsCommand.FreezeFilesystem("data"));
    fs.core().forgetPublished();
    List<Event> events = fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 4711L));
    assertThat(heard(events))
        .containsExactly(
            new FilesystemFrozen(HOST, "data", "kernel"),
            new ProcessSignalled(HOST, "data", 7, "m", "SIGBUS", "BUS_MCEERR_AO", 4096, 12, "/f"),
            new ProcessSignalled(HOST, "data", 8, "late", "SIGBUS", "BUS_MCEERR_AO", 0, 12, "/f"),
            new FilesystemShutdown(HOST, "data", "FORCE_UMOUNT", "pmem0"),
            new FilesystemThawed(HOST, "data", "kernel"),
            new FilesystemThawed(HOST, "data", "userspace"),
            new RemovalAck(
                HOST, "pmem0", "local:removal", "fs:data", 4711, "frozen_and_shut_down"));
    assertThat(fs.get("data").frozenBy()).isEmpty();
    assertThat(fs.load(7, "m", 4096).code()).isEqualTo("BUS_ADRERR");
    assertThat(fs.removed("pmem0", SECTORS)).as("it was shut down already").isEmpty();
  }

  @Test
  void whoeverHasNothingToDoReturnsTheCreditAtOnce() {
    mounted(FsHarness.on("pmem0"));
    assertThat(fs.preRemove("pmem0", SECTORS, Map.of("dm:vol0", 5L)))
        .as("addressed to somebody else")
        .isEmpty();
    assertThat(acks(fs.preRemove("pmem1", SECTORS, Map.of("fs:data", 5L))))
        .containsExactly("fs:data 5 not_held");
    assertThat(acks(fs.preRemove("pmem0", SECTORS, Map.of("fs:never", 6L))))
        .containsExactly("fs:never 6 gone");
    fs.poison("pmem0", "f1", 0, 8);
    assertThat(acks(fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 7L))))
        .containsExactly("fs:data 7 shut_down_already");
    fs.mustSucceed(new FsCommand.UnmountFilesystem("data"));
    assertThat(acks(fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 8L))))
        .containsExactly("fs:data 8 not_held");
  }

  private static List<String> acks(List<Event> events) {
    assertThat(events).extracting(Event::data).hasOnlyElementsOfType(RemovalAck.class);
    return events.stream()
        .map(event -> (RemovalAck) event.data())
        .map(ack -> ack.holder() + " " + ack.credit() + " " + ack.reason())
        .toList();
  }

  @Test
  void anExternalLogStopsItAtAnyPageAndItsRemovalIsOnlyAcknowledged() {
    Spec spec = new Spec("pmem0", "pmem2", null, Dax.ALWAYS, true, true, Policy.XFS);
    fs.make("data", spec, SECTORS);
    assertThat(fs.owners("data", Role.LOG, 5, 10, 10))
        .extracting(Views.OwnerView::owner)
        .containsExactly("journalling log");
    assertThat(acks(fs.preRemove("pmem2", SECTORS, Map.of("fs:data", 3L))))
        .containsExactly("fs:data 3 log_device");
    assertThat(heard(fs.poison("pmem2", "f1", 99_000, 8)))
        .containsExactly(
            new LogLost(HOST, "data", "pmem2", Extents.of(99_000, 8), true, Cause.MEDIA_ERROR),
            new FilesystemShutdown(HOST, "data", "CORRUPT_ONDISK", "pmem2"));
  }

  @Test
  void withoutAReverseMapNobodyIsToldWhatIsHitButProcessesAreSignalled() {
    mounted(FsHarness.withoutReverseMap(FsHarness.on("pmem0")));
    fs.map(7, "m", "data", "/f", 0, 65536, true, KillPolicy.EARLY, 4096);
    fs.load(7, "m", 0);
    assertThat(heard(fs.poison("pmem0", "f1", 0, 8, 128, 8)))
        .containsExactly(
            new FailureUnsupported(
                HOST,
                "data",
                "no_reverse_map",
                "pmem0",
                Extents.ofPairs(0, 8, 128, 8),
                Cause.MEDIA_ERROR),
            new ProcessSignalled(HOST, "data", 7, "m", "SIGBUS", "BUS_MCEERR_AO", 0, 12, "/f"));
    assertThat(acks(fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 9L))))
        .containsExactly("fs:data 9 no_reverse_map");
    assertThat(heard(fs.removed("pmem0", SECTORS)))
        .containsExactly(new FilesystemShutdown(HOST, "data", "DEVICE_REMOVED", "pmem0"));
  }

  @Test
  void aDumpInWhichEverythingIsUnknownShowsThatThereIsNoReverseMap() {
    fs.make("data", FsHarness.on("pmem0"), SECTORS);
    assertThat(fs.get("data").rmapbt()).isTrue();
    fs.importLines(
        "data", SECTORS, owner(0, 500, "special_0:2"), owner(500, 99_500, "special_0:1"));
    assertThat(fs.get("data").rmapbt()).isFalse();
    assertThat(heard(fs.poison("pmem0", "f1", 0, 8)))
        .hasOnlyElementsOfType(FailureUnsupported.class);
  }

  @Test
  void aRealtimeDeviceWithoutGroupsIsUnsupported() {
    fs.make(
        "data", new Spec("pmem0", null, "pmem1", Dax.ALWAYS, false, false, Policy.XFS), SECTORS);
    assertThat(heard(fs.poison("pmem1", "f1", 8, 8)))
        .extracting(event -> ((FailureUnsupported) event).reason())
        .containsExactly("realtime_device");
  }

  @Test
  void aRealtimeDeviceWithGroupsHasOwners() {
    Spec spec = new Spec("pmem0", null, "pmem1", Dax.ALWAYS, true, true, Policy.XFS, 4096, true);
    fs.make("data", spec, SECTORS);
    assertThat(heard(fs.poison("pmem1", "f1", 8, 8))).hasOnlyElementsOfType(RangeUnowned.class);
    fs.importMachine(
        "data",
        FsHarness.machineText("259,1,0,99,inode_140_data,0,99,100", "259,2,0,31,special_88:1,,,32"),
        Map.of(Role.REALTIME, "259:1", Role.DATA, "259:2"),
        Map.of(Role.DATA, SECTORS, Role.REALTIME, SECTORS));
    assertThat(heard(fs.poison("pmem1", "f2", 16, 8))).hasOnlyElementsOfType(FileRangeLost.class);
  }

  @Test
  void whatWasBadBeforeTheMountIsToldAtTheMountAndAgainWithTheMap() {
    Claim.KnownFault fault =
        new Claim.KnownFault("local:old", Cause.MEDIA_ERROR, Extents.ofPairs(200, 8, 2000, 8));
    Spec spec = FsHarness.on("pmem0");
    fs.mustSucceed(new FsCommand.MakeFilesystem("data", spec, fs.claims(spec, SECTORS, fault)));
    assertThat(fs.core().published())
        .extracting(Event::data)
        .contains(
            new RangeUnowned(
                HOST,
                "data",
                "free space",
                "pmem0",
                Extents.ofPairs(200, 8, 2000, 8),
                Cause.MEDIA_ERROR));
    fs.core().forgetPublished();
    fs.importLines("data", SECTORS, MAP);
    assertThat(fs.core().published())
        .extracting(Event::data)
        .containsExactly(
            lost(140, List.of(), "data", 0, 8 * 512, false, 200, 8),
            metadata("cow reservation", true, Extents.of(2000, 8)));
    assertThat(fs.core().published()).extracting(Event::faultId).containsOnly("local:old");
    assertThat(fs.get("data").state()).as("old poison stops nothing").isEqualTo("mounted");
    assertThat(fs.poison("pmem0", "again", 200, 8)).isEmpty();
  }

  @Test
  void mkfsFailsWhereItsBlocksArePoisonedAndLeavesNothing() {
    fs.added("pmem0", SECTORS);
    fs.poison("pmem0", "f1", 84, 2, 90_000, 8);
    Spec spec = FsHarness.on("pmem0");
    FsCommand make = new FsCommand.MakeFilesystem("data", spec, fs.claims(spec, SECTORS));
    Problem refused = fs.refused(make);
    assertThat(refused.kind()).isEqualTo("media-error");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.more())
        .containsEntry("errno", "EIO")
        .containsEntry("device", "pmem0")
        .containsEntry("sector", 84L);
    assertThat(fs.refused(new FsCommand.GetFilesystem("data")).status()).isEqualTo(404);
    assertThat(fs.core().published()).isEmpty();

    fs.recover("pmem0", RecoveredData.REWRITTEN, false, "f1", 80, 8);
    fs.make("data", spec, SECTORS);
    assertThat(fs.core().published(RangeUnowned.class))
        .as("poison in free space is told as that")
        .containsExactly(
            new RangeUnowned(
                HOST, "data", "free space", "pmem0", Extents.of(90_000, 8), Cause.MEDIA_ERROR));
  }

  @Test
  void mkfsFailsOverAnyPoisonOfTheLogsDevice() {
    Spec spec = new Spec("pmem0", "pmem1", null, Dax.ALWAYS, true, true, Policy.XFS);
    fs.added("pmem1", SECTORS);
    fs.poison("pmem1", "f1", 5000, 1);
    Problem refused =
        fs.refused(new FsCommand.MakeFilesystem("data", spec, fs.claims(spec, SECTORS)));
    assertThat(refused.more()).containsEntry("device", "pmem1").containsEntry("sector", 5000L);
  }

  @Test
  void aMountReadsThePrimarySuperblockAndTheLogAndNothingElse() {
    mounted(FsHarness.on("pmem0"));
    Spec spec = FsHarness.on("pmem0");
    fs.poison("pmem0", "f1", 4, 1, 40, 8, 120, 8, 200, 8, 1500, 1);
    assertThat(fs.get("data").state()).isEqualTo("shutdown");
    fs.mustSucceed(new FsCommand.UnmountFilesystem("data"));
    FsCommand mount = new FsCommand.MountFilesystem("data", fs.claims(spec, SECTORS));
    assertThat(fs.refused(mount).more()).containsEntry("errno", "EIO").containsEntry("sector", 4L);
    assertThat(fs.get("data").state()).isEqualTo("unmounted");
    fs.recover("pmem0", RecoveredData.REWRITTEN, false, "f1", 0, 8);
    assertThat(fs.refused(mount).more()).containsEntry("sector", 1500L);
    fs.recover("pmem0", RecoveredData.REWRITTEN, false, "f1", 1500, 1);
    fs.mustSucceed(mount);
    assertThat(fs.get("data").state()).isEqualTo("mounted");
  }

  @Test
  void aMountBelievesTheClaimsAnswerWhereItIsNewerThanWhatWasHeard() {
    mounted(FsHarness.on("pmem0"));
    fs.mustSucceed(new FsCommand.UnmountFilesystem("data"));
    fs.poison("pmem0", "f1", 0, 8);
    Claim cleared = FsHarness.claim(SECTORS, fs.lastSequence() + 1, List.of());
    fs.mustSucceed(
        new FsCommand.MountFilesystem(
            "data", List.of(new ClaimedDevice(Role.DATA, "pmem0", false, cleared))));
  }

  @Test
  void aClaimsAnswerCountsOnlyWhereEventsWereMissed() {
    fs.added("pmem0", SECTORS);
    fs.poison("pmem0", "f1", 200, 8);
    Claim.KnownFault stale =
        new Claim.KnownFault("local:other", Cause.MEDIA_ERROR, Extents.of(300, 8));
    Spec spec = FsHarness.on("pmem0");
    fs.mustSucceed(new FsCommand.MakeFilesystem("data", spec, fs.claims(spec, SECTORS, stale)));
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(200, 8));
  }

  @Test
  void aClaimOlderThanWhatWasHeardIsTakenAnew() {
    fs.poison("pmem0", "f1", 200, 8);
    Spec spec = FsHarness.on("pmem0");
    Claim old = FsHarness.claim(SECTORS, fs.lastSequence() - 1, List.of());
    Problem refused =
        fs.refused(
            new FsCommand.MakeFilesystem(
                "data", spec, List.of(new ClaimedDevice(Role.DATA, "pmem0", false, old))));
    assertThat(refused.kind()).isEqualTo("stale-claim");
    Claim fresh =
        FsHarness.claim(
            SECTORS,
            fs.lastSequence(),
            List.of(new Claim.KnownFault("local:f1", Cause.MEDIA_ERROR, Extents.of(200, 8))));
    fs.mustSucceed(
        new FsCommand.MakeFilesystem(
            "data", spec, List.of(new ClaimedDevice(Role.DATA, "pmem0", false, fresh))));
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.of(200, 8));
  }

  @Test
  void eventsOfTheTimeBeforeTheMountDoNotStopIt() {
    Spec spec = FsHarness.on("pmem0");
    // The claim was answered after the device had left and come back; the events are still to come.
    Claim later = FsHarness.claim(SECTORS, 100, List.of());
    fs.mustSucceed(
        new FsCommand.MakeFilesystem(
            "data", spec, List.of(new ClaimedDevice(Role.DATA, "pmem0", false, later))));
    fs.removed("pmem0", SECTORS);
    assertThat(fs.get("data").state()).isEqualTo("mounted");
    assertThat(acks(fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 2L))))
        .containsExactly("fs:data 2 not_held");
  }

  @Test
  void unmountingFreesTheFilesystemAndMountingBeginsANewGeneration() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 65536);
    Problem busy = fs.refused(new FsCommand.UnmountFilesystem("data"));
    assertThat(busy.kind()).isEqualTo("busy");
    fs.poison("pmem0", "f1", 8, 8);
    fs.mustSucceed(new FsCommand.UnmountFilesystem("data"));
    assertThat(fs.core().published())
        .extracting(Event::data)
        .contains(new FilesystemUnmounted(HOST, "data"));
    assertThat(fs.get("data").state()).isEqualTo("unmounted");
    assertThat(fs.poison("pmem0", "f2", 200, 8)).as("an unmounted one tells nothing").isEmpty();
    fs.core().forgetPublished();
    fs.mustSucceed(
        new FsCommand.MountFilesystem("data", fs.claims(FsHarness.on("pmem0"), SECTORS)));
    assertThat(fs.get("data").state()).isEqualTo("mounted");
    assertThat(fs.core().published())
        .extracting(Event::data)
        .contains(
            metadata("static fs metadata", true, Extents.of(8, 8)),
            lost(140, List.of("/big"), "data", 0, 8 * 512, false, 200, 8));
    assertThat(fs.load(7, "m", 0).code()).as("a mapping of the old mount").isEqualTo("BUS_ADRERR");
  }

  @Test
  void freezesHaveHoldersAndStoresWait() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 65536);
    fs.store(7, "m", 0);
    fs.mustSucceed(new FsCommand.FreezeFilesystem("data"));
    assertThat(fs.get("data").state()).isEqualTo("frozen");
    assertThat(fs.get("data").frozenBy()).containsExactly("userspace");
    assertThat(fs.refused(new FsCommand.FreezeFilesystem("data")).status()).isEqualTo(409);
    assertThat(fs.refused(new FsCommand.TouchPage(7, "m", 0, true)).status()).isEqualTo(423);
    assertThat(fs.load(7, "m", 0).result()).isEqualTo("ok");
    assertThat(fs.refused(new FsCommand.UnmountFilesystem("data")).status()).isEqualTo(423);
    fs.mustSucceed(new FsCommand.ThawFilesystem("data"));
    assertThat(fs.refused(new FsCommand.ThawFilesystem("data")).status()).isEqualTo(409);
    assertThat(fs.store(7, "m", 0).result()).isEqualTo("ok");
  }

  @Test
  void mappingsAreRefusedWithTheRule() {
    mounted(FsHarness.on("pmem0"));
    assertThat(refuseMap("/nobody", 0, 4096).kind()).isEqualTo("unknown-file");
    assertThat(refuseMap("/f", 512, 4096).kind()).isEqualTo("unaligned");
    assertThat(refuseMap("/f", 4096, 2 << 20).kind()).isEqualTo("unaligned");
    assertThat(
            fs.refused(
                    new FsCommand.MapFile(
                        7, "m", "none", "/f", 0, 1, true, KillPolicy.DEFAULT, 4096))
                .status())
        .isEqualTo(404);
    fs.poison("pmem0", "f1", 0, 8);
    assertThat(refuseMap("/f", 0, 4096).kind()).isEqualTo("filesystem-shutdown");
    assertThat(refuseMap("/f", 0, 4096).more()).containsEntry("errno", "EIO");
  }

  private Problem refuseMap(String path, long offset, long pageBytes) {
    return fs.refused(
        new FsCommand.MapFile(
            7, "m", "data", path, offset, 65536, true, KillPolicy.DEFAULT, pageBytes));
  }

  @Test
  void touchingPoisonIsASignalWithTheFaultThatMadeIt() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/big", 4096, 65536, true, KillPolicy.DEFAULT, 4096);
    fs.load(7, "m", 0);
    fs.poison("pmem0", "f1", 208, 1);
    Views.AccessView touched = fs.load(7, "m", 5);
    assertThat(touched.code()).isEqualTo("BUS_MCEERR_AR");
    assertThat(touched.addressOffsetBytes()).isZero();
    assertThat(touched.lsb()).isEqualTo(12);
    assertThat(fs.load(7, "m", 4096).result()).isEqualTo("ok");
    assertThat(fs.process(7).signals())
        .singleElement()
        .satisfies(
            signal -> {
              assertThat(signal.code()).isEqualTo("BUS_MCEERR_AR");
              assertThat(signal.faultId()).isEqualTo("local:f1");
            });
    fs.recover("pmem0", RecoveredData.ZEROED, false, null, 208, 8);
    assertThat(fs.load(7, "m", 0).result()).as("usable again").isEqualTo("ok");
    assertThat(fs.refused(new FsCommand.TouchPage(7, "m", 1 << 20, false)).status()).isEqualTo(422);
  }

  @Test
  void aLegThatLeftIsABusErrorAndNotAMachineCheck() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/big", 65536);
    fs.load(7, "m", 0);
    fs.load(7, "m", 8192);
    fs.corrupt("pmem0", Cause.DEVICE_REMOVED, false, "leg", 200, 8);
    assertThat(fs.load(7, "m", 0).code()).isEqualTo("BUS_ADRERR");
    assertThat(fs.load(7, "m", 8192).result()).isEqualTo("ok");
  }

  @Test
  void signalsBeyondTheLastHundredAreCounted() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/huge", 0, 4096 * 300, true, KillPolicy.EARLY, 4096);
    for (int page = 0; page < 300; page++) {
      fs.load(7, "m", page * 4096L);
    }
    List<Event> events = fs.poison("pmem0", "f1", 2016, 300 * 8);
    assertThat(events)
        .extracting(Event::data)
        .filteredOn(ProcessSignalled.class::isInstance)
        .hasSize(MemoryFailure.MAX_SIGNALS_PER_MAPPING);
    assertThat(fs.process(7).signals()).hasSize(FsFact.Signals.MAX_KEPT);
    assertThat(fs.process(7).signalsDropped()).isEqualTo(156);
  }

  @Test
  void aLossWithTooManyEffectsIsToldInSteps() {
    fs.make("data", FsHarness.on("pmem0"), SECTORS);
    int files = 12_000;
    String[] lines = new String[files];
    for (int i = 0; i < files; i++) {
      lines[i] = data(8L * i, 8, 200 + i, 0);
    }
    fs.importLines("data", SECTORS, lines);
    List<Event> first = fs.poison("pmem0", "f1", 0, SECTORS);
    assertThat(first).hasSize(Teller.MAX_RECORDS_PER_STEP);
    List<Event> second = fs.core().pass(Duration.ofSeconds(1));
    List<Event> third = fs.core().pass(Duration.ofSeconds(1));
    assertThat(fs.core().pass(Duration.ofSeconds(1))).isEmpty();
    assertThat(fs.core().published(FileRangeLost.class))
        .hasSize(files)
        .extracting(FileRangeLost::inode)
        .doesNotHaveDuplicates()
        .isSorted();
    assertThat(second).hasSize(Teller.MAX_RECORDS_PER_STEP);
    assertThat(third).isNotEmpty().allMatch(event -> "local:f1".equals(event.faultId()));
    assertThat(third).allMatch(event -> event.causationId() != null);
  }

  @Test
  void anUploadThatNeverEndsIsDroppedAndARefusedOneChangesNothing() {
    mounted(FsHarness.on("pmem0"));
    List<Views.OwnerView> before = fs.owners("data", Role.DATA, 0, SECTORS, 10_000);
    String upload = fs.begin("data", ImportKind.RECORDS);
    fs.mustSucceed(new FsCommand.ImportPart(upload, 0, 0, new byte[] {0, 8, 3}));
    assertThat(fs.owners("data", Role.DATA, 0, SECTORS, 10_000)).isEqualTo(before);
    Section section = new Section(Role.DATA, 0, 2, 1, false, false);
    assertThat(fs.refused(new FsCommand.CommitRecords("data", upload, List.of(section))).kind())
        .isEqualTo("incomplete-upload");
    fs.core().pass(Imports.UPLOAD_PATIENCE.minusSeconds(1));
    fs.mustSucceed(new FsCommand.ImportPart(upload, 0, 1, new byte[] {8, 8, 3}));
    fs.core().pass(Imports.UPLOAD_PATIENCE);
    assertThat(fs.core().state().uploads).containsKey(upload);
    fs.core().pass(Duration.ofSeconds(1));
    assertThat(fs.core().state().uploads).doesNotContainKey(upload);
    assertThat(fs.refused(new FsCommand.ImportPart(upload, 0, 2, new byte[0])).kind())
        .isEqualTo("unknown-upload");
    assertThat(new FsCore().waitsForTime(fs.core().state())).isFalse();
  }

  @Test
  void partsMayOvertakeOneAnother() {
    fs.make("data", FsHarness.on("pmem0"), SECTORS);
    PackedRecords packed = new PackedRecords();
    packed.add(MapRecord.data(0, 8, 130, 0));
    byte[] first = packed.take();
    packed.add(MapRecord.data(8, 8, 131, 0));
    byte[] second = packed.take();
    String upload = fs.begin("data", ImportKind.RECORDS);
    fs.mustSucceed(new FsCommand.ImportPart(upload, 0, 1, second));
    fs.mustSucceed(new FsCommand.ImportPart(upload, 0, 0, first));
    fs.mustSucceed(
        new FsCommand.CommitRecords(
            "data", upload, List.of(new Section(Role.DATA, 0, 2, 2, true, false))));
    assertThat(fs.owners("data", Role.DATA, 0, 100, 100))
        .extracting(Views.OwnerView::inode)
        .containsExactly(130L, 131L);
  }

  @Test
  void sharersOfOneStartComeByInodeWhateverOrderTheyCameIn() {
    fs.make("data", FsHarness.on("pmem0"), SECTORS);
    String[] lines = new String[300];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = data(64, 1 + i % 3, 1000 - i, i);
    }
    fs.importLines("data", SECTORS, lines);
    assertThat(fs.owners("data", Role.DATA, 64, 1, 7))
        .hasSize(300)
        .extracting(Views.OwnerView::inode)
        .isSorted();
  }

  @Test
  void aNewMapReplacesTheOldOneAndLeavesNothingOfIt() {
    mounted(FsHarness.on("pmem0"));
    fs.importLines("data", SECTORS, data(0, 8, 999, 0));
    fs.importPaths("data", "999 /only\n");
    assertThat(fs.owners("data", Role.DATA, 0, SECTORS, 10))
        .singleElement()
        .satisfies(owner -> assertThat(owner.paths()).containsExactly("/only"));
    assertThat(fs.core().state().uploads).hasSize(2);
    fs.mustSucceed(new FsCommand.DeleteFilesystem("data"));
    assertThat(fs.core().state().uploads).isEmpty();
    assertThat(fs.refused(new FsCommand.GetFilesystem("data")).status()).isEqualTo(404);
  }

  @Test
  void impactTellsTheSameAndChangesNothing() {
    mounted(FsHarness.on("pmem0"));
    fs.map(7, "m", "data", "/f", 0, 65536, true, KillPolicy.EARLY, 4096);
    fs.load(7, "m", 0);
    ImpactView view =
        fs.ask(
            new FsCommand.AskImpact(
                List.of(
                    new FsCommand.Target("pmem0", Extents.of(120, 16), false),
                    new FsCommand.Target("pmem9", Extents.of(0, 8), false))),
            ImpactView.class);
    assertThat(view.filesystems()).singleElement();
    Views.ImpactFilesystem impact = view.filesystems().getFirst();
    assertThat(impact.owners())
        .extracting(Views.OwnerView::owner)
        .containsExactly("inodes", "inode");
    assertThat(impact.shutdownReason()).isEqualTo("CORRUPT_ONDISK");
    assertThat(impact.processes()).containsExactly(new Views.ImpactProcess(7, "m", "/f", 0, true));
    assertThat(fs.core().published()).isEmpty();
    assertThat(fs.get("data").state()).isEqualTo("mounted");
    assertThat(
            fs.ask(
                    new FsCommand.AskImpact(
                        List.of(new FsCommand.Target("pmem0", Extents.of(0, 1L << 50), true))),
                    ImpactView.class)
                .filesystems()
                .getFirst()
                .shutdownReason())
        .isEqualTo("DEVICE_REMOVED");
  }

  @Test
  void withoutDaxPoisonReachesNobodyWhoHasThePageInTheCache() {
    mounted(FsHarness.with(FsHarness.on("pmem0"), Dax.NEVER));
    fs.map(7, "m", "data", "/f", 0, 65536, true, KillPolicy.EARLY, 4096);
    fs.map(8, "m", "data", "/f", 65536);
    fs.load(7, "m", 0);
    assertThat(fs.poison("pmem0", "f1", 128, 16))
        .extracting(Event::data)
        .hasOnlyElementsOfType(FileRangeLost.class);
    assertThat(fs.load(7, "m", 0).result()).isEqualTo("ok");
    assertThat(fs.load(8, "m", 0).result()).as("the cache is the file's").isEqualTo("ok");
    assertThat(fs.load(8, "m", 4096).code()).as("cannot be read in").isEqualTo("BUS_ADRERR");
  }

  @Test
  void aDeviceUnderAnotherLogIsAnotherDevice() {
    mounted(FsHarness.on("pmem0"));
    fs.poison("pmem0", "f1", 200, 8);
    fs.added("pmem0", SECTORS);
    assertThat(fs.get("data").badRanges()).isEqualTo(Extents.EMPTY);
  }

  @Test
  void aFailedMappingOfTheWholeVolumeIsOneShutdown() {
    mounted(FsHarness.on("pmem0"));
    assertThat(heard(fs.corrupt("pmem0", Cause.MAPPING_LOST, true, "f1", 0, SECTORS)))
        .containsExactly(new FilesystemShutdown(HOST, "data", "LOG_IO", "pmem0"));
  }
}
