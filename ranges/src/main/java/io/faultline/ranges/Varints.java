package io.faultline.ranges;

import java.util.Arrays;

/** LEB128 numbers in growing arrays: what imported maps and lists travel and are kept as. */
public final class Varints {

  private Varints() {}

  /** Writes numbers from 0 up. */
  public static final class Writer {
    private byte[] bytes;
    private int length;

    public Writer(int expectedBytes) {
      bytes = new byte[expectedBytes];
    }

    public int length() {
      return length;
    }

    public void number(long value) {
      room(10);
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        bytes[length++] = (byte) ((rest & 0x7F) | 0x80);
        rest >>>= 7;
      }
      bytes[length++] = (byte) rest;
    }

    public void raw(byte[] more) {
      room(more.length);
      System.arraycopy(more, 0, bytes, length, more.length);
      length += more.length;
    }

    private void room(int needed) {
      if (bytes.length - length < needed) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + needed));
      }
    }

    public byte[] toBytes() {
      return Arrays.copyOf(bytes, length);
    }

    public void clear() {
      length = 0;
    }
  }

  /** Reads what {@link Writer} wrote. */
  public static final class Reader {
    private final byte[] bytes;
    private int position;

    public Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    public boolean hasMore() {
      return position < bytes.length;
    }

    public int position() {
      return position;
    }

    public void skip(int count) {
      position += count;
      if (count < 0 || position > bytes.length) {
        throw new IllegalArgumentException("packed bytes are cut off");
      }
    }

    /**
     * @throws IllegalArgumentException if the number is cut off or has more than 63 bits
     */
    public long number() {
      long value = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        if (position == bytes.length) {
          throw new IllegalArgumentException("packed bytes end in the middle of a number");
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
