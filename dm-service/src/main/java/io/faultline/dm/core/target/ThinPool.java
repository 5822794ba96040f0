package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code thin-pool <metadata device> <data device> <block sectors> <low water mark> [<#features>
 * <features>]}: blocks that thin volumes share. The kernel's {@code drivers/md/dm-thin.c}. Its own
 * sectors are those of the data device, but nobody keeps anything there except through thin
 * volumes, so what is bad of them is told by those and not by the pool.
 */
record ThinPool(
    long sectorCount,
    String metadata,
    String data,
    long blockSectors,
    long lowWaterBlocks,
    List<String> features)
    implements Importable {

  /**
   * Those who stand on a pool hear that its map is gone as if this sector were bad, which no volume
   * has: they fail as a whole, where a data device that is bad from end to end leaves what is not
   * provisioned.
   */
  static final long MAP_SECTOR = (1L << 53) - 1;

  private static final long MIN_BLOCK_SECTORS = 128;
  private static final long MAX_BLOCK_SECTORS = 2_097_152;
  private static final int MAX_FEATURES = 4;

  /** In the order in which the kernel prints them. */
  private static final List<String> FEATURES =
      List.of(
          "skip_block_zeroing",
          "ignore_discard",
          "no_discard_passdown",
          "read_only",
          "error_if_no_space");

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "thin-pool";
        }

        @Override
        public boolean singleton() {
          return true;
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 4) {
            return Parsed.invalid(
                "Invalid argument count",
                "the arguments are: metadata-device data-device block-sectors low-water-blocks"
                    + " [#features features]");
          }
          List<String> words = arguments.words();
          if (words.get(0).equals(words.get(1))) {
            return Parsed.invalid(
                "Error setting metadata or data device", "they are two different devices");
          }
          List<String> features = new ArrayList<>();
          Parsed refused = readFeatures(new ArgumentCursor(arguments, 4), features);
          return refused == null ? parseDevices(sectorCount, arguments, features) : refused;
        }
      };

  private static Parsed parseDevices(long sectorCount, Arguments arguments, List<String> features) {
    if (!(arguments.device(0) instanceof DeviceLookup.Answer.Found metadata)) {
      return Parsed.notFound("Error opening metadata block device", arguments.device(0));
    }
    if (!(arguments.device(1) instanceof DeviceLookup.Answer.Found data)) {
      return Parsed.notFound("Error getting data device", arguments.device(1));
    }
    long block = arguments.number(2);
    if (block < MIN_BLOCK_SECTORS || block > MAX_BLOCK_SECTORS || block % MIN_BLOCK_SECTORS != 0) {
      return Parsed.invalid(
          "Invalid block size", "a block is a multiple of 128 sectors, 2097152 at most");
    }
    long lowWater = arguments.number(3);
    if (lowWater == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid low water mark", "it is a number of blocks");
    }
    return new Parsed.Ok(
        new ThinPool(
            sectorCount, metadata.name(), data.name(), block, lowWater, List.copyOf(features)));
  }

  private static @Nullable Parsed readFeatures(ArgumentCursor words, List<String> features) {
    if (words.left() == 0) {
      return null;
    }
    long count = words.readGroup(0, MAX_FEATURES);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of pool feature arguments", "their number, 0 to 4, comes before them");
    }
    for (int i = 0; i < count; i++) {
      String word = String.valueOf(words.shift());
      if (!FEATURES.contains(word)) {
        return Parsed.invalid(
            "Unrecognised pool feature requested", "features are: " + String.join(" ", FEATURES));
      }
      features.add(word);
    }
    features.sort(Comparator.comparingInt(FEATURES::indexOf));
    return null;
  }

  @Override
  public String arguments() {
    StringBuilder text = new StringBuilder(metadata).append(' ').append(data).append(' ');
    text.append(blockSectors).append(' ').append(lowWaterBlocks).append(' ');
    text.append(features.size());
    features.forEach(feature -> text.append(' ').append(feature));
    return text.toString();
  }

  @Override
  public List<Leg> legs() {
    return List.of(Leg.whole(metadata, LegRole.METADATA), new Leg(data, 0, sectorCount));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    out.piece(offset, count, data, offset);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    out.accept(legOffset, count);
  }

  @Override
  public void answer(int leg, long legOffset, long count, EffectConsumer out) {
    Importable.super.answer(leg, legOffset, count, out);
    if (legs().get(leg).role() == LegRole.METADATA) {
      out.accept(Effect.TARGET_FAILED, MAP_SECTOR, 1);
    }
  }

  @Override
  public boolean tellsLosses() {
    return false;
  }

  @Override
  public Form form() {
    return Form.THIN_DUMP;
  }

  @Override
  public long originBlocks() {
    return BlockMap.MAX_BLOCKS;
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return sectorCount / blockSectors;
  }

  @Override
  public boolean sharesBlocks() {
    return true;
  }

  /** The thin volumes look things up. */
  @Override
  public Target imported(BlockMap map, ToLongFunction<String> sectorsOf) {
    return this;
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
