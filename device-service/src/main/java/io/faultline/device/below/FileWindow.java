package io.faultline.device.below;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one copy of a file in large steps while it is checked; nobody else writes to it. */
final class FileWindow implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(FileWindow.class);
  private static final int STEP_BYTES = 1 << 18;

  private final Path path;
  private final RandomAccessFile file;
  private byte[] window = new byte[0];
  private long windowStart;

  FileWindow(Path path) throws IOException {
    this.path = path;
    this.file = new RandomAccessFile(path.toFile(), "rw");
  }

  Path path() {
    return path;
  }

  long length() throws IOException {
    return file.length();
  }

  /** What the file has of a range: less where it ends, nothing where it cannot be read. */
  byte[] read(long offset, int count) {
    if (offset < windowStart || offset + count > windowStart + window.length) {
      fill(offset, Math.max(count, STEP_BYTES));
    }
    int from = (int) Math.min(offset - windowStart, window.length);
    return Arrays.copyOfRange(window, from, Math.min(from + count, window.length));
  }

  private void fill(long offset, int count) {
    windowStart = offset;
    try {
      int length = Math.clamp(file.length() - offset, 0, count);
      window = new byte[length];
      file.seek(offset);
      file.readFully(window);
    } catch (IOException e) {
      log.warn("{} at byte {} cannot be read: {}", path, offset, e.toString());
      window = new byte[0];
    }
  }

  /** Where {@code wanted} is next, from {@code offset} on; -1 if nowhere. */
  long find(byte[] wanted, long offset) {
    byte[] found = read(offset, STEP_BYTES);
    while (found.length >= wanted.length) {
      for (int i = 0; i + wanted.length <= found.length; i++) {
        if (Arrays.equals(found, i, i + wanted.length, wanted, 0, wanted.length)) {
          return offset + i;
        }
      }
      offset += found.length - wanted.length + 1;
      found = read(offset, STEP_BYTES);
    }
    return -1;
  }

  void write(long offset, byte[] bytes) throws IOException {
    file.seek(offset);
    file.write(bytes);
    window = new byte[0];
  }

  void setLength(long length) throws IOException {
    file.setLength(length);
    window = new byte[0];
  }

  void sync() throws IOException {
    file.getFD().sync();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
