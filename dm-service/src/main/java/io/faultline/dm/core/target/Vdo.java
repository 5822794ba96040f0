package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.RangeConsumer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code vdo V4 <storage device> <storage blocks> <512|4096> <block map cache> <era length> [<key>
 * <value>]...}: a device on which equal blocks are kept once. The kernel's {@code
 * drivers/md/dm-vdo/dm-vdo-target.c}, whose versions 2 and 3 have words that it skips. Where its
 * own metadata lies on the storage nobody tells, so a bad block that the map does not know is
 * nothing to anybody.
 *
 * @param words after the storage device, as they were written: so the kernel prints them
 */
record Vdo(
    long sectorCount,
    String version,
    String storage,
    long storageBlocks,
    List<String> words,
    SectorMap map)
    implements Importable {

  private static final long BLOCK_SECTORS = 8;
  private static final int MIN_CACHE_BLOCKS_PER_ZONE = 2 * 2048;

  /** The words that each version has at least, after its own. */
  private static final Map<String, Integer> MIN_WORDS = Map.of("V2", 8, "V3", 6, "V4", 5);

  private static final Set<String> SWITCHES = Set.of("deduplication", "compression");
  private static final Set<String> ZONES = Set.of("logical", "physical", "hash");
  private static final String FORM =
      "the arguments are: V4 storage-device storage-blocks 512|4096 cache-blocks era-length [key"
          + " value]...";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "vdo";
        }

        @Override
        public boolean singleton() {
          return true;
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (sectorCount % BLOCK_SECTORS != 0) {
            return Parsed.invalid(
                "Logical size must be a multiple of 4096",
                sectorCount + " sectors are no multiple of 8");
          }
          if (arguments.count() == 0) {
            return Parsed.invalid("Incorrect number of arguments", FORM);
          }
          String version = arguments.words().get(0);
          Integer minWords = MIN_WORDS.get(version);
          if (minWords == null) {
            return Parsed.invalid("Unknown version number string", "it is V2, V3 or V4");
          }
          if (arguments.count() < 1 + minWords) {
            return Parsed.invalid("Incorrect number of arguments for version", FORM);
          }
          Parsed refused = readNumbers(arguments, 1 + minWords);
          if (refused != null) {
            return refused;
          }
          return arguments.device(1) instanceof DeviceLookup.Answer.Found storage
              ? new Parsed.Ok(
                  new Vdo(
                      sectorCount,
                      version,
                      storage.name(),
                      arguments.number(2),
                      List.copyOf(arguments.words().subList(2, arguments.count())),
                      SectorMap.empty(BLOCK_SECTORS)))
              : Parsed.notFound("Unable to open storage device", arguments.device(1));
        }
      };

  private static @Nullable Parsed readNumbers(Arguments arguments, int firstOption) {
    long blocks = arguments.number(2);
    if (blocks == Arguments.NO_NUMBER || blocks == 0 || blocks > BlockMap.MAX_BLOCKS) {
      return Parsed.invalid("Invalid physical block count", "it is a number of blocks of 4 KiB");
    }
    String logical = arguments.words().get(3);
    if (!logical.equals("512") && !logical.equals("4096")) {
      return Parsed.invalid("Invalid logical block size", "it is 512 or 4096");
    }
    long cache = arguments.unsignedInt(4);
    if (cache == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid block map page cache size", "it is a number of blocks");
    }
    if (arguments.unsignedInt(5) == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid block map maximum age", "it is a number");
    }
    List<String> options = arguments.words().subList(firstOption, arguments.count());
    return options.size() % 2 == 1
        ? Parsed.invalid(
            "Odd number of optional arguments given but they should be <key> <value> pairs", FORM)
        : readOptions(options, cache);
  }

  private static @Nullable Parsed readOptions(List<String> options, long cacheBlocks) {
    Map<String, Long> zones = new HashMap<>();
    for (int i = 0; i < options.size(); i += 2) {
      String key = options.get(i);
      String value = options.get(i + 1);
      long number = Arguments.parse(value);
      boolean ok =
          SWITCHES.contains(key)
              ? value.equals("on") || value.equals("off")
              : number != Arguments.NO_NUMBER && !(key.equals("maxDiscard") && number == 0);
      if (!ok) {
        return Parsed.invalid("Invalid optional argument configuration", key + " is not " + value);
      }
      if (ZONES.contains(key)) {
        zones.put(key, number);
      }
    }
    long inUse = zones.values().stream().filter(zone -> zone > 0).count();
    if (inUse != 0 && inUse != ZONES.size()) {
      return Parsed.invalid(
          "Logical, physical, and hash zones counts must all be zero or all non-zero",
          "they are " + zones);
    }
    return cacheBlocks < MIN_CACHE_BLOCKS_PER_ZONE * zones.getOrDefault("logical", 0L)
        ? Parsed.invalid(
            "Insufficient block map cache for logical zones", "a zone needs 4096 blocks")
        : null;
  }

  @Override
  public String arguments() {
    return version + " " + storage + " " + String.join(" ", words);
  }

  @Override
  public List<Leg> legs() {
    return List.of(new Leg(storage, 0, storageBlocks * BLOCK_SECTORS));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    map.forward(
        offset,
        count,
        (at, data, length, marked) -> out.piece(at, length, storage, data),
        (at, length) -> out.hole(at, length, HoleKind.ZERO));
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    map.inverse(
        legOffset,
        count,
        (at, data, length, marked) -> {
          if (at < sectorCount) {
            out.accept(at, Math.min(length, sectorCount - at));
          }
        });
  }

  @Override
  public Form form() {
    return Form.PAIRS;
  }

  @Override
  public long blockSectors() {
    return BLOCK_SECTORS;
  }

  @Override
  public long originBlocks() {
    return sectorCount / BLOCK_SECTORS;
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return storageBlocks;
  }

  @Override
  public boolean sharesBlocks() {
    return true;
  }

  @Override
  public Target imported(BlockMap blocks, ToLongFunction<String> sectorsOf) {
    return new Vdo(
        sectorCount, version, storage, storageBlocks, words, SectorMap.of(blocks, BLOCK_SECTORS));
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
