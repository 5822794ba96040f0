package io.faultline.dm.core;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.BlockMapBuilder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The maps of a host that were imported, and those that are on their way, by upload. */
final class ImportedMaps {

  private final Map<String, MapUpload> uploads = new HashMap<>();

  /** By volume. */
  private final TreeMap<String, DmFact.Mappings> live = new TreeMap<>();

  /** The upload of that id; null if nothing of it has come. */
  @Nullable MapUpload upload(String id) {
    return uploads.get(id);
  }

  void begin(String id) {
    uploads.putIfAbsent(id, new MapUpload());
  }

  void add(String id, int number, byte[] packed) {
    MapUpload upload = uploads.computeIfAbsent(id, any -> new MapUpload());
    upload.add(number, packed);
    // While a state is replayed the fact that a map is live may come before its parts.
    for (DmFact.Mappings mappings : live.values()) {
      if (mappings.upload().equals(id) && upload.isComplete(mappings.parts())) {
        upload.compiled();
      }
    }
  }

  /** An upload is not under way any more: it is live, or nothing came of it. */
  void end(String id) {
    if (live.values().stream().noneMatch(mappings -> mappings.upload().equals(id))) {
      uploads.remove(id);
    }
  }

  void makeLive(String volume, DmFact.Mappings mappings) {
    DmFact.Mappings before = live.put(volume, mappings);
    if (before != null && !before.upload().equals(mappings.upload())) {
      uploads.remove(before.upload());
    }
  }

  void forget(String volume) {
    DmFact.Mappings before = live.remove(volume);
    if (before != null) {
      uploads.remove(before.upload());
    }
  }

  /** The map that is live for a volume; null if none was imported. */
  @Nullable BlockMap of(String volume) {
    DmFact.Mappings mappings = live.get(volume);
    MapUpload upload = mappings == null ? null : uploads.get(mappings.upload());
    return upload != null && upload.compiled() instanceof BlockMapBuilder.Built.Ok(BlockMap map)
        ? map
        : null;
  }

  private TreeMap<String, Object> content() {
    TreeMap<String, Object> content = new TreeMap<>();
    uploads.forEach((id, upload) -> content.put("upload/" + id, upload.partKeys(id)));
    live.forEach((volume, mappings) -> content.put("live/" + volume, String.valueOf(of(volume))));
    return content;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImportedMaps maps
        && content().equals(maps.content())
        && live.keySet().stream().allMatch(volume -> Objects.equals(of(volume), maps.of(volume)));
  }

  @Override
  public int hashCode() {
    return live.hashCode();
  }
}
