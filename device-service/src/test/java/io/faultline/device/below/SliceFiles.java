package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.below.TwinReader.Frame;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of a slice as a disk may leave them. */
final class SliceFiles {

  private SliceFiles() {}

  /** The same file in both copies. */
  static List<Path> bothOf(Path folder, Path file) {
    return TwinFolder.in(folder.resolve("journal")).both(file.getFileName().toString());
  }

  /** Everything of one copy of the journal, ascending by name. */
  static List<Path> journal(Path folder, String copy) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("journal").resolve(copy))) {
      return files.sorted().toList();
    }
  }

  /** The records of a file that is whole. */
  static List<Frame> frames(Path folder, Path file) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try (TwinReader in = new TwinReader(bothOf(folder, file))) {
      for (long offset = 0; offset < in.length(); ) {
        Frame frame = in.look(offset);
        if (frame == null) {
          throw new AssertionError(file + " is not whole at byte " + offset);
        }
        frames.add(frame);
        offset = frame.end();
      }
    }
    return frames;
  }

  static void flip(Path file, long offset) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(offset);
      int old = out.read();
      out.seek(offset);
      out.write(old ^ 0x10);
    }
  }

  static void cut(Path file, long length) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(length);
    }
  }

  /** Damages the payload of a record, but not what its header says, in both copies. */
  static void loseRecord(Path folder, Path file, Frame frame) throws IOException {
    for (Path copy : bothOf(folder, file)) {
      flip(copy, frame.end() - 1);
    }
  }

  static void loseHeader(Path folder, Path file, Frame frame) throws IOException {
    for (Path copy : bothOf(folder, file)) {
      flip(copy, frame.offset() + FrameHeader.PREFIX_BYTES + 3);
    }
  }

  static void assertCopiesAreTheSame(Path folder) throws IOException {
    List<Path> first = journal(folder, "a");
    assertThat(first.stream().map(Path::getFileName).toList())
        .isEqualTo(journal(folder, "b").stream().map(Path::getFileName).toList());
    for (Path file : first) {
      assertThat(bothOf(folder, file).getLast()).hasSameBinaryContentAs(file);
    }
    assertThat(folder.resolve("slice.copy.json"))
        .hasSameBinaryContentAs(folder.resolve("slice.json"));
  }

  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    copyMissing(from, to);
  }

  /** What {@code to} has already stays as it is. */
  static void copyMissing(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (!Files.exists(target)) {
          Files.copy(file, target);
        }
      }
    }
  }
}
