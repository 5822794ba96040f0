package io.faultline.device.below;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One file in two copies that grow together. Written through {@link RandomAccessFile}, because an
 * interrupt would close a channel under everybody's hands.
 */
final class TwinFile implements AutoCloseable {

  private final List<RandomAccessFile> copies = new ArrayList<>();
  private long length;
  private boolean broken;

  /**
   * Opens both, and makes what is not there; goes on at the end, which is the same for both.
   *
   * @throws IOException if there is no room; one of them may have been made then
   */
  TwinFile(List<Path> files) throws IOException {
    try {
      for (Path file : files) {
        copies.add(new RandomAccessFile(file.toFile(), "rw"));
      }
      length = copies.getFirst().length();
      for (RandomAccessFile copy : copies) {
        copy.seek(length);
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  long length() {
    return length;
  }

  /** Whether the two may differ, because what was begun could not be undone. */
  boolean isBroken() {
    return broken;
  }

  /**
   * @throws IOException if the disk of either is full; both are as before then, unless it {@link
   *     #isBroken()}
   */
  void append(byte[] bytes) throws IOException {
    try {
      for (RandomAccessFile copy : copies) {
        copy.write(bytes);
      }
      length += bytes.length;
    } catch (IOException e) {
      undo(e);
      throw e;
    }
  }

  private void undo(IOException because) {
    try {
      for (RandomAccessFile copy : copies) {
        copy.setLength(length);
        copy.seek(length);
      }
    } catch (IOException e) {
      broken = true;
      because.addSuppressed(e);
    }
  }

  /** Returns when both are on the disk. */
  void sync() throws IOException {
    for (RandomAccessFile copy : copies) {
      copy.getFD().sync();
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (RandomAccessFile copy : copies) {
      try {
        copy.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
