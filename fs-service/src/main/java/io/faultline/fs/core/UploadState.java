package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Part;
import io.faultline.fs.core.FsFact.Upload;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An import as far as it has come. Parts are taken in as they arrive, so that making it live is
 * short; those that overtook others wait for their turn. Once it is live only the built map stays.
 */
final class UploadState {

  private @Nullable Upload upload;
  private final TreeMap<Integer, Parts> sections = new TreeMap<>();
  private @Nullable Map<Role, ReverseMap> maps;
  private @Nullable PathIndex paths;

  /** The parts of one section. */
  private static final class Parts {
    private final ReverseMap.Builder records = new ReverseMap.Builder();
    private final PathIndex names = new PathIndex();
    private final TreeMap<Integer, Part> waiting = new TreeMap<>();
    private int taken;

    void add(int number, Part part) {
      if (number < taken) {
        return;
      }
      waiting.put(number, part);
      for (Part next = waiting.remove(taken); next != null; next = waiting.remove(taken)) {
        switch (next.kind()) {
          case RECORDS -> PackedRecords.unpack(next.packed(), records);
          case PATHS -> names.addPart(next.packed());
        }
        taken++;
      }
    }

    boolean isComplete(int parts) {
      return taken == parts && waiting.isEmpty();
    }
  }

  /** Who imports what; null once it is live. */
  @Nullable Upload upload() {
    return upload;
  }

  void begin(@Nullable Upload under) {
    upload = under;
  }

  void add(int section, int number, Part part) {
    if (maps == null && paths == null) {
      sections.computeIfAbsent(section, s -> new Parts()).add(number, part);
    }
  }

  boolean isComplete(int section, int parts) {
    Parts came = sections.get(section);
    return came == null ? parts == 0 : came.isComplete(parts);
  }

  /** The keys of all parts that have come. */
  List<String> partKeys(String id) {
    List<String> keys = new ArrayList<>();
    sections.forEach(
        (section, parts) -> {
          for (int number = 0; number < parts.taken; number++) {
            keys.add(Keys.part(id, section, number));
          }
          parts.waiting.keySet().forEach(number -> keys.add(Keys.part(id, section, number)));
        });
    return keys;
  }

  /** Builds what {@code filesystem} refers to, if all of it has come. */
  void finish(Filesystem filesystem, String id) {
    if (id.equals(filesystem.imported().recordsUpload())) {
      finishRecords(filesystem);
    } else {
      finishPaths(filesystem);
    }
  }

  private void finishRecords(Filesystem filesystem) {
    if (maps != null) {
      return;
    }
    for (Section section : filesystem.imported().sections()) {
      if (!isComplete(section.number(), section.parts())) {
        return;
      }
    }
    Map<Role, ReverseMap> built = new EnumMap<>(Role.class);
    for (Section section : filesystem.imported().sections()) {
      Parts parts = sections.get(section.number());
      if (parts != null) {
        // As the kernel answers: with a reverse map what nobody owns is free, else nobody knows.
        SpecialOwner gaps = section.namesOwners() ? SpecialOwner.FREE_SPACE : SpecialOwner.UNKNOWN;
        built.put(section.role(), parts.records.build(gaps));
      }
    }
    maps = built;
    sections.clear();
  }

  private void finishPaths(Filesystem filesystem) {
    if (paths != null || !isComplete(0, filesystem.imported().pathParts())) {
      return;
    }
    Parts parts = sections.get(0);
    paths = parts == null ? PathIndex.EMPTY : parts.names;
    sections.clear();
  }

  /** The built map of a device; null if it was not imported. */
  @Nullable ReverseMap map(Role role) {
    return maps == null ? null : maps.get(role);
  }

  /** The built maps of all devices that were imported; null until all of it has come. */
  @Nullable Map<Role, ReverseMap> maps() {
    return maps;
  }

  PathIndex paths() {
    return paths == null ? PathIndex.EMPTY : paths;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UploadState state
        && Objects.equals(upload, state.upload)
        && Objects.equals(maps, state.maps)
        && Objects.equals(paths, state.paths)
        && partKeys("").equals(state.partKeys(""));
  }

  @Override
  public int hashCode() {
    return Objects.hash(upload, partKeys(""));
  }
}
