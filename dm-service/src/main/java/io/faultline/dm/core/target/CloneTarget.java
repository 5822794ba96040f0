package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.RangeConsumer;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code clone <metadata device> <destination> <source> <region sectors> [<#features> <features>
 * [<#core arguments> <core arguments>]]}: a source that is copied region by region. The kernel's
 * {@code drivers/md/dm-clone-target.c}. A region is read from the destination once it is hydrated,
 * before that from the source.
 *
 * @param words what stands after the devices, as it was written: so the kernel prints it
 */
record CloneTarget(
    long sectorCount,
    String metadata,
    String destination,
    String source,
    long blockSectors,
    List<String> words,
    SectorMap map)
    implements Importable {

  private static final int DESTINATION = 1;

  private static final long MIN_REGION_SECTORS = 8;
  private static final long MAX_REGION_SECTORS = 2_097_152;
  private static final long MAX_REGIONS = 1L << 31;
  private static final Set<String> FEATURES = Set.of("no_hydration", "no_discard_passdown");
  private static final Set<String> CORE = Set.of("hydration_threshold", "hydration_batch_size");

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "clone";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 4) {
            return Parsed.invalid(
                "Invalid number of arguments",
                "the arguments are: metadata-device destination source region-sectors [#features"
                    + " features [#core-arguments core-arguments]]");
          }
          List<String> opening =
              List.of(
                  "Error opening metadata device",
                  "Error opening destination device",
                  "Error opening source device");
          for (int i = 0; i < opening.size(); i++) {
            if (arguments.device(i) instanceof DeviceLookup.Answer.NotFound) {
              return Parsed.notFound(opening.get(i), arguments.device(i));
            }
          }
          ArgumentCursor words = new ArgumentCursor(arguments, opening.size());
          Parsed refused = readRegionSize(sectorCount, words);
          if (refused == null) {
            refused = readFeatures(words);
          }
          if (refused == null) {
            refused = readCore(words);
          }
          if (refused != null) {
            return refused;
          }
          long region = arguments.number(opening.size());
          return new Parsed.Ok(
              new CloneTarget(
                  sectorCount,
                  arguments.foundName(0),
                  arguments.foundName(1),
                  arguments.foundName(2),
                  region,
                  List.copyOf(arguments.words().subList(opening.size(), arguments.count())),
                  SectorMap.empty(region)));
        }
      };

  private static @Nullable Parsed readRegionSize(long sectorCount, ArgumentCursor words) {
    long region = words.read(MIN_REGION_SECTORS, MAX_REGION_SECTORS);
    if (region == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid region size", "a region has 8 to 2097152 sectors");
    }
    if (Long.bitCount(region) != 1) {
      return Parsed.invalid("Region size is not a power of 2", "it is one");
    }
    return Importable.blocksOf(sectorCount, region) > MAX_REGIONS
        ? Parsed.invalid(
            "Too many regions. Consider increasing the region size", "there are 2^31 at most")
        : null;
  }

  private static @Nullable Parsed readFeatures(ArgumentCursor words) {
    if (words.left() == 0) {
      return null;
    }
    long count = words.readGroup(0, 2);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of feature arguments", "their number, 0 to 2, comes before them");
    }
    for (int i = 0; i < count; i++) {
      String word = String.valueOf(words.shift());
      if (!FEATURES.contains(word.toLowerCase(Locale.ROOT))) {
        return Parsed.invalid(
            "Invalid feature argument", "features are: no_hydration no_discard_passdown");
      }
    }
    return null;
  }

  private static @Nullable Parsed readCore(ArgumentCursor words) {
    if (words.left() == 0) {
      return null;
    }
    long count = words.readGroup(0, 4);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of core arguments", "their number, 0 to 4, comes before them");
    }
    if (count % 2 == 1) {
      return Parsed.invalid(
          "Number of core arguments must be even", "they are pairs of key and value");
    }
    for (int i = 0; i < count; i += 2) {
      String key = String.valueOf(words.shift()).toLowerCase(Locale.ROOT);
      if (!CORE.contains(key)) {
        return Parsed.invalid(
            "Invalid core argument", "they are: hydration_threshold hydration_batch_size");
      }
      if (words.read(0, 0xFFFF_FFFFL) == Arguments.NO_NUMBER) {
        return Parsed.invalid(
            "Invalid value for argument `" + key + "'", "it is a number below 2^32");
      }
    }
    return null;
  }

  @Override
  public Parsed.@Nullable Refused misfit(LowerDevices lower) {
    if (sectorCount > lower.sectors(destination)) {
      return new Parsed.Refused(
          "Device size larger than destination device",
          "-EINVAL",
          destination + " has " + lower.sectors(destination) + " sectors");
    }
    return sectorCount > lower.sectors(source)
        ? new Parsed.Refused(
            "Device size larger than source device",
            "-EINVAL",
            source + " has " + lower.sectors(source) + " sectors")
        : null;
  }

  @Override
  public String arguments() {
    return metadata + " " + destination + " " + source + " " + String.join(" ", words);
  }

  @Override
  public List<Leg> legs() {
    return List.of(
        Leg.whole(metadata, LegRole.METADATA),
        new Leg(destination, 0, sectorCount),
        new Leg(source, 0, sectorCount));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    map.forward(
        offset,
        count,
        (at, data, length, marked) -> out.piece(at, length, destination, data),
        (at, length) -> out.piece(at, length, source, at));
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == DESTINATION) {
      map.inverse(legOffset, count, (at, data, length, marked) -> out.accept(at, length));
    } else {
      map.forward(legOffset, count, (at, data, length, marked) -> {}, out);
    }
  }

  @Override
  public Form form() {
    return Form.REGIONS;
  }

  @Override
  public long originBlocks() {
    return Importable.blocksOf(sectorCount, blockSectors);
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return originBlocks();
  }

  @Override
  public boolean sharesBlocks() {
    return false;
  }

  @Override
  public Target imported(BlockMap blocks, ToLongFunction<String> sectorsOf) {
    return new CloneTarget(
        sectorCount,
        metadata,
        destination,
        source,
        blockSectors,
        words,
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
