package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code writecache <p|s> <origin> <cache device> <block bytes> <#options> [<option>]...}: a device
 * whose newest writes are on another one. The kernel's {@code drivers/md/dm-writecache.c}. Every
 * block of its map is newer than the origin's; what the origin has under it is old.
 *
 * <p>The cache device begins with a superblock and an entry for each block. A block whose entry is
 * bad cannot be found at the next load, so it is as lost as its data would be; without the
 * superblock all are.
 *
 * <pre>
 * bytes  0 superblock | 64 entry 0 | 80 entry 1 | ... | block 0 | block 1 | ...
 *        |------- rounded up to whole blocks ---------|
 * </pre>
 *
 * @param mode {@code p} for persistent memory, {@code s} for anything else
 * @param options by name, in the kernel's order; a flag's value is null
 * @param metadataBlocks before the first block of data
 */
record WriteCache(
    long sectorCount,
    String mode,
    String origin,
    String cache,
    int blockBytes,
    Map<String, String> options,
    SectorMap map,
    long metadataBlocks)
    implements WritesBack {

  private static final int ORIGIN = 0;
  private static final int CACHE = 1;

  private static final int SECTOR_BYTES = 512;
  private static final int PAGE_BYTES = 4096;
  private static final int SUPERBLOCK_BYTES = 64;
  private static final int ENTRY_BYTES = 16;
  private static final int MAX_OPTION_WORDS = 18;
  private static final long MAX_UNSIGNED_INT = 0xFFFF_FFFFL;
  private static final String START_SECTOR = "start_sector";
  private static final int DEFAULT_HIGH_WATERMARK = 50;
  private static final int DEFAULT_LOW_WATERMARK = 45;

  /** Options with a value and the most that it may be, in the kernel's order. */
  private static final List<Map.Entry<String, Long>> VALUES =
      List.of(
          Map.entry(START_SECTOR, Long.MAX_VALUE),
          Map.entry("high_watermark", 100L),
          Map.entry("low_watermark", 100L),
          Map.entry("writeback_jobs", MAX_UNSIGNED_INT),
          Map.entry("autocommit_blocks", MAX_UNSIGNED_INT),
          Map.entry("autocommit_time", 3_600_000L),
          Map.entry("max_age", 86_400_000L));

  private static final List<String> ORDER =
      List.of(
          START_SECTOR,
          "high_watermark",
          "low_watermark",
          "writeback_jobs",
          "autocommit_blocks",
          "autocommit_time",
          "max_age",
          "cleaner",
          "fua",
          "nofua",
          "metadata_only",
          "pause_writeback");

  private static final String FORM =
      "the arguments are: p|s origin cache-device block-bytes #options [options]";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "writecache";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          String mode =
              arguments.count() == 0 ? "" : arguments.words().get(0).toLowerCase(Locale.ROOT);
          if (!mode.equals("p") && !mode.equals("s") || arguments.count() < 2) {
            return Parsed.invalid("Bad arguments", FORM);
          }
          if (!(arguments.device(1) instanceof DeviceLookup.Answer.Found origin)) {
            return Parsed.notFound("Origin data device lookup failed", arguments.device(1));
          }
          if (arguments.count() < 3) {
            return Parsed.invalid("Bad arguments", FORM);
          }
          if (!(arguments.device(2) instanceof DeviceLookup.Answer.Found cache)) {
            return Parsed.notFound("Cache data device lookup failed", arguments.device(2));
          }
          if (arguments.count() < 4) {
            return Parsed.invalid("Bad arguments", FORM);
          }
          long block = arguments.unsignedInt(3);
          if (block < SECTOR_BYTES || block > PAGE_BYTES || Long.bitCount(block) != 1) {
            return Parsed.invalid(
                "Invalid block size", "a block has 512, 1024, 2048 or 4096 bytes");
          }
          Map<String, String> options = new TreeMap<>();
          Parsed refused = readOptions(mode, new ArgumentCursor(arguments, 4), options);
          return refused != null
              ? refused
              : new Parsed.Ok(
                  new WriteCache(
                      sectorCount,
                      mode,
                      origin.name(),
                      cache.name(),
                      (int) block,
                      Map.copyOf(options),
                      SectorMap.empty(block / SECTOR_BYTES),
                      0));
        }
      };

  private static @Nullable Parsed readOptions(
      String mode, ArgumentCursor words, Map<String, String> options) {
    long count = words.readGroup(0, MAX_OPTION_WORDS);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid number of feature args", "their number comes before them");
    }
    long left = count;
    while (left > 0) {
      String option = String.valueOf(words.shift()).toLowerCase(Locale.ROOT);
      left--;
      Long most = mostOf(option);
      if (most != null && left > 0) {
        long value = words.read(0, most);
        left--;
        if (value == Arguments.NO_NUMBER) {
          return invalidOption(option);
        }
        options.put(option, Long.toString(value));
      } else if (most == null && isFlag(mode, option)) {
        options.remove(option.equals("fua") ? "nofua" : "fua");
        options.put(option, "");
      } else {
        return invalidOption(option);
      }
    }
    return percent(options, "high_watermark", DEFAULT_HIGH_WATERMARK)
            < percent(options, "low_watermark", DEFAULT_LOW_WATERMARK)
        ? Parsed.invalid(
            "High watermark must be greater than or equal to low watermark",
            "they are 50 and 45 where they are not said")
        : null;
  }

  private static Parsed invalidOption(String option) {
    return Parsed.invalid(
        "Invalid optional argument", "this is none, or has no such value: " + option);
  }

  private static @Nullable Long mostOf(String option) {
    if (option.equals("pause_writeback")) {
      return 3_600_000L;
    }
    for (Map.Entry<String, Long> value : VALUES) {
      if (value.getKey().equals(option)) {
        return value.getValue();
      }
    }
    return null;
  }

  private static boolean isFlag(String mode, String option) {
    return switch (option) {
      case "cleaner", "metadata_only" -> true;
      case "fua", "nofua" -> mode.equals("p");
      default -> false;
    };
  }

  private static int percent(Map<String, String> options, String option, int otherwise) {
    String value = options.get(option);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  private long startSector() {
    String start = options.get(START_SECTOR);
    return start == null ? 0 : Long.parseLong(start);
  }

  @Override
  public Parsed.@Nullable Refused misfit(LowerDevices lower) {
    long cacheSectors = lower.sectors(cache);
    if (startSector() > 0 && startSector() >= cacheSectors) {
      return new Parsed.Refused(
          "Invalid optional argument", "-EINVAL", cache + " has " + cacheSectors + " sectors");
    }
    if (mode.equals("p") && !lower.directAccess(cache)) {
      return new Parsed.Refused(
          "Asynchronous persistent memory not supported as pmem cache",
          "-EOPNOTSUPP",
          cache + " has no direct access");
    }
    return metadataBlocks(cacheSectors) < 0
        ? new Parsed.Refused(
            mode.equals("p") ? "Unable to initialize device" : "Invalid device size",
            "-ENOSPC",
            cache + " has no room for a block and its entry")
        : null;
  }

  /**
   * Blocks of superblock and entries on a device of that size, as the kernel's {@code
   * calculate_memory_size} lays it out; -1 if there is no room for any data.
   */
  private long metadataBlocks(long cacheSectors) {
    long bytes = (cacheSectors - startSector()) * SECTOR_BYTES;
    for (long blocks = bytes / (blockBytes + ENTRY_BYTES); blocks > 0; blocks--) {
      long entries = Importable.blocksOf(SUPERBLOCK_BYTES + blocks * ENTRY_BYTES, blockBytes);
      if ((entries + blocks) * blockBytes <= bytes) {
        return entries;
      }
    }
    return -1;
  }

  @Override
  public String arguments() {
    List<String> words = new ArrayList<>();
    for (String option : ORDER) {
      String value = options.get(option);
      if (value != null) {
        words.add(option);
        if (!value.isEmpty()) {
          words.add(value);
        }
      }
    }
    String line = mode + " " + origin + " " + cache + " " + blockBytes + " " + words.size();
    return words.isEmpty() ? line : line + " " + String.join(" ", words);
  }

  @Override
  public List<Leg> legs() {
    return List.of(new Leg(origin, 0, sectorCount), Leg.whole(cache, LegRole.DATA));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    map.forward(
        offset,
        count,
        (at, data, length, marked) -> out.piece(at, length, cache, data + startSector()),
        (at, length) -> out.piece(at, length, origin, at));
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == ORIGIN) {
      map.forward(legOffset, count, (at, data, length, marked) -> {}, out);
      return;
    }
    long from = Math.max(legOffset, startSector()) - startSector();
    long end = legOffset + count - startSector();
    if (from < end) {
      map.inverse(
          from,
          end - from,
          (at, data, length, marked) -> {
            if (at < sectorCount) {
              out.accept(at, Math.min(length, sectorCount - at));
            }
          });
    }
  }

  /** A bad entry is as bad as the block that it is about. */
  @Override
  public void answer(int leg, long legOffset, long count, EffectConsumer out) {
    WritesBack.super.answer(leg, legOffset, count, out);
    long metadataSectors = metadataBlocks * blockSectors();
    long from = Math.max(legOffset, startSector()) - startSector();
    long end = Math.min(legOffset + count - startSector(), metadataSectors);
    if (leg != CACHE || from >= end) {
      return;
    }
    // A sector at byte b holds the entries from (b - 64) / 16 on, 32 of them.
    long firstEntry = Math.max(0, from * SECTOR_BYTES - SUPERBLOCK_BYTES) / ENTRY_BYTES;
    long endEntry =
        from == 0
            ? BlockMap.MAX_BLOCKS - metadataBlocks
            : (end * SECTOR_BYTES - SUPERBLOCK_BYTES) / ENTRY_BYTES;
    inverse(
        leg,
        startSector() + (metadataBlocks + firstEntry) * blockSectors(),
        (endEntry - firstEntry) * blockSectors(),
        (at, length) -> out.accept(Effect.DATA_LOST, at, length));
  }

  /** Entry and block both count. */
  @Override
  public boolean joint() {
    return true;
  }

  @Override
  public void dirty(int leg, long legOffset, long count, DirtyConsumer out) {
    long from = Math.max(legOffset, startSector()) - startSector();
    long end = legOffset + count - startSector();
    if (leg == CACHE && from < end) {
      map.inverse(
          from,
          end - from,
          (at, data, length, marked) -> {
            if (at < sectorCount) {
              out.accept(at, data + startSector(), Math.min(length, sectorCount - at));
            }
          });
    }
  }

  @Override
  public int originLeg() {
    return ORIGIN;
  }

  /** A block that was written back is free on the cache device. */
  @Override
  public WritesBack writtenBack(Extents offsets) {
    return new WriteCache(
        sectorCount,
        mode,
        origin,
        cache,
        blockBytes,
        options,
        map.withWritten(offsets, true),
        metadataBlocks);
  }

  @Override
  public Form form() {
    return Form.PAIRS;
  }

  @Override
  public long blockSectors() {
    return blockBytes / SECTOR_BYTES;
  }

  @Override
  public long originBlocks() {
    return Importable.blocksOf(sectorCount, blockSectors());
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return (sectorsOf.applyAsLong(cache) - startSector()) / blockSectors();
  }

  @Override
  public boolean sharesBlocks() {
    return false;
  }

  @Override
  public WritesBack imported(BlockMap blocks, ToLongFunction<String> sectorsOf) {
    return new WriteCache(
        sectorCount,
        mode,
        origin,
        cache,
        blockBytes,
        options,
        SectorMap.of(blocks, blockSectors()),
        Math.max(0, metadataBlocks(sectorsOf.applyAsLong(cache))));
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
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
