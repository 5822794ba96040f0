package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code snapshot <origin> <COW device> <P|PO|N> <chunk sectors> [<#features> <features>]}: a
 * device as it was, the chunks that changed since kept on another. The kernel's {@code
 * drivers/md/dm-snap.c} and {@code drivers/md/dm-snap-persistent.c}. {@code snapshot-merge}, on the
 * way back into the origin, reads the same way.
 *
 * <p>The COW device of a persistent store begins with a header and has a chunk of metadata before
 * every so many chunks of data. Without one that is in use the whole snapshot is invalid.
 *
 * <pre>
 * chunk   0 header | 1 metadata | 2 ... data | metadata | data ...
 *                               |-- as many as a chunk has entries of 16 bytes
 * </pre>
 *
 * @param store {@code P}, {@code PO} or {@code N}
 */
record Snapshot(
    long sectorCount,
    String origin,
    String cow,
    String store,
    long blockSectors,
    List<String> features,
    SectorMap map)
    implements Importable {

  private static final int ORIGIN = 0;
  private static final int COW = 1;

  private static final int MAX_FEATURES = 2;
  private static final String ZEROES = "discard_zeroes_cow";
  private static final String PASSDOWN = "discard_passdown_origin";
  private static final int ENTRY_BYTES = 16;
  private static final int SECTOR_BYTES = 512;

  /** The kernel's {@code DM_CHUNK_SIZE_DEFAULT_SECTORS}. */
  private static final long DEFAULT_CHUNK_SECTORS = 32;

  private static final long MAX_CHUNK_SECTORS = Integer.MAX_VALUE / SECTOR_BYTES;

  static final TargetType TYPE = new Type("snapshot");
  static final TargetType MERGE_TYPE = new Type("snapshot-merge");

  private record Type(String name) implements TargetType {
    @Override
    public Parsed parse(long sectorCount, Arguments arguments) {
      if (arguments.count() < 4) {
        return Parsed.invalid(
            "requires 4 or more arguments",
            "the arguments are: origin cow-device P|PO|N chunk-sectors [#features features]");
      }
      List<String> features = new ArrayList<>();
      Parsed refused = readFeatures(new ArgumentCursor(arguments, 4), features);
      if (refused != null) {
        return refused;
      }
      if (!(arguments.device(0) instanceof DeviceLookup.Answer.Found origin)) {
        return Parsed.notFound("Cannot get origin device", arguments.device(0));
      }
      if (!(arguments.device(1) instanceof DeviceLookup.Answer.Found cow)) {
        return Parsed.notFound("Cannot get COW device", arguments.device(1));
      }
      if (origin.name().equals(cow.name())) {
        return Parsed.invalid(
            "COW device cannot be the same as origin device", "they are two different devices");
      }
      String store = arguments.words().get(2).toUpperCase(Locale.ROOT);
      long chunk = chunkSectors(store, arguments.unsignedInt(3));
      if (chunk == Arguments.NO_NUMBER) {
        return Parsed.invalid(
            "Couldn't create exception store",
            "a store is P, PO or N, its chunk a power of 2 of sectors");
      }
      return new Parsed.Ok(
          new Snapshot(
              sectorCount,
              origin.name(),
              cow.name(),
              store.startsWith("N") ? "N" : store,
              chunk,
              List.copyOf(features),
              SectorMap.empty(chunk)));
    }
  }

  private static long chunkSectors(String store, long written) {
    boolean persistent = store.equals("P") || store.equals("PO");
    if (!persistent && !store.startsWith("N")) {
      return Arguments.NO_NUMBER;
    }
    long chunk = written == 0 && persistent ? DEFAULT_CHUNK_SECTORS : written;
    return chunk > 0 && chunk <= MAX_CHUNK_SECTORS && Long.bitCount(chunk) == 1
        ? chunk
        : Arguments.NO_NUMBER;
  }

  private static @Nullable Parsed readFeatures(ArgumentCursor words, List<String> features) {
    if (words.left() == 0) {
      return null;
    }
    long count = words.readGroup(0, MAX_FEATURES);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of feature arguments", "their number, 0 to 2, comes before them");
    }
    for (int i = 0; i < count; i++) {
      String word = String.valueOf(words.shift()).toLowerCase(Locale.ROOT);
      if (!word.equals(ZEROES) && !word.equals(PASSDOWN)) {
        return Parsed.invalid(
            "Unrecognised feature requested", "features are: " + ZEROES + " " + PASSDOWN);
      }
      if (!features.contains(word)) {
        features.add(word);
      }
    }
    features.sort(Comparator.reverseOrder());
    return features.contains(PASSDOWN) && !features.contains(ZEROES)
        ? Parsed.invalid(
            "discard_passdown_origin feature depends on discard_zeroes_cow",
            ZEROES + " comes with it")
        : null;
  }

  @Override
  public String arguments() {
    String line = origin + " " + cow + " " + store + " " + blockSectors;
    return features.isEmpty()
        ? line
        : line + " " + features.size() + " " + String.join(" ", features);
  }

  @Override
  public List<Leg> legs() {
    return List.of(new Leg(origin, 0, sectorCount), Leg.whole(cow, LegRole.DATA));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    map.forward(
        offset,
        count,
        (at, data, length, marked) -> out.piece(at, length, cow, data),
        (at, length) -> out.piece(at, length, origin, at));
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == ORIGIN) {
      map.forward(legOffset, count, (at, data, length, marked) -> {}, out);
    } else {
      map.inverse(
          legOffset,
          count,
          (at, data, length, marked) -> {
            if (at < sectorCount) {
              out.accept(at, Math.min(length, sectorCount - at));
            }
          });
    }
  }

  @Override
  public boolean joint() {
    return true;
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    if (!store.equals("N") && hitsMetadata(bad.get(COW))) {
      out.accept(Effect.TARGET_FAILED, 0, sectorCount);
    } else {
      Importable.super.answer(bad, absent, out);
    }
  }

  /** Whether a sector of the header or of an area of metadata in use is bad. */
  private boolean hitsMetadata(Extents badCow) {
    long perArea = blockSectors * SECTOR_BYTES / ENTRY_BYTES;
    // The last area that is read is the one in which the entries end.
    long lastArea = map.blocks().mappedBlocks() / perArea;
    for (int i = 0; i < badCow.rangeCount(); i++) {
      long first = badCow.startSector(i) / blockSectors;
      long last = (badCow.endSector(i) - 1) / blockSectors;
      // Areas are at 1, 1 + (n + 1), 1 + 2 (n + 1), ...: the first one at or after this chunk.
      long area = first <= 1 ? 0 : (first - 1 + perArea) / (perArea + 1);
      if (first == 0 || (area <= lastArea && 1 + area * (perArea + 1) <= last)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Form form() {
    return Form.PAIRS;
  }

  @Override
  public long originBlocks() {
    return Importable.blocksOf(sectorCount, blockSectors);
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return sectorsOf.applyAsLong(cow) / blockSectors;
  }

  @Override
  public boolean sharesBlocks() {
    return false;
  }

  @Override
  public Target imported(BlockMap blocks, ToLongFunction<String> sectorsOf) {
    return new Snapshot(
        sectorCount,
        origin,
        cow,
        store,
        blockSectors,
        features,
        SectorMap.of(blocks, blockSectors));
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ;
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
