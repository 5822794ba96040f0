package io.faultline.dm.core.map;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Collects the pieces of a {@link BlockMap} in any order. Pieces that continue the one before are
 * joined with it. Not for several threads.
 */
public final class BlockMapBuilder implements PieceSink {

  private static final int FIRST_CAPACITY = 64;

  private int pieces;
  private BlockColumn data = new BlockColumn(FIRST_CAPACITY);
  private BlockColumn origin = new BlockColumn(FIRST_CAPACITY);
  private int[] lengths = new int[FIRST_CAPACITY];
  private char[] devices = new char[FIRST_CAPACITY];
  private final Map<Long, Integer> places = new HashMap<>();
  private int device = -1;

  /** A map, or why it is none. */
  public sealed interface Built {

    record Ok(BlockMap map) implements Built {}

    /** A block above that lies at two places. */
    record MappedTwice(long deviceId, long originBlock) implements Built {}
  }

  /**
   * @throws IllegalArgumentException if that is more than {@link BlockMap#MAX_DEVICES}
   */
  @Override
  public void device(long deviceId) {
    Integer place = places.get(deviceId);
    if (place == null) {
      if (places.size() == BlockMap.MAX_DEVICES) {
        throw new IllegalArgumentException(
            "a map has " + BlockMap.MAX_DEVICES + " devices at most");
      }
      place = places.size();
      places.put(deviceId, place);
    }
    device = place;
  }

  /**
   * @throws IllegalArgumentException if it reaches past {@link BlockMap#MAX_BLOCKS}
   */
  @Override
  public void add(long originBlock, long dataBlock, long blockCount, boolean marked) {
    if (blockCount < 1
        || originBlock < 0
        || dataBlock < 0
        || originBlock > BlockMap.MAX_BLOCKS - blockCount
        || dataBlock > BlockMap.MAX_BLOCKS - blockCount) {
      throw new IllegalArgumentException(
          "no piece of blocks: " + originBlock + " " + dataBlock + " " + blockCount);
    }
    if (device < 0) {
      throw new IllegalStateException("a piece is of a device");
    }
    // A length has 31 bits; longer runs are several pieces.
    long done = 0;
    while (done < blockCount) {
      int length = (int) Math.min(blockCount - done, Integer.MAX_VALUE);
      if (!continuesTheLast(originBlock + done, dataBlock + done, length, marked)) {
        append(originBlock + done, dataBlock + done, length, marked);
      }
      done += length;
    }
  }

  private boolean continuesTheLast(long originBlock, long dataBlock, int length, boolean marked) {
    int last = pieces - 1;
    if (last < 0 || devices[last] != device || lengths[last] < 0 != marked) {
      return false;
    }
    long lastLength = lengths[last] & Integer.MAX_VALUE;
    if (origin.get(last) + lastLength != originBlock
        || data.get(last) + lastLength != dataBlock
        || lastLength + length > Integer.MAX_VALUE) {
      return false;
    }
    lengths[last] += length;
    return true;
  }

  private void append(long originBlock, long dataBlock, int length, boolean marked) {
    if (pieces == lengths.length) {
      int capacity = (int) Math.min(pieces + (pieces >> 1) + 1L, Integer.MAX_VALUE - 8);
      data.resize(capacity);
      origin.resize(capacity);
      lengths = Arrays.copyOf(lengths, capacity);
      devices = Arrays.copyOf(devices, capacity);
    }
    origin.set(pieces, originBlock);
    data.set(pieces, dataBlock);
    lengths[pieces] = BlockMap.marked(length, marked);
    devices[pieces] = (char) device;
    pieces++;
  }

  public int pieceCount() {
    return pieces;
  }

  /** The map of all that was added; the builder is used up. */
  public Built build() {
    BlockMap map = buildUnchecked();
    return map.firstMappedTwice() instanceof Built.MappedTwice twice ? twice : new Built.Ok(map);
  }

  BlockMap buildUnchecked() {
    long[] deviceIds = places.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
    renumberDevices(deviceIds);
    BlockColumn allData = data;
    int[] order = RadixOrder.by(RadixOrder.asTheyCome(pieces), allData::get);
    BlockColumn dataInOrder = data.inOrder(order);
    data = new BlockColumn(0);
    BlockColumn originInOrder = origin.inOrder(order);
    origin = new BlockColumn(0);
    int[] lengthsInOrder = new int[pieces];
    for (int i = 0; i < pieces; i++) {
      lengthsInOrder[i] = lengths[order[i]];
    }
    lengths = new int[0];
    char[] devicesInOrder = new char[pieces];
    for (int i = 0; i < pieces; i++) {
      devicesInOrder[i] = devices[order[i]];
    }
    devices = new char[0];
    int[] sections = sections(devicesInOrder, deviceIds.length);
    int[] byOrigin =
        RadixOrder.by(
            RadixOrder.by(RadixOrder.asTheyCome(pieces), originInOrder::get),
            i -> devicesInOrder[i]);
    pieces = 0;
    return new BlockMap(
        dataInOrder,
        originInOrder,
        lengthsInOrder,
        deviceIds.length > 1 ? devicesInOrder : null,
        byOrigin,
        sections,
        deviceIds);
  }

  /** From the order in which devices came to the order of their numbers. */
  private void renumberDevices(long[] deviceIds) {
    char[] renumbered = new char[places.size()];
    places.forEach((id, place) -> renumbered[place] = (char) Arrays.binarySearch(deviceIds, id));
    for (int i = 0; i < pieces; i++) {
      devices[i] = renumbered[devices[i]];
    }
  }

  private static int[] sections(char[] devices, int deviceCount) {
    int[] sections = new int[deviceCount + 1];
    for (char each : devices) {
      sections[each + 1]++;
    }
    for (int i = 0; i < deviceCount; i++) {
      sections[i + 1] += sections[i];
    }
    return sections;
  }
}
