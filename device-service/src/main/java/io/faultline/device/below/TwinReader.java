package io.faultline.device.below;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the two copies of a file side by side and makes them the same again: what one has lost is
 * written back from the other.
 *
 * <pre>
 * a   [header|payload][header|p##load][header|pay       a payload of a is damaged, its tail torn
 * b   [header|payload][header|payload][h##der|payload]  one header of b is damaged
 *                      ^ from b        ^ header from a, payload from b
 * </pre>
 */
final class TwinReader implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TwinReader.class);

  /**
   * One record.
   *
   * @param payload null if neither copy has it whole
   * @param disagree whether each copy has a header that is whole, but not the same
   */
  record Frame(
      FrameHeader header, byte @Nullable [] payload, boolean disagree, long offset, long end) {}

  private final List<Copy> copies = new ArrayList<>();

  TwinReader(List<Path> files) throws IOException {
    boolean anywhere = files.stream().anyMatch(Files::exists);
    for (Path file : files) {
      boolean isMissing = !Files.exists(file);
      if (anywhere && isMissing) {
        log.warn("{} is missing and is made anew", file);
      }
      Copy copy = new Copy(file);
      copy.changed = isMissing;
      copies.add(copy);
    }
  }

  private static final class Copy {
    private final FileWindow window;
    private long repairedFrom = -1;
    private long repairedTo = -1;
    private boolean changed;

    Copy(Path file) throws IOException {
      window = new FileWindow(file);
    }

    byte @Nullable [] header(long offset) {
      int length = FrameHeader.length(window.read(offset, FrameHeader.PREFIX_BYTES));
      if (length == 0) {
        return null;
      }
      byte[] header = window.read(offset, length);
      return FrameHeader.decode(header) == null ? null : header;
    }

    void repair(long offset, byte[] bytes, Copy from) throws IOException {
      if (Arrays.equals(window.read(offset, bytes.length), bytes)) {
        return;
      }
      window.write(offset, bytes);
      changed = true;
      if (offset != repairedTo) {
        tell(from);
        repairedFrom = offset;
      }
      repairedTo = offset + bytes.length;
    }

    void tell(Copy from) {
      if (repairedFrom >= 0) {
        log.warn(
            "{} was damaged at byte {}: {} bytes are written back from {}",
            window.path(),
            repairedFrom,
            repairedTo - repairedFrom,
            from.window.path());
      }
      repairedFrom = -1;
    }
  }

  /** Of the longer copy. */
  long length() throws IOException {
    long length = 0;
    for (Copy copy : copies) {
      length = Math.max(length, copy.window.length());
    }
    return length;
  }

  /** The record at an offset, read only; null if neither copy has its header whole. */
  @Nullable Frame look(long offset) throws IOException {
    return frame(offset, false);
  }

  /** The record at an offset, which is kept: both copies have it after this, if either had. */
  @Nullable Frame keep(long offset) throws IOException {
    return frame(offset, true);
  }

  private @Nullable Frame frame(long offset, boolean repairs) throws IOException {
    byte[] header = null;
    boolean disagree = false;
    for (Copy copy : copies) {
      byte[] found = copy.header(offset);
      disagree |= header != null && found != null && !Arrays.equals(header, found);
      header = header == null ? found : header;
    }
    if (header == null) {
      return null;
    }
    FrameHeader parsed = FrameHeader.decode(header);
    if (parsed == null) {
      throw new IllegalStateException("a header that was whole is not");
    }
    byte[] payload = null;
    for (Copy copy : copies) {
      byte[] found =
          payload == null
              ? copy.window.read(offset + header.length, parsed.payloadBytes())
              : payload;
      payload = payload == null && parsed.isOf(found) ? found : payload;
    }
    if (repairs && !disagree) {
      byte[] whole = payload == null ? header : Frames.join(header, payload);
      copies.getFirst().repair(offset, whole, copies.getLast());
      copies.getLast().repair(offset, whole, copies.getFirst());
    }
    long end = offset + header.length + parsed.payloadBytes();
    return new Frame(parsed, payload, disagree, offset, end);
  }

  /** Where the next whole header is in either copy, from {@code offset} on; -1 if nowhere. */
  long resync(long offset) {
    long nearest = -1;
    for (Copy copy : copies) {
      long found = copy.window.find(FrameHeader.MAGIC, offset);
      while (found >= 0 && copy.header(found) == null) {
        found = copy.window.find(FrameHeader.MAGIC, found + 1);
      }
      if (found >= 0 && (nearest < 0 || found < nearest)) {
        nearest = found;
      }
    }
    return nearest;
  }

  /**
   * Gives both copies this length, and returns when what was repaired is on the disk.
   *
   * @param forces whether what was not repaired may be in memory only and is forced too
   */
  void finish(long length, boolean forces) throws IOException {
    copies.getFirst().tell(copies.getLast());
    copies.getLast().tell(copies.getFirst());
    for (Copy copy : copies) {
      long before = copy.window.length();
      if (before > length) {
        log.warn(
            "{}: the last {} bytes are torn and were never answered; they are cut off",
            copy.window.path(),
            before - length);
        copy.window.setLength(length);
        copy.changed = true;
      } else if (before < length) {
        // The last record is lost and its end is missing: what comes next must not lie in it.
        copy.window.setLength(length);
        copy.changed = true;
      }
      if (forces || copy.changed) {
        copy.window.sync();
      }
      if (copy.changed) {
        Path folder = copy.window.path().toAbsolutePath().getParent();
        SliceFolder.forceFolder(folder);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Copy copy : copies) {
      copy.window.close();
    }
  }
}
