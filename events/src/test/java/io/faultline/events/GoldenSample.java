package io.faultline.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A Kafka record as it was written by some version: {@code <name>.json} is its value, {@code
 * <name>.headers} its headers, a line {@code name: value} each, after a first line with the key.
 */
record GoldenSample(String name, String key, Headers headers, byte[] value) {

  private static final Path FOLDER = Path.of("src/test/resources/golden/v1");
  private static final String KEY = "key: ";

  static List<GoldenSample> all() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".json"))
          .map(file -> read(file.substring(0, file.length() - ".json".length())))
          .sorted(Comparator.comparing(GoldenSample::name))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static GoldenSample read(String name) {
    try {
      List<String> lines = Files.readAllLines(FOLDER.resolve(name + ".headers"));
      RecordHeaders headers = new RecordHeaders();
      for (String line : lines.subList(1, lines.size())) {
        int colon = line.indexOf(": ");
        headers.add(line.substring(0, colon), line.substring(colon + 2).getBytes(UTF_8));
      }
      String key = lines.getFirst().substring(KEY.length());
      return new GoldenSample(
          name, key, headers, Files.readAllBytes(FOLDER.resolve(name + ".json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code corrupted_range} of {@code corrupted_range-packed}. */
  String type() {
    int dash = name.indexOf('-');
    return dash < 0 ? name : name.substring(0, dash);
  }

  Decoded decode() {
    return EventCodec.decode(key, headers, value);
  }

  @Override
  public String toString() {
    return name;
  }
}
