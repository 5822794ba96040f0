package io.faultline.device.below;

import io.faultline.device.below.FrameHeader.Kind;
import io.faultline.device.below.JournalRecord.Entry;
import io.faultline.device.below.JournalRecord.SnapshotBegins;
import io.faultline.device.below.JournalRecord.SnapshotEnds;
import io.faultline.device.below.JournalRecord.SnapshotFact;
import io.faultline.device.below.JournalRecord.StoredFact;
import io.faultline.device.core.Keys;
import io.faultline.runtime.SealedCodec;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Records as they stand in a file: a {@link FrameHeader} and the record in CBOR. */
final class Frames {

  private static final SealedCodec<JournalRecord> CODEC = new SealedCodec<>(JournalRecord.class);

  private Frames() {}

  /**
   * @param durable the last entry that is known to be on the disk
   * @param sequence of the last event before the entry's own
   */
  static byte[] encode(Entry entry, long durable, long sequence) {
    return frame(
        entry,
        Kind.ENTRY,
        entry.number(),
        durable,
        sequence,
        entry.events().size(),
        entry.host(),
        devices(entry));
  }

  static byte[] encode(SnapshotBegins begins) {
    return frame(
        begins, Kind.SNAPSHOT_BEGINS, 0, begins.number(), begins.sequence(), 0, "", List.of());
  }

  /**
   * @param number of the record in the snapshot
   */
  static byte[] encode(SnapshotFact fact, long number) {
    String device = device(fact.fact());
    return frame(
        fact,
        Kind.SNAPSHOT_FACT,
        number,
        0,
        0,
        0,
        fact.host(),
        device.isEmpty() ? List.of() : List.of(device));
  }

  static byte[] encode(SnapshotEnds ends) {
    return frame(ends, Kind.SNAPSHOT_ENDS, ends.facts() + 1, 0, 0, 0, "", List.of());
  }

  private static byte[] frame(
      JournalRecord record,
      Kind kind,
      long number,
      long durable,
      long sequence,
      int events,
      String host,
      List<String> devices) {
    byte[] payload = CODEC.encode(record);
    int crc = FrameHeader.crc(payload, 0, payload.length);
    byte[] header =
        new FrameHeader(kind, number, durable, sequence, events, host, devices, payload.length, crc)
            .encode();
    return join(header, payload);
  }

  static byte[] join(byte[] header, byte[] payload) {
    byte[] joined = new byte[header.length + payload.length];
    System.arraycopy(header, 0, joined, 0, header.length);
    System.arraycopy(payload, 0, joined, header.length, payload.length);
    return joined;
  }

  /**
   * @throws IllegalArgumentException if this program does not know such a record
   */
  static JournalRecord decode(byte[] payload) {
    return CODEC.decode(payload);
  }

  /** The entry of a whole frame; null if the bytes are damaged. */
  static @Nullable Entry entry(byte[] frame) {
    int length = FrameHeader.length(frame);
    if (length == 0 || length > frame.length) {
      return null;
    }
    FrameHeader header = FrameHeader.decode(Arrays.copyOf(frame, length));
    byte[] payload = Arrays.copyOfRange(frame, length, frame.length);
    return header != null && header.isOf(payload) && decode(payload) instanceof Entry entry
        ? entry
        : null;
  }

  /** The devices that an entry changes or tells of. */
  static List<String> devices(Entry entry) {
    TreeSet<String> devices = new TreeSet<>();
    for (StoredFact fact : entry.facts()) {
      devices.add(device(fact));
    }
    entry.events().forEach(event -> devices.add(deviceOfSource(event.source())));
    devices.remove("");
    return List.copyOf(devices);
  }

  private static String device(StoredFact fact) {
    String key = fact.key();
    if (key.startsWith(Damage.KEY)) {
      return key.substring(Damage.KEY.length());
    }
    return key.charAt(0) == '#' ? "" : Keys.deviceOf(key);
  }

  /** {@code /hosts/<host>/devices/<device>}. */
  private static String deviceOfSource(String source) {
    String[] parts = source.split("/", -1);
    return parts.length == 5 && parts[3].equals("devices") ? parts[4] : "";
  }
}
