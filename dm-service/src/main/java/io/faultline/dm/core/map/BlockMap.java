package io.faultline.dm.core.map;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks of a lower device hold which blocks of the devices above it: of every thin device of
 * a pool, or of the one volume of any other target. Immutable; a lookup allocates nothing.
 *
 * <p>A piece is a run of blocks that lie side by side on both sides. The pieces stand in flat
 * arrays, ordered by where they begin below; a list of indexes orders them by device and by where
 * they begin above. Several pieces may share blocks below (snapshots of thin devices, deduplicated
 * blocks of a vdo), none of one device shares blocks above.
 *
 * <pre>
 * below       | 0 | 1 | 2 | 3 | 4 |
 * device 0    | 7   8 |       | 2 |
 * device 1        | 0   1   2 |
 * </pre>
 *
 * A piece takes 16 bytes, 18 with several devices, and 2 more for each side that has block numbers
 * from 2^32 up.
 */
public final class BlockMap {

  /** Block numbers are below this: 2^48 blocks of 4 KiB are a zebibyte. */
  public static final long MAX_BLOCKS = 1L << 48;

  /** Devices of a map; the kernel could number 2^24 in a pool. */
  public static final int MAX_DEVICES = 65_535;

  /** Nothing is mapped, and no device is known. */
  public static final BlockMap EMPTY = new BlockMapBuilder().buildUnchecked();

  private static final int MARK = 1 << 31;

  private final int pieces;
  private final BlockColumn data;
  private final BlockColumn origin;
  private final int[] lengths;
  private final char @Nullable [] devices;
  private final int[] byOrigin;
  private final int[] sections;
  private final long[] deviceIds;
  private final @Nullable EndTree ends;
  private final long mappedBlocks;

  /**
   * @param data where pieces begin below, ascending
   * @param lengths with {@link #MARK} where the piece is marked
   * @param devices the index of each piece's device; null if there is only one
   * @param byOrigin the pieces of device d, ascending above, stand from {@code sections[d]} on
   * @param deviceIds ascending
   */
  BlockMap(
      BlockColumn data,
      BlockColumn origin,
      int[] lengths,
      char @Nullable [] devices,
      int[] byOrigin,
      int[] sections,
      long[] deviceIds) {
    this.pieces = lengths.length;
    this.data = data;
    this.origin = origin;
    this.lengths = lengths;
    this.devices = devices;
    this.byOrigin = byOrigin;
    this.sections = sections;
    this.deviceIds = deviceIds;
    boolean overlap = false;
    long mapped = 0;
    for (int i = 0; i < pieces; i++) {
      mapped += length(i);
      overlap |= i > 0 && dataEnd(i - 1) > data.get(i);
    }
    this.mappedBlocks = mapped;
    this.ends = overlap ? new EndTree(pieces, this::dataEnd) : null;
  }

  static int marked(int length, boolean marked) {
    return marked ? length | MARK : length;
  }

  public int pieceCount() {
    return pieces;
  }

  /** Blocks above that are mapped, over all devices. */
  public long mappedBlocks() {
    return mappedBlocks;
  }

  public int deviceCount() {
    return deviceIds.length;
  }

  /** The number that a device has in the pool, by its place here. */
  public long deviceId(int device) {
    return deviceIds[device];
  }

  /** The place of a device here; negative if it is not known. */
  public int deviceOf(long deviceId) {
    return Arrays.binarySearch(deviceIds, deviceId);
  }

  public int pieceCount(int device) {
    return sections[device + 1] - sections[device];
  }

  /** Whether a block below is held for more than one block above. */
  public boolean sharesBlocks() {
    return ends != null;
  }

  /** How many bytes the arrays take. */
  public long bytes() {
    return data.bytes()
        + origin.bytes()
        + 4L * lengths.length
        + (devices == null ? 0 : 2L * devices.length)
        + 4L * byOrigin.length
        + 4L * sections.length
        + 8L * deviceIds.length
        + (ends == null ? 0 : ends.bytes());
  }

