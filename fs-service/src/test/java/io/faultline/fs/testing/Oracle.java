package io.faultline.fs.testing;

import io.faultline.events.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Cases observed on a real kernel, from whatever folder {@code faultline.oracle} names. */
public final class Oracle {

  private static final Path ROOT = Path.of(System.getProperty("faultline.oracle", "../oracle"));

  private Oracle() {}

  /** One case: its name and what is in its file. */
  public record Case(String name, JsonNode json) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** All cases of a folder, by name. */
  public static List<Case> cases(String folder) {
    Path dir = ROOT.resolve(folder);
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(
              file ->
                  new Case(
                      file.getFileName().toString().replaceAll("\\.json$", ""),
                      Json.LENIENT.readTree(text(file))))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String text(String folder, String file) {
    return text(ROOT.resolve(folder).resolve(file));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
