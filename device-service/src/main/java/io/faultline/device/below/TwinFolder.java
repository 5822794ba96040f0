package io.faultline.device.below;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Two folders with the same files. The second may be a symbolic link to a folder on another disk.
 */
record TwinFolder(Path first, Path second) {

  static TwinFolder in(Path folder) {
    return new TwinFolder(folder.resolve("a"), folder.resolve("b"));
  }

  void create() throws IOException {
    Files.createDirectories(first);
    Files.createDirectories(second);
  }

  List<Path> both() {
    return List.of(first, second);
  }

  List<Path> both(String name) {
    return List.of(first.resolve(name), second.resolve(name));
  }

  /** Both names are durable after this. */
  void force() throws IOException {
    SliceFolder.forceFolder(first);
    SliceFolder.forceFolder(second);
  }

  /** Names that begin so and go on with a number, which either folder has. */
  TreeMap<Long, String> numbered(String prefix) throws IOException {
    TreeMap<Long, String> found = new TreeMap<>();
    for (Path folder : both()) {
      for (Path file : list(folder)) {
        String name = file.getFileName().toString();
        String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
        if (!rest.isEmpty() && rest.chars().allMatch(c -> c >= '0' && c <= '9')) {
          found.put(Long.parseLong(rest), name);
        }
      }
    }
    return found;
  }

  void deleteTemporaries() throws IOException {
    for (Path folder : both()) {
      for (Path file : list(folder)) {
        if (file.toString().endsWith(TEMPORARY)) {
          Files.delete(file);
        }
      }
    }
  }

  void delete(String name) throws IOException {
    for (Path file : both(name)) {
      Files.deleteIfExists(file);
    }
  }

  static final String TEMPORARY = ".tmp";

  /** What was written under temporary names gets its own, in one copy after the other. */
  void publish(String name) throws IOException {
    for (Path file : both(name)) {
      Files.move(file.resolveSibling(name + TEMPORARY), file, StandardCopyOption.ATOMIC_MOVE);
    }
    force();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
