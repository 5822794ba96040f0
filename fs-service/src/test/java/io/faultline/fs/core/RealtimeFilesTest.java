package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.fs.core.FileViews.ExtentView;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.LayoutView;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import io.faultline.ranges.Extents;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Files whose data is on the realtime device, with realtime groups and without. */
class RealtimeFilesTest {

  private static final long SECTORS = (64L << 20) / 512;
  private static final int BLOCK = 4096;

  private final FsHarness fs = new FsHarness();

  @AfterEach
  void aRestartFindsTheSame() {
    new KeptCounts(fs.core().state(), "x").check();
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private void made(boolean groups) {
    fs.added("pmem0", SECTORS);
    fs.added("rt0", SECTORS);
    fs.make(
        "x",
        new Spec("pmem0", null, "rt0", Dax.ALWAYS, groups, groups, Policy.XFS, BLOCK, groups),
        SECTORS);
    fs.core().forgetPublished();
  }

  private WritePlan plan(String path, long offset, long length) {
    return fs.ask(
        new FileCommand.PlanWrite("x", path, offset, length, false, false, true, fs.writeName()),
        WritePlan.class);
  }

  private WritePlan write(String path, long offset, long length) {
    WritePlan plan = plan(path, offset, length);
    fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
    return plan;
  }

  private void realtimeFile(String path) {
    write(path, 0, 0);
    fs.mustSucceed(new FileCommand.SetRealtime("x", path, true));
  }

  private List<ExtentView> extents(String path) {
    return fs.ask(new FileCommand.GetLayout("x", path, 100, -1), LayoutView.class).extents();
  }

  private FileView stat(String path) {
    return fs.ask(new FileCommand.StatFile("x", path), FileView.class);
  }

  private List<String> owners(Role role) {
    return fs.owners("x", role, 0, SECTORS, 100).stream()
        .map(each -> each.owner() + " " + each.sector() + "+" + each.count())
        .toList();
  }

  private String errno(FileCommand command) {
    return String.valueOf(fs.refused(command).more().get("errno"));
  }

  @Test
  void dataGoesToTheRealtimeDeviceAndComesBackFromThere() {
    made(true);
    realtimeFile("/f");
    List<String> data = owners(Role.DATA);
    WritePlan plan = write("/f", 100, 4L * BLOCK);
    assertThat(plan.pieces())
        .allMatch(each -> each.place().role() == Role.REALTIME)
        .allMatch(each -> each.place().device().equals("rt0"));
    assertThat(owners(Role.DATA)).isEqualTo(data);
    assertThat(owners(Role.REALTIME)).startsWith("inode 0+40", "free space 40+131032");
    ReadPlan read =
        fs.ask(new FileCommand.PlanRead("x", "/f", 0, 10L * BLOCK, false), ReadPlan.class);
    assertThat(read.pieces()).hasSize(1).allMatch(each -> each.place().device().equals("rt0"));
    assertThat(extents("/f")).extracting(ExtentView::role).containsExactly("realtime");
    assertThat(stat("/f").realtime()).isTrue();
    assertThat(stat("/f").allocatedBytes()).isEqualTo(5L * BLOCK);

    fs.mustSucceed(new FileCommand.Punch("x", "/f", BLOCK, BLOCK));
    fs.mustSucceed(new FileCommand.Truncate("x", "/f", 3L * BLOCK));
    assertThat(owners(Role.REALTIME))
        .containsExactly("inode 0+8", "free space 8+8", "inode 16+8", "free space 24+131048");
    fs.mustSucceed(new FileCommand.Allocate("x", "/f", 0, 3L * BLOCK, false));
    assertThat(owners(Role.REALTIME)).startsWith("inode 0+8");
    fs.mustSucceed(new FileCommand.Unlink("x", "/f"));
    assertThat(owners(Role.REALTIME)).containsExactly("free space 0+131072");
  }

  @Test
  void theFlagIsSetWhileThereAreNoBlocks() {
    made(false);
    realtimeFile("/f");
    fs.mustSucceed(new FileCommand.SetRealtime("x", "/f", false));
    write("/f", 0, 1);
    assertThat(errno(new FileCommand.SetRealtime("x", "/f", true))).isEqualTo("EINVAL");
    fs.mustSucceed(new FileCommand.SetRealtime("x", "/f", false));
    assertThat(errno(new FileCommand.SetRealtime("x", "/none", true))).isEqualTo("ENOENT");
    fs.added("pmem1", SECTORS);
    fs.make("y", FsHarness.on("pmem1"), SECTORS);
    assertThat(errno(new FileCommand.SetRealtime("y", "/", true))).isEqualTo("EINVAL");
  }

  @Test
  void whatIsMadeInADirectoryHasItsFlag() {
    made(false);
    fs.mustSucceed(new FileCommand.MakeDirectory("x", "/d", false));
    fs.mustSucceed(new FileCommand.SetRealtime("x", "/d", true));
    write("/d/e/f", 0, BLOCK);
    assertThat(extents("/d/e/f")).extracting(ExtentView::role).containsExactly("realtime");
    for (int i = 0; i < 100; i++) {
      write("/d/" + "n".repeat(50) + i, 0, 0);
    }
    assertThat(extents("/d")).isNotEmpty().allMatch(each -> each.role().equals("data"));
  }

  @Test
  void withoutGroupsALossIsNotToldButWhoTouchesItIsSignalled() {
    made(false);
    realtimeFile("/f");
    WritePlan plan = write("/f", 0, 4L * BLOCK);
    long sector = plan.pieces().getFirst().place().sector();
    assertThat(fs.owners("x", Role.REALTIME, 0, SECTORS, 10))
        .extracting(OwnerView::owner)
        .containsExactly("unknown", "free space");
    fs.map(7, "m", "x", "/f", 4L * BLOCK);
    assertThat(fs.store(7, "m", BLOCK).result()).isEqualTo("ok");
    fs.core().forgetPublished();
    assertThat(FsHarness.data(fs.poison("rt0", "f1", sector + 8, 8)))
        .hasExactlyElementsOfTypes(FailureUnsupported.class);
    assertThat(fs.load(7, "m", BLOCK).code()).isEqualTo("BUS_MCEERR_AR");
    assertThat(fs.refused(new FileCommand.PlanRead("x", "/f", 0, 4L * BLOCK, false)).kind())
        .isEqualTo("media-error");
    assertThat(fs.get("x").state()).isEqualTo("mounted");
    assertThat(write("/f", BLOCK, BLOCK).pieces()).allMatch(FileViews.WritePiece::heals);
  }

  @Test
  void withGroupsALossIsToldOfTheFile() {
    made(true);
    realtimeFile("/f");
    long sector = write("/f", 0, 4L * BLOCK).pieces().getFirst().place().sector();
    fs.map(7, "m", "x", "/f", 4L * BLOCK);
    fs.store(7, "m", 0);
    assertThat(FsHarness.data(fs.poison("rt0", "f1", sector + 8, 8)))
        .singleElement()
        .isInstanceOfSatisfying(
            FileRangeLost.class,
            lost -> {
              assertThat(lost.paths()).containsExactly("/f");
              assertThat(lost.block().device()).isEqualTo("rt0");
            });
    assertThat(fs.get("x").state()).isEqualTo("mounted");
    fs.core().forgetPublished();
    assertThat(FsHarness.data(fs.preRemove("rt0", SECTORS, Map.of("fs:x", 5L))))
        .hasAtLeastOneElementOfType(FilesystemFrozen.class)
        .hasAtLeastOneElementOfType(ProcessSignalled.class)
        .hasAtLeastOneElementOfType(FilesystemShutdown.class);
  }

  @Test
  void sharedBlocksAreCopiedOnTheRealtimeDevice() {
    made(true);
    realtimeFile("/f");
    write("/f", 0, 4L * BLOCK);
    fs.mustSucceed(new FileCommand.Reflink("x", "/f", "/g", 0, 0, 0));
    assertThat(stat("/g").realtime()).isTrue();
    List<String> data = owners(Role.DATA);
    WritePlan plan = plan("/g", BLOCK, 100);
    assertThat(owners(Role.REALTIME)).contains("cow reservation 32+8");
    fs.mustSucceed(new FileCommand.AbandonWrite("x", plan.write(), null, Extents.EMPTY));
    write("/g", BLOCK, 100);
    assertThat(owners(Role.REALTIME)).noneMatch(each -> each.startsWith("cow"));
    assertThat(extents("/g")).hasSize(3);
    assertThat(extents("/f")).hasSize(1);
    assertThat(owners(Role.DATA)).isEqualTo(data);
    write("/h", 0, BLOCK);
    assertThat(errno(new FileCommand.Reflink("x", "/f", "/h", 0, 0, 0))).isEqualTo("EINVAL");
    fs.map(7, "m", "x", "/f", 4L * BLOCK);
    assertThat(fs.store(7, "m", 0).result()).isEqualTo("ok");
    assertThat(extents("/f")).allMatch(each -> each.role().equals("realtime")).hasSize(2);
  }

  @Test
  void theAllocatorPassesOverWhatIsBadAndKnowsItsEnd() {
    made(true);
    realtimeFile("/f");
    realtimeFile("/g");
    fs.poison("rt0", "f1", 8, 1);
    WritePlan plan = write("/f", 0, 3L * BLOCK);
    assertThat(plan.pieces())
        .extracting(each -> each.place().sector() + "+" + each.place().count())
        .containsExactly("16+24");
    assertThat(errno(new FileCommand.Allocate("x", "/g", 0, SECTORS * 512, false)))
        .isEqualTo("ENOSPC");
    fs.mustSucceed(new FileCommand.Allocate("x", "/g", 0, SECTORS * 512 - 4L * BLOCK, false));
    assertThat(owners(Role.REALTIME)).contains("free space 8+8").doesNotContain("free space 0+8");
  }
}
