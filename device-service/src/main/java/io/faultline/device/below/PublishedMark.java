package io.faultline.device.below;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * How far the journal is published: the number of an entry and its CRC32C, written in place and not
 * forced. After a crash it may lag or be torn; then some events are published again, under the same
 * ids and sequences, and receivers drop what they have seen.
 */
final class PublishedMark implements AutoCloseable {

  private static final int BYTES = Long.BYTES + Integer.BYTES;

  private final RandomAccessFile file;

  private PublishedMark(RandomAccessFile file) {
    this.file = file;
  }

  static PublishedMark open(Path path) {
    try {
      return new PublishedMark(new RandomAccessFile(path.toFile(), "rw"));
    } catch (IOException e) {
      throw new SliceException(path + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /** The entry up to which all is published; 0 where that is not known. */
  long read() {
    byte[] content = new byte[BYTES];
    try {
      file.seek(0);
      file.readFully(content);
    } catch (IOException e) {
      return 0;
    }
    ByteBuffer bytes = ByteBuffer.wrap(content);
    long number = bytes.getLong();
    return bytes.getInt() == crc(number) ? number : 0;
  }

  void write(long number) throws IOException {
    file.seek(0);
    file.write(ByteBuffer.allocate(BYTES).putLong(number).putInt(crc(number)).array());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static int crc(long number) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    return (int) crc.getValue();
  }
}
