package io.faultline.fs.core;

import static io.faultline.fs.testing.FsHarness.HOST;
import static io.faultline.fs.testing.FsHarness.data;
import static io.faultline.fs.testing.FsHarness.owner;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.fs.testing.FsHarness;
import io.faultline.ranges.Extents;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code policy: precise} does where the kernel gives up. */
class PrecisePolicyTest {

  private static final long SECTORS = 40_000;

  /** Two allocation groups, each with headers, trees, an inode chunk and a file. */
  private static final String[] MAP = {
    owner(0, 32, "special_88:1"),
    owner(32, 16, "special_88:3"),
    owner(48, 8, "special_88:4"),
    owner(56, 8, "special_88:6"),
    owner(64, 64, "special_88:5"),
    data(128, 64, 130, 0),
    owner(192, 1808, "special_0:1"),
    owner(2000, 32, "special_88:1"),
    owner(2032, 16, "special_88:3"),
    owner(2048, 8, "special_88:2"),
    data(2056, 64, 131, 0),
    owner(2120, 1880, "special_0:1")
  };

  private final FsHarness fs = new FsHarness();

  @AfterEach
  void aRestartFindsTheSame() {
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private void mounted() {
    fs.added("pmem0", SECTORS);
    fs.make("data", FsHarness.with(FsHarness.on("pmem0"), Policy.PRECISE), SECTORS);
    fs.importLines("data", SECTORS, MAP);
    fs.importPaths("data", "130 /f\n131 /g\n");
    fs.core().forgetPublished();
  }

  private List<EventData> poison(String fault, long... pairs) {
    return FsHarness.data(fs.poison("pmem0", fault, pairs));
  }

  private static MetadataLost metadata(String owner, boolean rebuildable, long... pairs) {
    return new MetadataLost(
        HOST, "data", owner, "pmem0", Extents.ofPairs(pairs), rebuildable, Cause.MEDIA_ERROR);
  }

  private List<String> owners(long sector, long count) {
    return fs.owners("data", Role.DATA, sector, count, 2).stream()
        .map(each -> each.owner() + " " + each.sector() + "+" + each.count())
        .toList();
  }

  @Test
  void whatCanBeMadeAnewStopsNothing() {
    mounted();
    assertThat(poison("f1", 8, 8, 48, 16, 2000, 8))
        .containsExactly(
            metadata("static fs metadata", true, 8, 8, 2000, 8),
            metadata("inode btree", true, 48, 8),
            metadata("refcount btree", true, 56, 8));
    assertThat(fs.get("data").state()).isEqualTo("mounted");
  }

  @Test
  void thePrimarySuperblockStopsItAndIsToldApart() {
    mounted();
    assertThat(poison("f1", 0, 16))
        .containsExactly(
            metadata("static fs metadata", false, 0, 8),
            metadata("static fs metadata", true, 8, 8),
            new FilesystemShutdown(HOST, "data", "CORRUPT_ONDISK", "pmem0"));
  }

  @Test
  void inodesAndTheLogStopIt() {
    mounted();
    poison("f1", 70, 1);
    assertThat(fs.get("data").shutdownReason()).isEqualTo("CORRUPT_ONDISK");
    fs.mustSucceed(new FsCommand.UnmountFilesystem("data"));
    fs.mustSucceed(
        new FsCommand.MountFilesystem("data", fs.claims(FsHarness.on("pmem0"), SECTORS)));
    assertThat(fs.get("data").state()).isEqualTo("mounted");
    poison("f2", 2050, 1);
    assertThat(fs.get("data").shutdownReason()).isEqualTo("CORRUPT_ONDISK");
  }

  @Test
  void aGroupThatLostItsTreesHasUnknownOwnersUntilTheyAreWrittenAnew() {
    mounted();
    assertThat(poison("f1", 40, 16, 128, 8))
        .as("the fault itself is told in full")
        .containsExactly(
            metadata("per-AG metadata", true, 40, 8),
            metadata("inode btree", true, 48, 8),
            new FileRangeLost(
                HOST,
                "data",
                130,
                List.of("/f"),
                "data",
                0,
                4096,
                false,
                false,
                Cause.MEDIA_ERROR,
                new Block("pmem0", Extents.of(128, 8))));
    assertThat(fs.get("data").state()).isEqualTo("mounted");
    assertThat(owners(100, 3000))
        .containsExactly(
            "unknown 100+1900",
            "static fs metadata 2000+32",
            "per-AG metadata 2032+16",
            "journalling log 2048+8",
            "inode 2056+64",
            "free space 2120+980");
    assertThat(closed()).isEqualTo(Extents.of(0, 2000));
    assertThat(poison("f2", 64, 8, 2056, 8))
        .as("nobody knows what else is lost there, so nothing stops")
        .extracting(event -> event instanceof RangeUnowned unowned ? unowned.owner() : "file")
        .containsExactly("unknown", "file");
    fs.recover("pmem0", RecoveredData.ZEROED, false, null, 40, 8);
    assertThat(closed()).as("zeros are no tree").isEqualTo(Extents.of(0, 2000));
    fs.recover("pmem0", RecoveredData.REWRITTEN, false, null, 40, 4);
    assertThat(closed()).isEqualTo(Extents.of(0, 2000));
    fs.recover("pmem0", RecoveredData.REWRITTEN, false, null, 44, 4);
    assertThat(closed()).isEqualTo(Extents.EMPTY);
    assertThat(owners(150, 8)).containsExactly("inode 150+8");
  }

  private Extents closed() {
    FsState state = fs.core().state();
    return Damage.closed(state, state.filesystems.get("data"));
  }

  @Test
  void aMapThatIsImportedAnewHasItsTrees() {
    mounted();
    poison("f1", 2040, 8);
    assertThat(closed()).isEqualTo(Extents.of(2000, 2000));
    fs.recover("pmem0", RecoveredData.ZEROED, false, null, 2040, 8);
    fs.importLines("data", SECTORS, MAP);
    assertThat(closed()).isEqualTo(Extents.EMPTY);
    fs.mustSucceed(new FsCommand.DeleteFilesystem("data"));
  }

  @Test
  void aPlannedRemovalKeepsTheKernelsFreezeUntilTheDeviceIsGone() {
    mounted();
    fs.map(7, "m", "data", "/f", 32768);
    fs.store(7, "m", 4096);
    fs.mustSucceed(new FsCommand.FreezeFilesystem("data"));
    fs.core().forgetPublished();
    assertThat(FsHarness.data(fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 5L))))
        .containsExactly(
            new FilesystemFrozen(HOST, "data", "kernel"),
            new ProcessSignalled(HOST, "data", 7, "m", "SIGBUS", "BUS_MCEERR_AO", 4096, 12, "/f"),
            new RemovalAck(HOST, "pmem0", "local:removal", "fs:data", 5, "frozen"));
    assertThat(fs.get("data").state()).isEqualTo("frozen");
    assertThat(fs.get("data").frozenBy()).containsExactly("kernel", "userspace");
    fs.mustSucceed(new FsCommand.ThawFilesystem("data"));
    assertThat(fs.get("data").frozenBy()).as("a thaw takes its own hold").containsExactly("kernel");
    assertThat(fs.refused(new FsCommand.ThawFilesystem("data")).detail()).contains("EINVAL");
    assertThat(fs.load(7, "m", 4096).result()).as("readers go on").isEqualTo("ok");
    assertThat(fs.refused(new FsCommand.TouchPage(7, "m", 4096, true)).status()).isEqualTo(423);
    fs.mustSucceed(new FsCommand.FreezeFilesystem("data"));
    fs.core().forgetPublished();
    assertThat(FsHarness.data(fs.removed("pmem0", SECTORS)))
        .containsExactly(
            new FilesystemShutdown(HOST, "data", "FORCE_UMOUNT", "pmem0"),
            new FilesystemThawed(HOST, "data", "kernel"),
            new FilesystemThawed(HOST, "data", "userspace"));
    assertThat(fs.load(7, "m", 4096).code()).isEqualTo("BUS_ADRERR");
  }

  @Test
  void aPartThatLeavesIsToldAndTheRestGoesOn() {
    mounted();
    fs.preRemove("pmem0", SECTORS, Map.of("fs:data", 5L));
    fs.core().forgetPublished();
    assertThat(FsHarness.data(fs.corrupt("pmem0", Cause.DEVICE_REMOVED, false, "leg", 2056, 1944)))
        .hasExactlyElementsOfTypes(FileRangeLost.class, RangeUnowned.class, FilesystemThawed.class);
    assertThat(fs.get("data").state()).isEqualTo("mounted");
  }

  @Test
  void aVolumeThatMovedOffTheDeviceIsThawedAWhileAfterItIsGone() {
    fs.added("vol0", SECTORS);
    fs.make("data", FsHarness.with(FsHarness.on("vol0"), Policy.PRECISE), SECTORS);
    fs.importLines("data", SECTORS, MAP);
    fs.preRemoveBelow("vol0", "pmem0", SECTORS, Map.of("fs:data", 5L));
    assertThat(fs.get("data").frozenBy()).containsExactly("kernel");
    fs.left("pmem0");
    fs.core().pass(Removals.GRACE.minusSeconds(1));
    assertThat(fs.get("data").frozenBy()).as("its loss may still be told").hasSize(1);
    fs.core().pass(Duration.ofSeconds(2));
    assertThat(fs.get("data").frozenBy()).isEmpty();
    assertThat(fs.get("data").state()).isEqualTo("mounted");
  }
}
