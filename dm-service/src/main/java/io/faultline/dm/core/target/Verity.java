package io.faultline.dm.core.target;

import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code verity <version> <device> <hash device> <data block> <hash block> <blocks> <hash start>
 * <algorithm> <digest> <salt> [<#options> <options>]}: a device that is read only as long as a tree
 * of hashes vouches for it. The kernel's {@code drivers/md/dm-verity-target.c}.
 *
 * <pre>
 * hash device, from its start:   level 2   | root |
 *                                level 1   |  |  |  |        each block vouches for as many
 *                                level 0   |||||||||||||     below it as digests fit in
 * </pre>
 *
 * A data block is read whole or not at all, and not without every hash block above it.
 */
final class Verity implements Target {

  private static final int SECTOR_BYTES = 512;
  private static final int PAGE_BYTES = 4096;
  private static final int MAX_LEVELS = 63;
  private static final int FIXED_WORDS = 10;
  private static final Pattern HEX = Pattern.compile("([0-9a-fA-F]{2})+");
  private static final Set<String> FLAGS =
      Set.of(
          "ignore_corruption",
          "restart_on_corruption",
          "panic_on_corruption",
          "restart_on_error",
          "panic_on_error",
          "ignore_zero_blocks",
          "check_at_most_once",
          "try_verify_in_tasklet");
  private static final Set<String> REPAIR =
      Set.of("use_fec_from_device", "fec_blocks", "fec_start", "fec_roots");
  private static final String SIGNATURE = "root_hash_sig_key_desc";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "verity";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          return Verity.parse(sectorCount, arguments);
        }
      };

  private final long sectorCount;
  private final String arguments;
  private final List<Leg> legs;
  private final int blockSectors;
  private final int hashBlockSectors;
  private final long dataBlocks;
  private final int digestsPerBlockBits;

  /** Where each level of the tree begins, in hash blocks behind the root; the leaves first. */
  private final long[] levelStarts;

  private Verity(
      long sectorCount,
      String arguments,
      List<Leg> legs,
      int blockSectors,
      int hashBlockSectors,
      long dataBlocks,
      int digestsPerBlockBits,
      long[] levelStarts) {
    this.sectorCount = sectorCount;
    this.arguments = arguments;
    this.legs = legs;
    this.blockSectors = blockSectors;
    this.hashBlockSectors = hashBlockSectors;
    this.dataBlocks = dataBlocks;
    this.digestsPerBlockBits = digestsPerBlockBits;
    this.levelStarts = levelStarts;
  }

  private static Parsed parse(long sectorCount, Arguments arguments) {
    if (arguments.count() < FIXED_WORDS) {
      return Parsed.invalid(
          "Not enough arguments",
          "the arguments are: version device hash-device data-block-bytes hash-block-bytes blocks"
              + " hash-start algorithm digest salt [#options options]");
    }
    long version = arguments.unsignedInt(0);
    if (version < 0 || version > 1) {
      return Parsed.invalid("Invalid version", "versions are 0 and 1");
    }
    DeviceLookup.Answer data = arguments.device(1);
    if (data instanceof DeviceLookup.Answer.NotFound none) {
      return new Parsed.Refused("Data device lookup failed", none.errno(), none.explanation());
    }
    DeviceLookup.Answer hash = arguments.device(2);
    if (hash instanceof DeviceLookup.Answer.NotFound none) {
      return new Parsed.Refused("Hash device lookup failed", none.errno(), none.explanation());
    }
    long blockBytes = arguments.unsignedInt(3);
    if (blockBytes < SECTOR_BYTES || blockBytes > PAGE_BYTES || Long.bitCount(blockBytes) != 1) {
      return Parsed.invalid(
          "Invalid data device block size", "it is a power of 2 from 512 to 4096");
    }
    long hashBytes = arguments.unsignedInt(4);
    if (hashBytes < SECTOR_BYTES
        || hashBytes > Integer.MAX_VALUE
        || Long.bitCount(hashBytes) != 1) {
      return Parsed.invalid(
          "Invalid hash device block size", "it is a power of 2 from 512 to 2^30");
    }
    int blockSectors = (int) (blockBytes / SECTOR_BYTES);
    int hashSectors = (int) (hashBytes / SECTOR_BYTES);
    long blocks = arguments.number(5);
    if (blocks == Arguments.NO_NUMBER || blocks > Long.MAX_VALUE / blockSectors) {
      return Parsed.invalid("Invalid data blocks", "it is a number of blocks");
    }
    if (sectorCount > blocks * blockSectors) {
      return Parsed.invalid(
          "Data device is too small", blocks + " blocks are less than " + sectorCount + " sectors");
    }
    long hashStart = arguments.number(6);
    if (hashStart == Arguments.NO_NUMBER || hashStart > Long.MAX_VALUE / hashSectors) {
      return Parsed.invalid("Invalid hash start", "it is a number of hash blocks");
    }
    String algorithm = arguments.words().get(7);
    int digestBytes = Digests.bytes(algorithm);
    if (digestBytes == Digests.UNKNOWN) {
      return Parsed.invalid(
          "Cannot initialize hash function", "there is no algorithm " + algorithm + " here");
    }
    if (hashBytes < 2L * digestBytes) {
      return Parsed.invalid("Digest size too big", "two digests fit in a hash block at least");
    }
    String digest = arguments.words().get(8);
    if (digest.length() != 2 * digestBytes || !HEX.matcher(digest).matches()) {
      return Parsed.invalid("Invalid root digest", "it is " + digestBytes + " bytes, hexadecimal");
    }
    String salt = arguments.words().get(9);
    if (!salt.equals("-") && !HEX.matcher(salt).matches()) {
      return Parsed.invalid("Invalid salt", "it is hexadecimal, or - for none");
    }
    List<String> options = new ArrayList<>();
    Parsed refused = readOptions(new ArgumentCursor(arguments, FIXED_WORDS), options);
    if (refused != null) {
      return refused;
    }
    int bits = 63 - Long.numberOfLeadingZeros(hashBytes / digestBytes);
    long[] levels = levels(blocks, bits);
    if (levels.length > MAX_LEVELS) {
      return Parsed.invalid("Too many tree levels", "a tree has 63 levels at most");
    }
    long hashBlocks = levels.length == 0 ? 0 : levels[0] + blocksOfLevel(blocks, bits, 0);
    String dataName = ((DeviceLookup.Answer.Found) data).name();
    String hashName = ((DeviceLookup.Answer.Found) hash).name();
    List<Leg> legs = new ArrayList<>();
    legs.add(new Leg(dataName, 0, sectorCount));
    if (hashBlocks == 0) {
      legs.add(Leg.whole(hashName, LegRole.LOG));
    } else {
      legs.add(
          new Leg(hashName, hashStart * hashSectors, hashBlocks * hashSectors, LegRole.METADATA));
    }
    StringBuilder text = new StringBuilder().append(version);
    text.append(' ').append(dataName).append(' ').append(hashName);
    text.append(' ').append(blockBytes).append(' ').append(hashBytes);
    text.append(' ').append(blocks).append(' ').append(hashStart);
    text.append(' ').append(algorithm).append(' ').append(digest.toLowerCase(Locale.ROOT));
    text.append(' ').append(salt.toLowerCase(Locale.ROOT));
    if (!options.isEmpty()) {
      text.append(' ').append(options.size()).append(' ').append(String.join(" ", options));
    }
    return new Parsed.Ok(
        new Verity(
            sectorCount,
            text.toString(),
            List.copyOf(legs),
            blockSectors,
            hashSectors,
            blocks,
            bits,
            levels));
  }

  private static @Nullable Parsed readOptions(ArgumentCursor words, List<String> options) {
    if (words.left() == 0) {
      return null;
    }
    long count = words.readGroup(0, 16);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid number of feature args", "their number comes before them");
    }
    for (int i = 0; i < count; i++) {
      String word = String.valueOf(words.shift()).toLowerCase(Locale.ROOT);
      if (FLAGS.contains(word)) {
        options.add(word);
      } else if (REPAIR.contains(word)) {
        return Parsed.invalid(
            "FEC is not inverted", "what forward error correction can repair is not known here");
      } else if (word.equals(SIGNATURE) && i + 1 < count) {
        options.add(word);
        options.add(String.valueOf(words.shift()));
        i++;
      } else {
        return Parsed.invalid("Unrecognized verity feature request", "there is no option " + word);
      }
    }
    return null;
  }

  private static long blocksOfLevel(long blocks, int bits, int level) {
    int shift = (level + 1) * bits;
    return shift >= 63 ? 1 : (blocks >>> shift) + ((blocks & (1L << shift) - 1) == 0 ? 0 : 1);
  }

  /** The root comes first on the device, the leaves last. */
  private static long[] levels(long blocks, int bits) {
    int levels = 0;
    while (bits * levels < 64 && blocks > 0 && blocks - 1 >>> bits * levels != 0) {
      levels++;
    }
    long[] starts = new long[levels];
    long position = 0;
    for (int level = levels - 1; level >= 0; level--) {
      starts[level] = position;
      position += blocksOfLevel(blocks, bits, level);
    }
    return starts;
  }

  @Override
  public long sectorCount() {
    return sectorCount;
  }

  @Override
  public String arguments() {
    return arguments;
  }

  @Override
  public List<Leg> legs() {
    return legs;
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    out.piece(offset, count, legs.getFirst().device(), offset);
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == 0) {
      blocks(legOffset / blockSectors, (legOffset + count + blockSectors - 1) / blockSectors, out);
    }
  }

  private void blocks(long first, long end, RangeConsumer out) {
    long from = first * blockSectors;
    long to = Math.min(Math.min(end, dataBlocks) * blockSectors, sectorCount);
    if (from < to) {
      out.accept(from, to - from);
    }
  }

  @Override
  public void answer(int leg, long legOffset, long count, EffectConsumer out) {
    RangeConsumer lost = (from, sectors) -> out.accept(Effect.DATA_LOST, from, sectors);
    if (leg == 0) {
      inverse(leg, legOffset, count, lost);
      return;
    }
    long firstBad = legOffset / hashBlockSectors;
    long endBad = (legOffset + count + hashBlockSectors - 1) / hashBlockSectors;
    for (int level = 0; level < levelStarts.length; level++) {
      long start = levelStarts[level];
      long end = start + blocksOfLevel(dataBlocks, digestsPerBlockBits, level);
      long first = Math.max(firstBad, start);
      long last = Math.min(endBad, end);
      if (first < last) {
        int shift = (level + 1) * digestsPerBlockBits;
        blocks(covered(first - start, shift), covered(last - start, shift), lost);
      }
    }
  }

  /** Data blocks before those that hash block {@code index} of a level vouches for. */
  private long covered(long index, int shift) {
    boolean past = shift >= 63 || index > dataBlocks >>> shift;
    return index == 0 ? 0 : past ? dataBlocks : index << shift;
  }

  @Override
  public boolean joint() {
    return true;
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
