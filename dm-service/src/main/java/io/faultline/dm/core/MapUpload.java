package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMapBuilder;
import io.faultline.dm.core.map.PackedPieces;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An imported map as far as it has come. Parts are taken in as they arrive, so that making it live
 * is short; those that overtook others wait for their turn. Once it is compiled only the map stays.
 */
final class MapUpload {

  private final TreeMap<Integer, byte[]> waiting = new TreeMap<>();
  private @Nullable BlockMapBuilder builder = new BlockMapBuilder();
  private BlockMapBuilder.@Nullable Built built;
  private int taken;

  void add(int number, byte[] packed) {
    BlockMapBuilder open = builder;
    if (number < taken || open == null) {
      return;
    }
    waiting.put(number, packed);
    for (byte[] next = waiting.remove(taken); next != null; next = waiting.remove(taken)) {
      PackedPieces.unpack(next, open);
      taken++;
    }
  }

  boolean isComplete(int parts) {
    return taken == parts && waiting.isEmpty();
  }

  /** The map of all parts, compiled once; no more parts are taken then. */
  BlockMapBuilder.Built compiled() {
    BlockMapBuilder.Built known = built;
    if (known == null) {
      known = Objects.requireNonNull(builder).build();
      built = known;
      builder = null;
    }
    return known;
  }

  /** The keys of all parts that have come. */
  List<String> partKeys(String id) {
    List<String> keys = new ArrayList<>();
    for (int number = 0; number < taken; number++) {
      keys.add(Keys.mapPart(id, number));
    }
    waiting.keySet().forEach(number -> keys.add(Keys.mapPart(id, number)));
    return keys;
  }
}
