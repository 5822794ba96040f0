package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A target whose map is in its metadata, so that it has to be imported. Without an import it has
 * the map that the kernel makes on new metadata: nothing is provisioned, cached, copied or
 * hydrated.
 */
public interface Importable extends Target {

  /** In which form the map comes. */
  enum Form {
    /** What {@code thin_dump} prints. */
    THIN_DUMP,
    /** What {@code cache_dump} prints. */
    CACHE_DUMP,
    /** Pairs of a block above and a block below. */
    PAIRS,
    /** Blocks that lie below where they lie above. */
    REGIONS
  }

  Form form();

  /** Sectors of a block of the map, on both sides. */
  long blockSectors();

  /** Blocks above are below this. */
  long originBlocks();

  /** Blocks below are below this. */
  long dataBlocks(ToLongFunction<String> sectorsOf);

  /** Whether a block below may be held for several blocks above. */
  boolean sharesBlocks();

  /**
   * Why a map may not be all of the truth; null if there is no reason to think so.
   *
   * @param dirtyBlocks that it has
   */
  default @Nullable String doubt(long dirtyBlocks) {
    return null;
  }

  /** The same target with an imported map, if it looks anything up in it by itself. */
  Target imported(BlockMap map, ToLongFunction<String> sectorsOf);

  /** How many blocks cover so many sectors. */
  static long blocksOf(long sectors, long blockSectors) {
    return sectors / blockSectors + (sectors % blockSectors == 0 ? 0 : 1);
  }
}
