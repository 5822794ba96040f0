package io.faultline.dm.core.map;

import io.faultline.ranges.Varints;

/**
 * Pieces of a map as bytes, four to nine each: the form in which an import travels in parts and is
 * kept. Each part stands for itself; within one, blocks are distances from the end of the piece
 * before, so that what goes on side by side is small.
 *
 * <pre>
 * device number * 2 + 1
 * distance above (zigzag) * 8 + several * 4 + marked * 2 | distance below (zigzag) | count, if several
 * </pre>
 */
public final class PackedPieces implements PieceSink {

  /** A part is closed as soon as it is this large. */
  public static final int PART_BYTES = 256 * 1024;

  private static final int SEVERAL = 4;
  private static final int MARKED = 2;
  private static final int DEVICE = 1;

  private final Varints.Writer out = new Varints.Writer(PART_BYTES + 64);
  private long device = -1;
  private boolean deviceIsSaid;
  private long originEnd;
  private long dataEnd;

  @Override
  public void device(long deviceId) {
    device = deviceId;
    sayDevice();
  }

  private void sayDevice() {
    out.number(2 * device + DEVICE);
    deviceIsSaid = true;
    originEnd = 0;
    dataEnd = 0;
  }

  @Override
  public void add(long originBlock, long dataBlock, long blockCount, boolean marked) {
    if (!deviceIsSaid) {
      sayDevice();
    }
    boolean several = blockCount > 1;
    out.number(
        zigzag(originBlock - originEnd) << 3 | (several ? SEVERAL : 0) | (marked ? MARKED : 0));
    out.number(zigzag(dataBlock - dataEnd));
    if (several) {
      out.number(blockCount);
    }
    originEnd = originBlock + blockCount;
    dataEnd = dataBlock + blockCount;
  }

  /** Whether the part should be {@link #take taken}. */
  public boolean isFull() {
    return out.length() >= PART_BYTES;
  }

  public boolean isEmpty() {
    return out.length() == 0;
  }

  /** The part so far; the next one begins. */
  public byte[] take() {
    byte[] part = out.toBytes();
    out.clear();
    deviceIsSaid = false;
    return part;
  }

  /**
   * Adds the pieces of a part to {@code sink}.
   *
   * @throws IllegalArgumentException if it is no such part
   */
  public static void unpack(byte[] part, PieceSink sink) {
    Varints.Reader in = new Varints.Reader(part);
    long originEnd = 0;
    long dataEnd = 0;
    while (in.hasMore()) {
      long head = in.number();
      if ((head & DEVICE) != 0) {
        sink.device(head >>> 1);
        originEnd = 0;
        dataEnd = 0;
        continue;
      }
      long origin = originEnd + unzigzag(head >>> 3);
      long data = dataEnd + unzigzag(in.number());
      long count = (head & SEVERAL) != 0 ? in.number() : 1;
      sink.add(origin, data, count, (head & MARKED) != 0);
      originEnd = origin + count;
      dataEnd = data + count;
    }
  }

  private static long zigzag(long distance) {
    return distance << 1 ^ distance >> 63;
  }

  private static long unzigzag(long number) {
    return number >>> 1 ^ -(number & 1);
  }
}
