package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.fs.core.FileViews.DirectoryView;
import io.faultline.fs.core.FileViews.EntryView;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.LayoutView;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An imported filesystem answers as one that was made here, and is changed like it. */
class ImportedFilesTest {

  private static final long SECTORS = (512L << 20) / 512;
  private static final Path EXAMPLES = Path.of("..", "examples", "xfs");
  private static final int BLOCK = 4096;

  private final FsHarness fs = new FsHarness();

  @BeforeEach
  void importExample() throws IOException {
    fs.added("pmem0", SECTORS);
    fs.make("x", FsHarness.on("pmem0"), SECTORS);
    fs.importVerbose(
        "x",
        Files.readString(EXAMPLES.resolve("reflink.fsmap-v.txt")),
        Map.of(),
        Map.of(Role.DATA, SECTORS));
    fs.importPaths("x", Files.readString(EXAMPLES.resolve("reflink.paths.txt")));
  }

  @AfterEach
  void aRestartFindsTheSame() {
    assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
  }

  private FileView stat(String path) {
    return fs.ask(new FileCommand.StatFile("x", path), FileView.class);
  }

  private FileView write(String path, long offset, long length) {
    WritePlan plan =
        fs.ask(
            new FileCommand.PlanWrite(
                "x", path, offset, length, false, false, false, fs.writeName()),
            WritePlan.class);
    return fs.ask(new FileCommand.CommitWrite("x", plan.write()), FileView.class);
  }

  private List<String> names(String path) {
    return fs
        .ask(new FileCommand.ListDirectory("x", path, 1000, null), DirectoryView.class)
        .items()
        .stream()
        .map(EntryView::name)
        .toList();
  }

  private List<OwnerView> owners(long sector, long count) {
    return fs.owners("x", Role.DATA, sector, count, 1000);
  }

  @Test
  void namesBecomeDirectoriesAndFiles() {
    assertThat(stat("/").inode()).isEqualTo(128);
    assertThat(names("/")).contains("a", "plain", "ref-src", "blockdir");
    assertThat(names("/a")).contains("b", "small", "hard2", "ref-copy");
    assertThat(stat("/a").type()).isEqualTo("directory");
    FileView plain = stat("/plain");
    assertThat(plain.type()).isEqualTo("file");
    assertThat(plain.sizeBytes()).isEqualTo(3_145_728);
    assertThat(stat("/hard1").links()).isEqualTo(3);
    assertThat(stat("/hard1").paths()).containsExactly("/a/b/hard3", "/a/hard2", "/hard1");
  }

  @Test
  void aSharedFileIsCopiedWhereItIsWritten() {
    LayoutView before =
        fs.ask(new FileCommand.GetLayout("x", "/ref-src", 100, -1), LayoutView.class);
    assertThat(before.extents()).anyMatch(extent -> extent.flags().contains("shared"));
    write("/ref-src", 0, BLOCK);
    LayoutView after =
        fs.ask(new FileCommand.GetLayout("x", "/ref-src", 100, -1), LayoutView.class);
    assertThat(after.extents().getFirst().sector())
        .isNotEqualTo(before.extents().getFirst().sector());
    assertThat(owners(after.extents().getFirst().sector(), 8))
        .singleElement()
        .satisfies(owner -> assertThat(owner.paths()).containsExactly("/ref-src"));
  }

  @Test
  void whatIsUnlinkedBecomesFree() {
    fs.mustSucceed(new FileCommand.Unlink("x", "/plain"));
    assertThat(owners(192, 6144)).extracting(OwnerView::owner).containsOnly("free space");
    assertThat(names("/")).doesNotContain("plain");
    fs.core().restart();
    assertThat(owners(192, 6144)).extracting(OwnerView::owner).containsOnly("free space");
    write("/plain", 0, 3L * BLOCK);
    assertThat(stat("/plain").sizeBytes()).isEqualTo(3L * BLOCK);
  }

  @Test
  void aDirectoryThatMovesTakesItsNamesAlong() {
    fs.mustSucceed(new FileCommand.Rename("x", "/a", "/blockdir/z"));
    assertThat(stat("/blockdir/z/small").paths()).containsExactly("/blockdir/z/small");
    assertThat(stat("/hard1").paths())
        .containsExactly("/blockdir/z/b/hard3", "/blockdir/z/hard2", "/hard1");
    assertThat(fs.refused(new FileCommand.StatFile("x", "/a/small")).status()).isEqualTo(404);
    assertThat(names("/blockdir/z")).contains("b", "small");
    assertThat(names("/")).doesNotContain("a");
    fs.mustSucceed(new FileCommand.Unlink("x", "/blockdir/z/hard2"));
    assertThat(stat("/hard1").links()).isEqualTo(2);
  }

  @Test
  void newFilesGoIntoWhatTheDumpCallsFree() {
    FileView made = write("/a/b/new", 0, 20L * BLOCK);
    assertThat(made.paths()).containsExactly("/a/b/new");
    LayoutView layout =
        fs.ask(new FileCommand.GetLayout("x", "/a/b/new", 10, -1), LayoutView.class);
    layout
        .extents()
        .forEach(
            extent ->
                assertThat(owners(extent.sector(), extent.count()))
                    .allMatch(owner -> owner.inode() != null && owner.inode() == made.inode()));
    assertThat(
            fs.ask(new FileCommand.PlanRead("x", "/a/b/new", 0, 20L * BLOCK, false), ReadPlan.class)
                .lengthBytes())
        .isEqualTo(20L * BLOCK);
    fs.mustSucceed(new FileCommand.Unlink("x", "/a/b/new"));
  }

  @Test
  void anImportTakesTheWholePlaceOfWhatWasThere() throws IOException {
    write("/mine", 0, BLOCK);
    assertThat(
            fs.refused(new FsCommand.CommitPaths("x", fs.begin("x", ImportKind.PATHS), 0, 0))
                .kind())
        .isEqualTo("files-changed");
    importExample2();
    assertThat(fs.refused(new FileCommand.StatFile("x", "/mine")).status()).isEqualTo(404);
  }

  private void importExample2() throws IOException {
    fs.importVerbose(
        "x",
        Files.readString(EXAMPLES.resolve("reflink.fsmap-v.txt")),
        Map.of(),
        Map.of(Role.DATA, SECTORS));
  }

  @Test
  void whereADumpNamesNoOwnersNobodyKnowsWhereFilesAre() {
    fs.importLines("x", SECTORS, FsHarness.owner(0, 800, "special_0:2"));
    assertThat(fs.refused(new FileCommand.PlanRead("x", "/plain", 0, 1, false)).kind())
        .isEqualTo("unknown-contents");
  }
}
