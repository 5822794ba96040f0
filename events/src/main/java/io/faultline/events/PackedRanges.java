package io.faultline.events;

import io.faultline.ranges.Extents;
import java.io.ByteArrayOutputStream;
import java.util.Base64;

/**
 * Ranges as LEB128 varints: for each range the distance from the end of the one before (from 0 for
 * the first) and its count. About 3.3 bytes a range for sparse sets, against 31 as JSON objects.
 */
public final class PackedRanges {

  private PackedRanges() {}

  public static byte[] pack(Extents ranges) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(4 * ranges.rangeCount() + 8);
    long end = 0;
    for (int i = 0; i < ranges.rangeCount(); i++) {
      writeVarint(packed, ranges.startSector(i) - end);
      writeVarint(packed, ranges.sectorCount(i));
      end = ranges.endSector(i);
    }
    return packed.toByteArray();
  }

  /**
   * @throws IllegalArgumentException if a number is cut off or too long, a count is 0, ranges
   *     touch, or an end is past 2^63 - 1
   */
  public static Extents unpack(byte[] packed) {
    Extents.Builder ranges = Extents.builder();
    Reader reader = new Reader(packed);
    long end = 0;
    boolean first = true;
    while (reader.position < packed.length) {
      long distance = reader.varint();
      long count = reader.varint();
      if (count == 0 || (distance == 0 && !first)) {
        throw new IllegalArgumentException(
            "packed ranges are not empty and do not touch, but the one at byte "
                + reader.position
                + " does");
      }
      long start = end + distance;
      if (start < end) {
        throw new IllegalArgumentException("a packed range starts past 2^63 - 1");
      }
      ranges.add(start, count);
      end = start + count;
      first = false;
    }
    return ranges.build();
  }

  public static String toText(Extents ranges) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(pack(ranges));
  }

  /**
   * @throws IllegalArgumentException if it is no base64url, or as {@link #unpack}
   */
  public static Extents fromText(String text) {
    return unpack(Base64.getUrlDecoder().decode(text));
  }

  private static void writeVarint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static final class Reader {
    private final byte[] bytes;
    private int position;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    long varint() {
      long value = 0;
      // 9 groups of 7 bits are 63 bits: all that a sector number can have.
      for (int shift = 0; shift < 63; shift += 7) {
        if (position == bytes.length) {
          throw new IllegalArgumentException("packed ranges end in the middle of a number");
        }
        byte next = bytes[position++];
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new IllegalArgumentException("a packed number has more than 63 bits");
    }
  }
}