  /**
   * The way up: every piece of a device that lies in {@code [dataBlock, dataBlock + blockCount)},
   * cut to it. In ascending order above if the range holds much of the device, else in ascending
   * order below.
   */
  public void inverse(int device, long dataBlock, long blockCount, PieceConsumer out) {
    long end = dataBlock + blockCount;
    int first = firstBeginningAt(dataBlock);
    int quarter = first + pieceCount(device) / 4;
    if (quarter < pieces && data.get(quarter) < end) {
      for (int i = sections[device]; i < sections[device + 1]; i++) {
        emitInData(byOrigin[i], dataBlock, end, out);
      }
    } else if (ends == null) {
      boolean before = first > 0 && dataEnd(first - 1) > dataBlock;
      inverse(device, before ? first - 1 : first, pieces, dataBlock, end, out);
    } else {
      int run = ends.nextEndingAfter(dataBlock, 0);
      while (run >= 0 && data.get(run * EndTree.RUN) < end) {
        int from = run * EndTree.RUN;
        inverse(device, from, Math.min(from + EndTree.RUN, pieces), dataBlock, end, out);
        run = ends.nextEndingAfter(dataBlock, run + 1);
      }
    }
  }

  /** Goes through pieces in their order below, up to one that begins at {@code end} or later. */
  private void inverse(
      int device, int fromPiece, int toPiece, long dataBlock, long end, PieceConsumer out) {
    for (int i = fromPiece; i < toPiece && data.get(i) < end; i++) {
      if (devices == null || devices[i] == device) {
        emitInData(i, dataBlock, end, out);
      }
    }
  }

  /** The way down: every piece of a device in a range above, cut to it, ascending. */
  public void forward(int device, long originBlock, long blockCount, PieceConsumer out) {
    long end = originBlock + blockCount;
    for (int i = firstEndingAfter(device, originBlock); i < sections[device + 1]; i++) {
      int piece = byOrigin[i];
      long begin = origin.get(piece);
      if (begin >= end) {
        return;
      }
      long from = Math.max(begin, originBlock);
      long to = Math.min(begin + length(piece), end);
      out.piece(from, data.get(piece) + from - begin, to - from, isMarked(piece));
    }
  }

  /** One past the last block above that is mapped for a device; 0 if none is. */
  public long originEnd(int device) {
    return pieceCount(device) == 0 ? 0 : originEndOf(byOrigin[sections[device + 1] - 1]);
  }

  /** A block above that lies at two places; null if none does. */
  BlockMapBuilder.Built.@Nullable MappedTwice firstMappedTwice() {
    for (int device = 0; device < deviceIds.length; device++) {
      for (int i = sections[device] + 1; i < sections[device + 1]; i++) {
        if (originEndOf(byOrigin[i - 1]) > origin.get(byOrigin[i])) {
          return new BlockMapBuilder.Built.MappedTwice(deviceIds[device], origin.get(byOrigin[i]));
        }
      }
    }
    return null;
  }

  private void emitInData(int piece, long dataBlock, long end, PieceConsumer out) {
    // piece      |-------------|
    // asked   |---------|
    // told       |------|
    long begin = data.get(piece);
    long from = Math.max(begin, dataBlock);
    long to = Math.min(begin + length(piece), end);
    if (from < to) {
      out.piece(origin.get(piece) + from - begin, from, to - from, isMarked(piece));
    }
  }

  private int length(int piece) {
    return lengths[piece] & ~MARK;
  }

  private boolean isMarked(int piece) {
    return lengths[piece] < 0;
  }

  private long dataEnd(int piece) {
    return data.get(piece) + length(piece);
  }

  private long originEndOf(int piece) {
    return origin.get(piece) + length(piece);
  }

  /** The first piece that begins at a block below or after it. */
  private int firstBeginningAt(long dataBlock) {
    int low = 0;
    int high = pieces;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (data.get(middle) < dataBlock) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The place in {@link #byOrigin} of the first piece of a device that ends after a block. */
  private int firstEndingAfter(int device, long originBlock) {
    int low = sections[device];
    int high = sections[device + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (originEndOf(byOrigin[middle]) <= originBlock) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BlockMap map
        && data.equals(map.data)
        && origin.equals(map.origin)
        && Arrays.equals(lengths, map.lengths)
        && Arrays.equals(devices, map.devices)
        && Arrays.equals(sections, map.sections)
        && Arrays.equals(deviceIds, map.deviceIds);
  }

  @Override
  public int hashCode() {
    return 31 * data.hashCode() + origin.hashCode();
  }

  @Override
  public String toString() {
    return pieces + " pieces of " + deviceIds.length + " devices";
  }
}
