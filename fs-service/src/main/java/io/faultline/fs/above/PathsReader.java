package io.faultline.fs.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.fs.core.PackedPaths;
import java.io.IOException;

/** Reads lines of inode and path, {@code 144 /ref-src}, and packs them into parts. */
final class PathsReader {

  private static final int MAX_PATH_BYTES = 4096;

  private final DumpReader.Sink sink;
  private final PackedPaths packed = new PackedPaths();
  private int parts;
  private long paths;

  PathsReader(DumpReader.Sink sink) {
    this.sink = sink;
  }

  int parts() {
    return parts;
  }

  long paths() {
    return paths;
  }

  void read(LineReader lines) throws IOException {
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (!line.isEmpty()) {
        take(new LineNumbers(lines.number(), line), line);
      }
    }
    if (!packed.isEmpty()) {
      sink.part(0, parts++, packed.take());
    }
  }

  private void take(LineNumbers in, String line) {
    int space = line.indexOf(' ');
    if (space <= 0) {
      throw in.bad("a line is an inode, a space and a path");
    }
    long inode = in.inode(line.substring(0, space));
    String path = line.substring(space + 1);
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw in.bad("a path begins with / at the root of the filesystem");
    }
    if (path.getBytes(UTF_8).length > MAX_PATH_BYTES) {
      throw in.bad("a path has at most " + MAX_PATH_BYTES + " bytes");
    }
    paths++;
    if (packed.add(inode, path)) {
      sink.part(0, parts++, packed.take());
    }
  }
}
