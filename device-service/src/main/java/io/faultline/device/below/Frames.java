package io.faultline.device.below;

import io.faultline.runtime.SealedCodec;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Records one after another in a file: length (4 bytes), CRC32C of what follows (4 bytes), the
 * record.
 */
final class Frames {

  static final int HEADER_BYTES = 8;

  /** A longer one is damage, not a record. */
  static final int MAX_RECORD_BYTES = 256 * 1024 * 1024;

  private static final SealedCodec<JournalRecord> CODEC = new SealedCodec<>(JournalRecord.class);

  private Frames() {}

  static byte[] encode(JournalRecord record) {
    byte[] payload = CODEC.encode(record);
    if (payload.length > MAX_RECORD_BYTES) {
      throw new IllegalArgumentException("a record of " + payload.length + " bytes");
    }
    return ByteBuffer.allocate(HEADER_BYTES + payload.length)
        .putInt(payload.length)
        .putInt(crc(payload))
        .put(payload)
        .array();
  }

  /** The next record; null where the file ends or is torn. */
  static @Nullable JournalRecord read(DataInputStream in) throws IOException {
    try {
      int length = in.readInt();
      int crc = in.readInt();
      if (length <= 0 || length > MAX_RECORD_BYTES) {
        return null;
      }
      byte[] payload = in.readNBytes(length);
      if (payload.length < length || crc(payload) != crc) {
        return null;
      }
      return CODEC.decode(payload);
    } catch (EOFException e) {
      return null;
    }
  }

  private static int crc(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }
}
