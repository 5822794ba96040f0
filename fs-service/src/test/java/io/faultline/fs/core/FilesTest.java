package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.fs.core.FileViews.DirectoryView;
import io.faultline.fs.core.FileViews.EntryView;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Problem;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files, command by command. Whatever was done, a restart finds the same. */
class FilesTest {

  private static final long SECTORS = (512L << 20) / 512;
  private static final int BLOCK = 4096;

  private final FsHarness fs = new FsHarness();

  @BeforeEach
  void make() {
    fs.added("pmem0", SECTORS);
    fs.make("x", FsHarness.on("pmem0"), SECTORS);
  }

  @AfterEach
  void aRestartFindsTheSame() {
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private WritePlan plan(String path, long offset, long length) {
    return fs.ask(
        new FileCommand.PlanWrite("x", path, offset, length, false, false, false), WritePlan.class);
  }

  private FileView write(String path, long offset, long length) {
    WritePlan plan = plan(path, offset, length);
    return fs.ask(new FileCommand.CommitWrite("x", plan.write()), FileView.class);
  }

  private ReadPlan read(String path, long offset, long length) {
    return fs.ask(new FileCommand.PlanRead("x", path, offset, length, false), ReadPlan.class);
  }

  private List<OwnerView> owners() {
    return fs.owners("x", Role.DATA, 0, SECTORS, 1000);
  }

  private List<String> map() {
    return owners().stream()
        .map(each -> each.owner() + " " + each.sector() + "+" + each.count())
        .toList();
  }

  @Test
  void aFreshFilesystemLiesAsMkfsLaysIt() {
    // As oracle/xfs/rmap-reflink shows it for a device of this size.
    assertThat(map())
        .startsWith(
            "static fs metadata 0+32",
            "per-AG metadata 32+16",
            "inode btree 48+16",
            "per-AG metadata 64+8",
            "refcount btree 72+8",
            "per-AG metadata 80+48",
            "inodes 128+64",
            "free space 192+261952",
            "static fs metadata 262144+32")
        .containsSubsequence(
            "refcount btree 524360+8",
            "journalling log 524368+131072",
            "per-AG metadata 655440+48",
            "free space 655488+130944",
            "static fs metadata 786432+32");
    FileView root = fs.ask(new FileCommand.StatFile("x", "/"), FileView.class);
    assertThat(root.inode()).isEqualTo(128);
    assertThat(root.type()).isEqualTo("directory");
  }

  @Test
  void whatIsWrittenCanBeReadOnlyWhenItIsCommitted() {
    WritePlan plan = plan("/f", 100, 5000);
    assertThat(plan.created()).isTrue();
    assertThat(plan.pieces()).hasSize(1);
    assertThat(plan.pieces().getFirst().offsetBytes()).isZero();
    assertThat(plan.pieces().getFirst().place().count()).isEqualTo(16);
    assertThat(read("/f", 0, 10_000).lengthBytes()).isZero();

    FileView file = fs.ask(new FileCommand.CommitWrite("x", plan.write()), FileView.class);
    assertThat(file.sizeBytes()).isEqualTo(5100);
    assertThat(file.paths()).containsExactly("/f");
    ReadPlan read = read("/f", 0, 10_000);
    assertThat(read.lengthBytes()).isEqualTo(5100);
    assertThat(read.pieces()).hasSize(1);
    assertThat(read.pieces().getFirst().place().sector())
        .isEqualTo(plan.pieces().getFirst().place().sector());
  }

  @Test
  void anAbandonedWriteLeavesNothing() {
    List<String> before = map();
    WritePlan plan = plan("/f", 0, 5000);
    fs.mustSucceed(new FileCommand.AbandonWrite("x", plan.write(), null, Extents.EMPTY));
    assertThat(map()).isEqualTo(before);
    assertThat(fs.refused(new FileCommand.StatFile("x", "/f")).more())
        .containsEntry("errno", "ENOENT");
  }

  @Test
  void aFileGoesWithItsName() {
    List<String> before = map();
    write("/f", 0, 1 << 20);
    assertThat(map()).isNotEqualTo(before);
    fs.mustSucceed(new FileCommand.Unlink("x", "/f"));
    assertThat(map()).isEqualTo(before);
  }

  @Test
  void aSharedBlockIsCopiedBeforeItIsWritten() {
    write("/f", 0, 4L * BLOCK);
    fs.mustSucceed(new FileCommand.Reflink("x", "/f", "/g", 0, 0, 0));
    WritePlan plan = plan("/g", BLOCK + 10, 100);
    assertThat(owners()).anyMatch(each -> each.owner().equals("cow reservation"));
    assertThat(plan.fill()).hasSize(1);
    fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
    assertThat(owners()).noneMatch(each -> each.owner().equals("cow reservation"));
    assertThat(read("/g", 0, 4L * BLOCK).pieces()).hasSize(3);
    assertThat(read("/f", 0, 4L * BLOCK).pieces()).hasSize(1);
  }

  @Test
  void directoriesHoldNames() {
    fs.mustSucceed(new FileCommand.MakeDirectory("x", "/a", false));
    write("/a/f", 0, 10);
    write("/a/g", 0, 10);
    DirectoryView page =
        fs.ask(new FileCommand.ListDirectory("x", "/a", 1, null), DirectoryView.class);
    assertThat(page.items()).extracting(EntryView::name).containsExactly("f");
    assertThat(page.next()).isEqualTo("f");
    Problem problem = fs.refused(new FileCommand.Unlink("x", "/a"));
    assertThat(problem.more()).containsEntry("errno", "ENOTEMPTY");
    fs.mustSucceed(new FileCommand.Rename("x", "/a", "/b"));
    assertThat(fs.ask(new FileCommand.StatFile("x", "/b/f"), FileView.class).paths())
        .containsExactly("/b/f");
  }

  @Test
  void aStoreToAHoleMakesABlockAndOneToASharedPageACopy() {
    fs.mustSucceed(new FileCommand.Truncate("x", writeOne("/f"), 4L * BLOCK));
    fs.map(7, "m", "x", "/f", 4L * BLOCK);
    assertThat(fs.load(7, "m", 2L * BLOCK).result()).isEqualTo("ok");
    assertThat(fs.store(7, "m", 2L * BLOCK).result()).isEqualTo("ok");
    assertThat(read("/f", 0, 4L * BLOCK).pieces()).hasSize(2);

    fs.mustSucceed(new FileCommand.Reflink("x", "/f", "/g", 0, 0, 0));
    long shared = read("/f", 0, 1).pieces().getFirst().place().sector();
    assertThat(fs.store(7, "m", 0).result()).isEqualTo("ok");
    assertThat(read("/g", 0, 1).pieces().getFirst().place().sector()).isEqualTo(shared);
    assertThat(read("/f", 0, 1).pieces().getFirst().place().sector()).isNotEqualTo(shared);
    assertThat(fs.store(7, "m", 100).result()).as("present now").isEqualTo("ok");
  }

  private String writeOne(String path) {
    write(path, 0, BLOCK);
    return path;
  }

  @Test
  void anUnlinkedFileLivesWhileItIsMapped() {
    List<String> before = map();
    write("/f", 0, 4L * BLOCK);
    fs.map(7, "m", "x", "/f", 4L * BLOCK);
    fs.mustSucceed(new FileCommand.Unlink("x", "/f"));
    assertThat(fs.load(7, "m", 0).result()).isEqualTo("ok");
    assertThat(map()).isNotEqualTo(before);
    fs.mustSucceed(new FsCommand.UnmapFile(7, "m"));
    assertThat(map()).isEqualTo(before);
  }

  @Test
  void aWriteThatNeverEndsIsGivenUp() {
    List<String> before = map();
    WritePlan plan = plan("/f", 0, 5000);
    fs.core().pass(FileWrites.WRITE_PATIENCE.plusSeconds(1));
    assertThat(map()).isEqualTo(before);
    assertThat(fs.refused(new FileCommand.CommitWrite("x", plan.write())).status()).isEqualTo(409);
  }
}
