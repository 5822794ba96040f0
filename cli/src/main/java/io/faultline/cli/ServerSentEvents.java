package io.faultline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream of server-sent events, as HTML's specification says. What is not finished when the
 * stream ends is dropped: the next stream begins with it again.
 */
final class ServerSentEvents implements AutoCloseable {

  /**
   * @param id where a later stream goes on; null if it was never told
   * @param type {@code message} if it was not told
   */
  record Event(@Nullable String id, String type, String data) {}

  private final BufferedReader lines;
  private @Nullable String id;
  private volatile long lastReadNanos = System.nanoTime();

  ServerSentEvents(InputStream in) {
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /** The next event; null at the end of the stream. Comments only prove that it is alive. */
  @Nullable Event next() throws IOException {
    String type = "message";
    StringBuilder data = new StringBuilder();
    for (String line = read(); line != null; line = read()) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          return new Event(id, type, data.substring(0, data.length() - 1));
        }
        type = "message";
        continue;
      }
      int colon = line.indexOf(':');
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      switch (field) {
        case "id" -> id = value;
        case "event" -> type = value;
        case "data" -> data.append(value).append('\n');
        default -> {} // A comment, or a field that is not known.
      }
    }
    return null;
  }

  private @Nullable String read() throws IOException {
    String line = lines.readLine();
    lastReadNanos = System.nanoTime();
    return line;
  }

  /** For how long nothing came, in nanoseconds. */
  long silentNanos() {
    return System.nanoTime() - lastReadNanos;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
