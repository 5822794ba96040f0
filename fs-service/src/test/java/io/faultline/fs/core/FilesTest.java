package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.Block;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.RecoveredData;
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
import java.util.Map;
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
        new FileCommand.PlanWrite("x", path, offset, length, false, false, true, fs.writeName()),
        WritePlan.class);
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
  void aPageThatIsWrittenAnewIsToldAsGoodBeforeTheDeviceSaysSo() {
    write("/f", 0, 2L * BLOCK);
    long sector = sectorOf("/f");
    fs.poison("pmem0", "f1", sector + 2, 1, sector + 9, 1);
    assertThat(fs.ask(new FileCommand.StatFile("x", "/f"), FileView.class).lostBytes())
        .isEqualTo(1024);
    assertThat(write("/f", 0, BLOCK).lostBytes()).as("the other page is lost").isEqualTo(512);
  }

  private long sectorOf(String path) {
    return read(path, 0, BLOCK).pieces().getFirst().place().sector();
  }

  private FileRangeRecovered recovered(String path, boolean shared, long block) {
    return new FileRangeRecovered(
        FsHarness.HOST,
        "x",
        fs.ask(new FileCommand.StatFile("x", path), FileView.class).inode(),
        List.of(path),
        "data",
        512,
        1024,
        shared,
        false,
        RecoveredData.REWRITTEN,
        new Block("pmem0", Extents.of(block, 2)));
  }

  /** All that was published of a file that is good again; each event of one fault, made by none. */
  private List<FileRangeRecovered> recoveredOf(String fault) {
    List<Event> told =
        fs.core().published().stream()
            .filter(event -> event.data() instanceof FileRangeRecovered)
            .toList();
    assertThat(told)
        .allSatisfy(
            event -> {
              assertThat(event.faultId()).isEqualTo(FsHarness.HOST + ":" + fault);
              assertThat(event.causationId()).isNull();
            });
    return fs.core().published(FileRangeRecovered.class);
  }

  @Test
  void whatWasZeroedIsToldAsGoodWhenItIsWrittenAnew() {
    write("/f", 0, BLOCK);
    long sector = sectorOf("/f");
    fs.poison("pmem0", "f1", sector + 1, 2);
    assertThat(fs.recover("pmem0", RecoveredData.ZEROED, false, "f1", sector, 8)).isEmpty();
    fs.core().forgetPublished();

    WritePlan plan = plan("/f", 0, BLOCK);
    assertThat(fs.core().published()).as("not before its bytes are there").isEmpty();
    fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
    assertThat(recoveredOf("f1")).containsExactly(recovered("/f", false, sector + 1));
    write("/f", 0, BLOCK);
    assertThat(fs.core().published(FileRangeRecovered.class)).as("once").hasSize(1);
  }

  @Test
  void whatWasZeroedInASharedBlockIsToldForEachFileWhenItIsMendedInPlace() {
    write("/f", 0, BLOCK);
    fs.mustSucceed(new FileCommand.Reflink("x", "/f", "/g", 0, 0, 0));
    long sector = sectorOf("/f");
    fs.poison("pmem0", "f1", sector + 1, 2);
    fs.recover("pmem0", RecoveredData.ZEROED, false, "f1", sector, 8);
    fs.core().forgetPublished();

    WritePlan plan =
        fs.ask(
            new FileCommand.PlanWrite("x", "/g", 0, BLOCK, false, true, false, fs.writeName()),
            WritePlan.class);
    fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
    assertThat(recoveredOf("f1"))
        .containsExactly(recovered("/f", true, sector + 1), recovered("/g", true, sector + 1));
  }

  @Test
  void aFileThatMovesAwayFromALostSharedBlockIsToldAsGoodAndTheOtherIsNot() {
    write("/f", 0, BLOCK);
    fs.mustSucceed(new FileCommand.Reflink("x", "/f", "/g", 0, 0, 0));
    fs.poison("pmem0", "f1", sectorOf("/f") + 1, 2);
    fs.core().forgetPublished();

    WritePlan plan = plan("/g", 0, BLOCK);
    FileView written = fs.ask(new FileCommand.CommitWrite("x", plan.write()), FileView.class);
    assertThat(written.lostBytes()).isZero();
    long copy = plan.pieces().getFirst().place().sector();
    assertThat(recoveredOf("f1")).containsExactly(recovered("/g", false, copy + 1));
    assertThat(fs.ask(new FileCommand.StatFile("x", "/f"), FileView.class).lostBytes())
        .isEqualTo(1024);
  }

  @Test
  void zeroesAreAllThatAnUnwrittenExtentHeld() {
    write("/f", 0, BLOCK);
    fs.mustSucceed(new FileCommand.Allocate("x", "/f", BLOCK, BLOCK, false));
    long sector = sectorOf("/f") + 8;
    fs.poison("pmem0", "f1", sector, 2);
    fs.core().forgetPublished();
    fs.recover("pmem0", RecoveredData.ZEROED, false, "f1", sector, 8);
    assertThat(fs.core().published(FileRangeRecovered.class))
        .singleElement()
        .satisfies(
            told -> {
              assertThat(told.unwritten()).isTrue();
              assertThat(told.data()).isEqualTo(RecoveredData.ZEROED);
              assertThat(told.offsetBytes()).isEqualTo(BLOCK);
            });
    write("/f", BLOCK, BLOCK);
    assertThat(fs.core().published(FileRangeRecovered.class)).as("once").hasSize(1);
  }

  @Test
  void aChangeAnswersWhatTheFileIsAfterIt() {
    write("/d/f", 0, 4L * BLOCK);
    FileView copy = fs.ask(new FileCommand.Reflink("x", "/d/f", "/g", 0, 0, 0), FileView.class);
    assertThat(copy.allocatedBytes()).isEqualTo(4L * BLOCK);
    assertThat(copy.paths()).containsExactly("/g");
    assertThat(fs.ask(new FileCommand.Truncate("x", "/g", BLOCK), FileView.class).allocatedBytes())
        .isEqualTo(BLOCK);
    assertThat(fs.ask(new FileCommand.Link("x", "/g", "/d/h"), FileView.class).paths())
        .containsExactly("/d/h", "/g");
    assertThat(fs.ask(new FileCommand.Rename("x", "/d", "/e"), FileView.class).paths())
        .containsExactly("/e");
    assertThat(fs.ask(new FileCommand.Rename("x", "/g", "/e/k"), FileView.class).paths())
        .containsExactly("/e/h", "/e/k");
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

  private String errno(FileCommand command) {
    return String.valueOf(fs.refused(command).more().get("errno"));
  }

  private FileCommand.PlanWrite planOf(String path) {
    return new FileCommand.PlanWrite("x", path, 0, 1, false, false, false, fs.writeName());
  }

  @Test
  void whatCannotBeIsRefusedAsTheKernelDoes() {
    write("/f", 0, 10);
    fs.mustSucceed(new FileCommand.MakeDirectory("x", "/d", false));
    fs.mustSucceed(new FileCommand.MakeDirectory("x", "/d/e", false));
    assertThat(errno(planOf("/d"))).isEqualTo("EISDIR");
    assertThat(errno(planOf("/f/g"))).isEqualTo("ENOTDIR");
    assertThat(errno(planOf("/none/g"))).isEqualTo("ENOENT");
    assertThat(errno(planOf("/" + "n".repeat(256)))).isEqualTo("ENAMETOOLONG");
    assertThat(errno(planOf("/d/../f"))).isEqualTo("EINVAL");
    assertThat(errno(new FileCommand.MakeDirectory("x", "/f", false))).isEqualTo("EEXIST");
    assertThat(errno(new FileCommand.Rename("x", "/d", "/d/e/z"))).isEqualTo("EINVAL");
    assertThat(errno(new FileCommand.Rename("x", "/f", "/d"))).isEqualTo("EISDIR");
    assertThat(errno(new FileCommand.Rename("x", "/d", "/f"))).isEqualTo("ENOTDIR");
    assertThat(errno(new FileCommand.Link("x", "/f", "/d"))).isEqualTo("EEXIST");
    assertThat(errno(new FileCommand.Reflink("x", "/f", "/g", 1, 0, 0))).isEqualTo("EINVAL");
    assertThat(errno(new FileCommand.Punch("x", "/f", 0, 0))).isEqualTo("EINVAL");
    assertThat(errno(new FileCommand.Truncate("x", "/f", -1))).isEqualTo("EFBIG");
    assertThat(errno(new FileCommand.GetXattr("x", "/f", "user.a"))).isEqualTo("ENODATA");
  }

  @Test
  void whatThereIsNoRoomForIsRefusedWithTheSizes() {
    Problem problem = fs.refused(new FileCommand.Allocate("x", writeOne("/f"), 0, 1L << 40, false));
    assertThat(problem.status()).isEqualTo(507);
    assertThat(problem.more()).containsEntry("errno", "ENOSPC");
    assertThat(problem.detail()).contains("bytes free");
  }

  @Test
  void aLostRangeIsNotReadAndWholePagesGoOverIt() {
    write("/f", 0, 4L * BLOCK);
    long sector = read("/f", 0, 1).pieces().getFirst().place().sector();
    fs.poison("pmem0", "f1", sector + 8, 4);
    Problem problem = fs.refused(new FileCommand.PlanRead("x", "/f", 0, 4L * BLOCK, false));
    assertThat(problem.kind()).isEqualTo("media-error");
    assertThat(problem.more()).containsEntry("errno", "EIO").containsEntry("sector", sector + 8);
    ReadPlan clean =
        fs.ask(new FileCommand.PlanRead("x", "/f", 0, 4L * BLOCK, true), ReadPlan.class);
    assertThat(clean.lost()).isEqualTo(Extents.of(BLOCK, 4 * 512));
    assertThat(read("/f", 0, BLOCK).pieces()).as("what is not lost").hasSize(1);
    FileCommand.PlanWrite part =
        new FileCommand.PlanWrite("x", "/f", BLOCK + 512, 512, false, false, false, fs.writeName());
    assertThat(fs.refused(part).kind()).isEqualTo("media-error");
    WritePlan plan = plan("/f", BLOCK, BLOCK);
    assertThat(plan.pieces()).allMatch(FileViews.WritePiece::heals);
  }

  @Test
  void theAllocatorPassesOverWhatIsBad() {
    write("/f", 0, BLOCK);
    long next = read("/f", 0, 1).pieces().getFirst().place().sector() + 8;
    fs.poison("pmem0", "f1", next, 1);
    WritePlan plan = plan("/g", 0, 3L * BLOCK);
    assertThat(plan.pieces().getFirst().place().sector()).isEqualTo(next + 8);
  }

  @Test
  void whatIsLeftOfABlockBecomesZeros() {
    write("/f", 0, 2L * BLOCK);
    WritePlan punched =
        fs.ask(new FileCommand.Punch("x", "/f", 100, 2L * BLOCK - 200), WritePlan.class);
    assertThat(punched.zeros()).isEqualTo(Extents.ofPairs(100, BLOCK - 100, BLOCK, BLOCK - 100));
    fs.mustSucceed(new FileCommand.CommitWrite("x", punched.write()));
    fs.mustSucceed(new FileCommand.Truncate("x", "/f", 50));
    WritePlan grown = fs.ask(new FileCommand.Truncate("x", "/f", 3L * BLOCK), WritePlan.class);
    assertThat(grown.zeros()).isEqualTo(Extents.of(50, BLOCK - 50));
    FileView file = fs.ask(new FileCommand.CommitWrite("x", grown.write()), FileView.class);
    assertThat(file.sizeBytes()).isEqualTo(3L * BLOCK);
    assertThat(file.allocatedBytes()).isEqualTo(BLOCK);
  }

  @Test
  void aWriteCanBeGivenUpByTheNameThatItWasAskedFor() {
    FileCommand.PlanWrite lost = planOf("/f");
    fs.mustSucceed(lost);
    assertThat(fs.refused(planOf("/f")).kind()).isEqualTo("write-under-way");
    fs.mustSucceed(new FileCommand.AbandonWrite("x", lost.write(), null, Extents.EMPTY));
    assertThat(fs.refused(new FileCommand.StatFile("x", "/f")).status())
        .as("a file that only this write made")
        .isEqualTo(404);
    write("/f", 0, 1);
    fs.mustSucceed(new FileCommand.AbandonWrite("x", lost.write(), null, Extents.EMPTY));
    assertThat(fs.ask(new FileCommand.StatFile("x", "/f"), FileView.class).sizeBytes())
        .isEqualTo(1);
    FileCommand.PlanWrite nameless =
        new FileCommand.PlanWrite("x", "/f", 0, 1, false, false, false, "a/b");
    assertThat(fs.refused(nameless).kind()).isEqualTo("invalid-argument");
  }

  @Test
  void twoWritesToTheSameBlockDoNotMeet() {
    WritePlan first = plan("/f", 0, 100);
    assertThat(
            fs.refused(
                    new FileCommand.PlanWrite(
                        "x", "/f", 200, 10, false, false, false, fs.writeName()))
                .kind())
        .isEqualTo("write-under-way");
    write("/f", BLOCK, 100);
    fs.mustSucceed(new FileCommand.CommitWrite("x", first.write()));
    write("/f", 200, 10);
  }

  @Test
  void aFrozenFilesystemIsReadButNotChanged() {
    WritePlan plan = plan(writeOne("/f"), 0, BLOCK);
    fs.mustSucceed(new FsCommand.FreezeFilesystem("x"));
    assertThat(fs.refused(planOf("/f")).status()).isEqualTo(423);
    assertThat(fs.refused(new FileCommand.CommitWrite("x", plan.write())).status()).isEqualTo(423);
    assertThat(read("/f", 0, BLOCK).pieces()).hasSize(1);
    fs.mustSucceed(new FsCommand.ThawFilesystem("x"));
    fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
  }

  @Test
  void noWriteIsTakenFromTheFreezeOfAPlannedRemovalToItsEnd() {
    fs.added("pmem1", SECTORS);
    fs.make("y", FsHarness.with(FsHarness.on("pmem1"), Policy.PRECISE), SECTORS);
    FileCommand.PlanWrite write =
        new FileCommand.PlanWrite("y", "/f", 0, BLOCK, false, false, false, fs.writeName());
    WritePlan before = fs.ask(write, WritePlan.class);
    fs.preRemove("pmem1", SECTORS, Map.of("fs:y", 5L));
    assertThat(fs.refused(write).status()).isIn(422, 423);
    assertThat(fs.refused(new FileCommand.CommitWrite("y", before.write())).status())
        .isIn(422, 423);
    fs.removed("pmem1", SECTORS);
    assertThat(fs.refused(write).kind()).isEqualTo("filesystem-shutdown");
  }

  @Test
  void attributesLeaveTheInode() {
    write("/f", 0, 10);
    fs.mustSucceed(new FileCommand.SetXattr("x", "/f", "user.small", new byte[20]));
    assertThat(owners()).noneMatch(each -> "attr".equals(each.fork()));
    fs.mustSucceed(new FileCommand.SetXattr("x", "/f", "user.large", new byte[10_000]));
    assertThat(owners()).anyMatch(each -> "attr".equals(each.fork()) && each.count() == 32);
    fs.mustSucceed(new FileCommand.RemoveXattr("x", "/f", "user.large"));
    assertThat(owners()).noneMatch(each -> "attr".equals(each.fork()));
  }

  @Test
  void manyNamesAndExtentsTakeBlocksOfTheirOwnAndGiveThemBack() {
    List<String> before = map();
    fs.mustSucceed(new FileCommand.MakeDirectory("x", "/d", false));
    for (int i = 0; i < 300; i++) {
      write("/d/file-" + i, 0, 0);
    }
    long directory = fs.ask(new FileCommand.StatFile("x", "/d"), FileView.class).inode();
    assertThat(owners())
        .filteredOn(each -> each.inode() != null && each.inode() == directory)
        .as("data, leaf and free-index blocks")
        .hasSizeGreaterThan(1);
    for (int i = 0; i < 60; i++) {
      write("/d/file-0", 2L * i * BLOCK, BLOCK);
    }
    assertThat(owners()).anyMatch(each -> "bmbt".equals(each.fork()));
    for (int i = 0; i < 300; i++) {
      fs.mustSucceed(new FileCommand.Unlink("x", "/d/file-" + i));
    }
    fs.mustSucceed(new FileCommand.Unlink("x", "/d"));
    assertThat(map()).isEqualTo(before);
  }

  @Test
  void withoutAReverseMapOnlyFreeSpaceIsKnown() {
    fs.added("pmem1", SECTORS);
    fs.make("y", FsHarness.withoutReverseMap(FsHarness.on("pmem1")), SECTORS);
    assertThat(fs.owners("y", Role.DATA, 0, SECTORS, 2))
        .extracting(OwnerView::owner)
        .containsOnly("unknown", "free space");
  }

  @Test
  void mkfsRefusesWhatXfsCannotBe() {
    fs.added("small", 1000);
    Spec small = FsHarness.on("small");
    assertThat(
            fs.refused(new FsCommand.MakeFilesystem("y", small, fs.claims(small, 1000))).detail())
        .contains("allocation group");
    fs.added("rt", SECTORS);
    fs.added("data", SECTORS);
    Spec realtime = new Spec("data", null, "rt", Dax.ALWAYS, true, false, Policy.XFS);
    assertThat(
            fs.refused(new FsCommand.MakeFilesystem("y", realtime, fs.claims(realtime, SECTORS)))
                .detail())
        .contains("realtime");
    assertThat(fs.core().state().filesystems).containsOnlyKeys("x");
  }
}
