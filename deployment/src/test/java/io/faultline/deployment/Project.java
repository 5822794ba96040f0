package io.faultline.deployment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The project's own files. */
public final class Project {

  private static final Path FOLDER = folder();

  private Project() {}

  public static Path file(String path) {
    return FOLDER.resolve(path);
  }

  public static String text(String path) {
    try {
      return Files.readString(file(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The nearest folder upwards that has the wrapper. */
  private static Path folder() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("no folder with mvnw above");
      }
    }
    return folder;
  }
}
