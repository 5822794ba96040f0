package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

  @TempDir Path parent;

  @Test
  void isMadeWithItsVersionAndTheHoldersProcessId() throws IOException {
    Path folder = parent.resolve("deep/data");
    try (DataFolder data = DataFolder.open(folder)) {
      assertThat(data.path()).isEqualTo(folder);
      assertThat(folder.resolve("VERSION")).hasContent(DataFolder.VERSION);
      assertThat(folder.resolve("lock")).hasContent(Long.toString(ProcessHandle.current().pid()));
    }
  }

  @Test
  void isTakenByOneAndFreeAgainAfterwards() {
    Path folder = parent.resolve("data");
    try (DataFolder held = DataFolder.open(folder)) {
      assertRefused(folder)
          .hasMessageStartingWith(
              held.path() + " is in use by process " + ProcessHandle.current().pid());
    }
    DataFolder.open(folder).close();
  }

  @Test
  void isRefusedAndNotTouchedIfItIsSomebodyElses() throws IOException {
    Path theirs = Files.writeString(parent.resolve("thesis.txt"), "years of work");

    assertRefused(parent).hasMessageContaining("it holds thesis.txt but no VERSION");
    assertThat(parent).isDirectoryContaining(theirs::equals);
    try (var entries = Files.list(parent)) {
      assertThat(entries).hasSize(1);
    }
  }

  @Test
  void isTakenUpWhereAStartWasCutOff() throws IOException {
    Files.createFile(parent.resolve("lock"));
    Files.writeString(parent.resolve("VERSION.new"), "");

    DataFolder.open(parent).close();
    assertThat(parent.resolve("VERSION")).hasContent(DataFolder.VERSION);
  }

  @Test
  void isRefusedIfItIsOfAnotherVersion() throws IOException {
    Files.writeString(parent.resolve("VERSION"), "2 " + "x".repeat(1000) + "\nmore");

    assertRefused(parent)
        .hasMessageContaining("holds data of format version 2 xxx")
        .hasMessageContaining("this program reads version " + DataFolder.VERSION)
        .message()
        .hasSizeLessThan(400)
        .hasLineCount(1);
  }

  @Test
  void isRefusedIfItIsAFile() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));

    assertRefused(file).hasMessageContaining(file + " is a file, not a folder");
    assertRefused(file.resolve("data")).hasMessageContaining("cannot keep data in");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void isRefusedWhereNobodyCanWrite() {
    assertRefused(Path.of("/proc/faultline"))
        .hasMessageContaining("cannot keep data in /proc/faultline")
        .hasMessageContaining("--data=");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Path folder) {
    return assertThatThrownBy(() -> DataFolder.open(folder).close())
        .isInstanceOf(StartFailure.class);
  }
}
