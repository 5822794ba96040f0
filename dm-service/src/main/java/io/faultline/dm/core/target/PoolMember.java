package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import org.jspecify.annotations.Nullable;

/** A target whose map is in the metadata of another volume, its pool. */
public interface PoolMember extends Target {

  /** The pool, by its name. */
  String pool();

  /**
   * The same target with the map of its pool.
   *
   * @param poolTarget of the pool's table; null if that has no single one
   * @param map of all devices of the pool
   */
  Target bound(@Nullable Target poolTarget, BlockMap map);
}
