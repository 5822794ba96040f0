package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code cache <metadata device> <cache device> <origin device> <block sectors> <#features>
 * [<feature>]... <policy> <#policy arguments> [<policy argument>]...}: a slow device of which some
 * blocks are kept on a fast one. The kernel's {@code drivers/md/dm-cache-target.c}.
 *
 * <p>A block of the fast device that is dirty is the only copy; a clean one is on the origin too. A
 * block of the origin under a dirty one is old and nobody reads it.
 *
 * @param words what stands after the devices, as it was written: so the kernel prints it
 */
record Cache(
    long sectorCount,
    String metadata,
    String fast,
    String origin,
    long blockSectors,
    List<String> words,
    SectorMap map)
    implements WritesBack {

  private static final int METADATA = 0;
  private static final int FAST = 1;
  private static final int ORIGIN = 2;

  private static final long MIN_BLOCK_SECTORS = 64;
  private static final long MAX_BLOCK_SECTORS = 2_097_152;
  private static final int MAX_FEATURES = 3;
  private static final int MAX_POLICY_ARGUMENTS = 1024;
  private static final Set<String> MODES = Set.of("writeback", "writethrough", "passthrough");
  private static final Set<String> OTHER_FEATURES = Set.of("metadata2", "no_discard_passdown");
  private static final Set<String> POLICIES = Set.of("default", "smq", "mq", "cleaner");
  private static final String FORM =
      "the arguments are: metadata-device cache-device origin-device block-sectors #features"
          + " [features] policy #policy-arguments [policy-arguments]";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "cache";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          List<String> opening =
              List.of(
                  "Error opening metadata device",
                  "Error opening cache device",
                  "Error opening origin device");
          for (int i = 0; i < opening.size(); i++) {
            if (arguments.count() <= i) {
              return Parsed.invalid("Insufficient args", FORM);
            }
            if (arguments.device(i) instanceof DeviceLookup.Answer.NotFound) {
              return Parsed.notFound(opening.get(i), arguments.device(i));
            }
          }
          ArgumentCursor words = new ArgumentCursor(arguments, opening.size());
          Parsed refused = readBlockSize(words);
          if (refused == null) {
            refused = readFeatures(words);
          }
          if (refused == null) {
            refused = readPolicy(words);
          }
          if (refused != null) {
            return refused;
          }
          long block = arguments.number(opening.size());
          return new Parsed.Ok(
              new Cache(
                  sectorCount,
                  arguments.foundName(0),
                  arguments.foundName(1),
                  arguments.foundName(2),
                  block,
                  List.copyOf(arguments.words().subList(opening.size(), arguments.count())),
                  SectorMap.empty(block)));
        }
      };

  private static @Nullable Parsed readBlockSize(ArgumentCursor words) {
    if (words.left() == 0) {
      return Parsed.invalid("Insufficient args", FORM);
    }
    long block = words.read(MIN_BLOCK_SECTORS, MAX_BLOCK_SECTORS);
    return block == Arguments.NO_NUMBER || block % MIN_BLOCK_SECTORS != 0
        ? Parsed.invalid(
            "Invalid data block size", "a block is a multiple of 64 sectors, 2097152 at most")
        : null;
  }

  private static @Nullable Parsed readFeatures(ArgumentCursor words) {
    long count = words.readGroup(0, MAX_FEATURES);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of cache feature arguments", "their number, 0 to 3, comes before them");
    }
    int modes = 0;
    for (int i = 0; i < count; i++) {
      String word = String.valueOf(words.shift());
      if (MODES.contains(word)) {
        modes++;
      } else if (!OTHER_FEATURES.contains(word)) {
        return Parsed.invalid(
            "Unrecognised cache feature requested",
            "features are: writeback writethrough passthrough metadata2 no_discard_passdown");
      }
    }
    return modes > 1
        ? Parsed.invalid("Duplicate cache io_mode features requested", "a cache has one mode")
        : null;
  }

  private static @Nullable Parsed readPolicy(ArgumentCursor words) {
    String policy = words.shift();
    if (policy == null) {
      return Parsed.invalid("Insufficient args", FORM);
    }
    long count = words.readGroup(0, MAX_POLICY_ARGUMENTS);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid(
          "Invalid number of policy arguments", "their number, 0 to 1024, comes before them");
    }
    if (!POLICIES.contains(policy)) {
      return Parsed.invalid(
          "Error creating cache's policy", "policies are: default smq mq cleaner");
    }
    return count % 2 == 1
        ? Parsed.invalid(
            "Error setting cache policy's config values", "they are pairs of key and value")
        : null;
  }

  @Override
  public Parsed.@Nullable Refused misfit(LowerDevices lower) {
    if (sectorCount > lower.sectors(origin)) {
      return new Parsed.Refused(
          "Device size larger than cached device",
          "-EINVAL",
          origin + " has " + lower.sectors(origin) + " sectors");
    }
    return blockSectors > lower.sectors(fast)
        ? new Parsed.Refused(
            "Data block size is larger than the cache device",
            "-EINVAL",
            fast + " has " + lower.sectors(fast) + " sectors")
        : null;
  }

  @Override
  public String arguments() {
    return metadata + " " + fast + " " + origin + " " + String.join(" ", words);
  }

  @Override
  public List<Leg> legs() {
    return List.of(
        Leg.whole(metadata, LegRole.METADATA),
        Leg.whole(fast, LegRole.DATA),
        new Leg(origin, 0, sectorCount));
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    map.forward(
        offset,
        count,
        (at, data, length, dirty) -> {
          out.piece(at, length, fast, data);
          if (!dirty) {
            out.alternative(at, length, origin, at);
          }
        },
        (at, length) -> out.piece(at, length, origin, at));
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == FAST) {
      map.inverse(legOffset, count, (at, data, length, dirty) -> accept(at, length, out));
    } else {
      map.forward(legOffset, count, (at, data, length, dirty) -> {}, out);
    }
  }

  /** The last block of the origin may reach past its end. */
  private void accept(long at, long length, RangeConsumer out) {
    if (at < sectorCount) {
      out.accept(at, Math.min(length, sectorCount - at));
    }
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    if (!bad.get(METADATA).isEmpty()) {
      out.accept(Effect.TARGET_FAILED, 0, sectorCount);
      return;
    }
    Extents badOrigin = bad.get(ORIGIN);
    Extents.Builder cleanGone = Extents.builder();
    bad.get(FAST)
        .forEach(
            (from, count) ->
                map.inverse(
                    from,
                    count,
                    (at, data, length, dirty) -> {
                      if (dirty) {
                        accept(at, length, (s, n) -> out.accept(Effect.DATA_LOST, s, n));
                      } else if (!badOrigin.isEmpty()) {
                        cleanGone.add(at, length);
                      }
                    }));
    if (!badOrigin.isEmpty()) {
      answerOrigin(badOrigin, cleanGone.build(), out);
    }
  }

  /** What is not cached is lost; what is cached and clean is, if the cached copy is gone too. */
  private void answerOrigin(Extents badOrigin, Extents cleanGone, EffectConsumer out) {
    badOrigin.forEach(
        (from, count) ->
            map.forward(
                from,
                count,
                (at, data, length, dirty) -> {},
                (at, length) -> out.accept(Effect.DATA_LOST, at, length)));
    badOrigin
        .intersect(cleanGone)
        .forEach((at, length) -> out.accept(Effect.DATA_LOST, at, length));
  }

  /**
   * Under a clean block the origin was the second copy; the other way round nothing is at stake.
   */
  @Override
  public void weaken(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg == ORIGIN) {
      map.forward(
          legOffset,
          count,
          (at, data, length, dirty) -> {
            if (!dirty) {
              out.accept(at, length);
            }
          },
          (at, length) -> {});
    }
  }

  @Override
  public void dirty(int leg, long legOffset, long count, DirtyConsumer out) {
    if (leg == FAST) {
      map.inverse(
          legOffset,
          count,
          (at, data, length, dirty) -> {
            if (dirty && at < sectorCount) {
              out.accept(at, data, Math.min(length, sectorCount - at));
            }
          });
    }
  }

  @Override
  public int originLeg() {
    return ORIGIN;
  }

  @Override
  public WritesBack writtenBack(Extents offsets) {
    return new Cache(
        sectorCount, metadata, fast, origin, blockSectors, words, map.withWritten(offsets, false));
  }

  @Override
  public Form form() {
    return Form.CACHE_DUMP;
  }

  @Override
  public long originBlocks() {
    return Importable.blocksOf(sectorCount, blockSectors);
  }

  @Override
  public long dataBlocks(ToLongFunction<String> sectorsOf) {
    return sectorsOf.applyAsLong(fast) / blockSectors;
  }

  /** Seen with cache_dump 0.9.0, which does not read the dirty bits of format 2. */
  @Override
  public @Nullable String doubt(long dirtyBlocks) {
    return dirtyBlocks == 0 && words.contains("metadata2") && words.contains("writeback")
        ? "no block is dirty by this dump; of metadata in format 2 old versions of cache_dump print"
            + " every block as clean, dirty or not"
        : null;
  }

  @Override
  public boolean sharesBlocks() {
    return false;
  }

  @Override
  public WritesBack imported(BlockMap blocks, ToLongFunction<String> sectorsOf) {
    return new Cache(
        sectorCount,
        metadata,
        fast,
        origin,
        blockSectors,
        words,
        SectorMap.of(blocks, blockSectors));
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
