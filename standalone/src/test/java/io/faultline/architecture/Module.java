package io.faultline.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A module of the build, in the order in which data flows.
 *
 * @param folder its folder in the project
 * @param layer the last part of its package, {@code io.faultline.<layer>}
 * @param mayKnow the layers whose classes it may use, besides its own
 */
record Module(String folder, String layer, List<String> mayKnow) {

  private static final List<Module> ALL =
      List.of(
          new Module("ranges", "ranges", List.of()),
          new Module("events", "events", List.of("ranges")),
          new Module("layer-runtime", "runtime", List.of("ranges", "events")),
          service("device"),
          service("dm"),
          service("fs"),
          service("notifier"),
          // It talks to a running Faultline and knows no class of it.
          new Module("cli", "cli", List.of()),
          new Module("deployment", "deployment", List.of("ranges", "events", "runtime")),
          new Module(
              "standalone",
              "standalone",
              List.of("ranges", "events", "runtime", "device", "dm", "fs", "notifier", "cli")));

  private static Module service(String layer) {
    return new Module(layer + "-service", layer, List.of("ranges", "events", "runtime"));
  }

  static List<Module> all() {
    return ALL;
  }

  /** Those that have sources. */
  static List<Module> existing() {
    return ALL.stream().filter(module -> Files.isDirectory(module.sources())).toList();
  }

  static List<Module> existingServices() {
    return existing().stream().filter(module -> module.folder.endsWith("-service")).toList();
  }

  static Module of(String layer) {
    return ALL.stream().filter(module -> module.layer.equals(layer)).findFirst().orElseThrow();
  }

  Path sources() {
    return project().resolve(folder).resolve("src/main/java");
  }

  /** Where the compiler put its classes. */
  Path classes() {
    return project().resolve(folder).resolve("target/classes");
  }

  List<Path> sourceFiles() {
    return javaFilesIn(sources());
  }

  List<Path> coreFiles() {
    return javaFilesIn(sources().resolve("io/faultline").resolve(layer).resolve("core"));
  }

  static List<Path> javaFilesIn(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The project's folder: the nearest one upwards that has the wrapper. */
  static Path project() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException(
            "no folder with mvnw above " + Path.of("").toAbsolutePath());
      }
    }
    return folder;
  }

  @Override
  public String toString() {
    return folder;
  }
}
