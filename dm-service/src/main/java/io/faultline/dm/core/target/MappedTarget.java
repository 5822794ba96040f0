package io.faultline.dm.core.target;

import org.jspecify.annotations.Nullable;

/**
 * A target whose line does not say where its sectors lie: the map comes after the table (a region
 * table by messages, what {@code thin_dump} printed). It is loaded with the map that the kernel
 * would begin with, if there is one, or with none, and is then replaced by a copy that has the map.
 * Both are immutable.
 */
public interface MappedTarget extends Target {

  /** A map that was compiled for quick look-ups; immutable. */
  interface CompiledMap {}

  /** The map that it has now; null if it has none. */
  @Nullable CompiledMap map();

  /**
   * The same target with this map.
   *
   * @throws IllegalArgumentException if the map is one of another kind of target
   */
  MappedTarget withMap(CompiledMap map);
}
