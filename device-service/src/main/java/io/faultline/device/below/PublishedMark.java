package io.faultline.device.below;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the journal is published and how far it is forced: two numbers of entries and their
 * CRC32C, written in turn into one of two slots, and not forced. After a crash it may lag, and one
 * slot may be torn; then some events are published again, under the same ids and sequences, and
 * receivers drop what they have seen.
 *
 * <p>Both numbers only grow, and neither is written before it is true. So whatever slot is readable
 * is right, and the highest of both counts.
 */
final class PublishedMark implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PublishedMark.class);
  private static final int SLOTS = 2;

  /** A sector each, so that one torn write touches one slot. */
  private static final int SLOT_BYTES = 512;

  private static final int NUMBERS_BYTES = 2 * Long.BYTES;

  /**
   * @param published all up to this entry is published; 0 where that is not known
   * @param durable all up to this entry is on the disk; 0 where that is not known
   */
  record Marked(long published, long durable) {}

  private final Path path;
  private final RandomAccessFile file;
  private int turn;
  private boolean failing;

  private PublishedMark(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  /** Opens it, and takes all the room that it will ever need. */
  static PublishedMark open(Path path) {
    try {
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
      long length = file.length();
      if (length < SLOTS * SLOT_BYTES) {
        file.seek(length);
        file.write(new byte[(int) (SLOTS * SLOT_BYTES - length)]);
      }
      return new PublishedMark(path, file);
    } catch (IOException e) {
      throw new SliceException(path + " cannot be opened: " + e.getMessage(), e);
    }
  }

  Marked read() {
    long published = 0;
    long durable = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      byte[] content = new byte[NUMBERS_BYTES + Integer.BYTES];
      try {
        file.seek((long) slot * SLOT_BYTES);
        file.readFully(content);
      } catch (IOException e) {
        log.warn("{} slot {} cannot be read: {}", path, slot, e.toString());
      }
      ByteBuffer bytes = ByteBuffer.wrap(content);
      Marked marked = new Marked(bytes.getLong(), bytes.getLong());
      if (bytes.getInt() == crc(content)) {
        published = Math.max(published, marked.published());
        durable = Math.max(durable, marked.durable());
      }
    }
    return new Marked(published, durable);
  }

  /** If it cannot be written it lags, which does no harm; that is said once. */
  void write(Marked marked) {
    byte[] content = new byte[NUMBERS_BYTES + Integer.BYTES];
    ByteBuffer bytes = ByteBuffer.wrap(content);
    bytes.putLong(marked.published()).putLong(marked.durable());
    bytes.putInt(crc(content));
    try {
      turn = (turn + 1) % SLOTS;
      file.seek((long) turn * SLOT_BYTES);
      file.write(content);
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        log.warn("{} cannot be written and lags: {}", path, e.toString());
      }
      failing = true;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static int crc(byte[] content) {
    // Not that of zeroes, so that an empty slot is none.
    return ~FrameHeader.crc(content, 0, NUMBERS_BYTES);
  }
}
