package io.faultline.device.below;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What stands before a record, under a checksum of its own: whoever cannot read the record any more
 * still knows what it was about, how many events were in it, and where the next one begins.
 *
 * <pre>
 * magic (4)  length of the header (4)  kind (1)  number (8)  durable (8)  sequence (8)  events (4)
 * length of the payload (4)  CRC32C of the payload (4)
 * host (2 + UTF-8)  how many devices (4)  each device (2 + UTF-8)
 * CRC32C of all that (4)
 * </pre>
 *
 * @param number of the entry, or of the record in its snapshot, from 0
 * @param durable the last entry that was known to be on the disk when this was written; in the
 *     first record of a snapshot the last entry that is in it
 * @param sequence of the last event before the record's own
 * @param host empty where it is about none
 * @param devices whose facts or events the record holds, ascending
 */
record FrameHeader(
    Kind kind,
    long number,
    long durable,
    long sequence,
    int events,
    String host,
    List<String> devices,
    int payloadBytes,
    int payloadCrc) {

  enum Kind {
    ENTRY,
    SNAPSHOT_BEGINS,
    SNAPSHOT_FACT,
    SNAPSHOT_ENDS
  }

  static final byte[] MAGIC = {'F', 'L', 'T', '2'};

  /** Magic and length: so much must be read to know how much more to read. */
  static final int PREFIX_BYTES = 8;

  private static final int FIXED_BYTES = PREFIX_BYTES + 1 + 8 + 8 + 8 + 4 + 4 + 4;

  /** A longer one is damage: a thousand devices of the longest name take 65 KiB. */
  private static final int MAX_BYTES = 1 << 20;

  /**
   * @throws EntryTooLargeException if it is about more devices than a header can name
   */
  byte[] encode() {
    byte[] hostBytes = host.getBytes(UTF_8);
    List<byte[]> names = devices.stream().map(device -> device.getBytes(UTF_8)).toList();
    int length =
        FIXED_BYTES
            + Short.BYTES
            + hostBytes.length
            + Integer.BYTES
            + names.stream().mapToInt(name -> Short.BYTES + name.length).sum()
            + Integer.BYTES;
    if (length > MAX_BYTES) {
      throw new EntryTooLargeException(length, MAX_BYTES);
    }
    ByteBuffer out = ByteBuffer.allocate(length);
    out.put(MAGIC).putInt(length).put((byte) kind.ordinal());
    out.putLong(number).putLong(durable).putLong(sequence).putInt(events);
    out.putInt(payloadBytes).putInt(payloadCrc);
    out.putShort((short) hostBytes.length).put(hostBytes).putInt(names.size());
    names.forEach(name -> out.putShort((short) name.length).put(name));
    out.putInt(crc(out.array(), 0, out.position()));
    return out.array();
  }

  /** How long the header is that begins so; 0 if none does. */
  static int length(byte[] prefix) {
    if (prefix.length < PREFIX_BYTES
        || !Arrays.equals(prefix, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      return 0;
    }
    int length = ByteBuffer.wrap(prefix).getInt(MAGIC.length);
    return length > FIXED_BYTES && length <= MAX_BYTES ? length : 0;
  }

  /** Null if the bytes are not one whole header. */
  static @Nullable FrameHeader decode(byte[] bytes) {
    if (length(bytes) != bytes.length) {
      return null;
    }
    int body = bytes.length - Integer.BYTES;
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt(body) != crc(bytes, 0, body)) {
      return null;
    }
    in.position(PREFIX_BYTES);
    Kind kind = Kind.values()[in.get()];
    long number = in.getLong();
    long durable = in.getLong();
    long sequence = in.getLong();
    int events = in.getInt();
    int payloadBytes = in.getInt();
    int payloadCrc = in.getInt();
    String host = text(in);
    List<String> devices = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      devices.add(text(in));
    }
    return new FrameHeader(
        kind, number, durable, sequence, events, host, devices, payloadBytes, payloadCrc);
  }

  private static String text(ByteBuffer in) {
    byte[] text = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(text);
    return new String(text, UTF_8);
  }

  /** Whether this is the payload that the header is about. */
  boolean isOf(byte[] payload) {
    return payload.length == payloadBytes && crc(payload, 0, payload.length) == payloadCrc;
  }

  static int crc(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
