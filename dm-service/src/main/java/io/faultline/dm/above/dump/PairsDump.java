package io.faultline.dm.above.dump;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.dm.core.map.PieceSink;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * A map as CSV, for targets whose tools print none: a line for each run of blocks, ascending above.
 *
 * <pre>
 * block,lowerBlock          one block
 * block,lowerBlock,count    so many side by side
 * block                     of a clone: this region is hydrated
 * </pre>
 *
 * The first line may be a header.
 */
public final class PairsDump {

  /** Three numbers have less. */
  static final int MAX_LINE_CHARS = 256;

  private final LimitedLines lines;
  private final MapShape shape;
  private final boolean pairs;
  private final PieceSink out;
  private long originEnd;
  private long mapped;

  private PairsDump(LimitedLines lines, MapShape shape, boolean pairs, PieceSink out) {
    this.lines = lines;
    this.shape = shape;
    this.pairs = pairs;
    this.out = out;
  }

  /**
   * Reads all of it.
   *
   * @param pairs whether a line names a block below; else it lies where it lies above
   * @throws BadDumpException at the first line that is wrong
   */
  public static MapSummary read(InputStream body, MapShape shape, boolean pairs, PieceSink out)
      throws IOException {
    return new PairsDump(new LimitedLines(body), shape, pairs, out).read();
  }

  private MapSummary read() throws IOException {
    out.device(0);
    for (String line = lines.next(); line != null; line = lines.next()) {
      boolean header = lines.number() == 1 && !line.isEmpty() && Character.isLetter(line.charAt(0));
      if (!line.isEmpty() && !header) {
        take(line, line.split(",", -1));
      }
    }
    return new MapSummary(1, mapped, 0, null);
  }

  private void take(String line, String[] fields) {
    int named = pairs ? 2 : 1;
    if (fields.length < named || fields.length > named + 1) {
      throw bad(
          line,
          pairs
              ? "a line is block,lowerBlock or block,lowerBlock,count"
              : "a line is region or region,count");
    }
    long count = fields.length > named ? number(line, fields[named], shape.dataBlocks()) : 1;
    if (count == 0) {
      throw bad(line, "a run has one block at least");
    }
    long origin = number(line, fields[0], shape.originBlocks() - count);
    long data = pairs ? number(line, fields[1], shape.dataBlocks() - count) : origin;
    if (origin < originEnd) {
      throw bad(line, "blocks ascend, and those up to " + (originEnd - 1) + " have come");
    }
    originEnd = origin + count;
    mapped += count;
    out.add(origin, data, count, false);
  }

  private long number(String line, String field, long most) {
    String digits = field.strip();
    long value = digits.isEmpty() || digits.length() > 18 ? -1 : 0;
    for (int i = 0; i < digits.length() && value >= 0; i++) {
      int digit = digits.charAt(i) - '0';
      value = digit < 0 || digit > 9 ? -1 : 10 * value + digit;
    }
    if (value < 0 || value > most) {
      throw bad(line, "what stands between commas is a number from 0 to " + Math.max(0, most));
    }
    return value;
  }

  private BadDumpException bad(String line, String rule) {
    return new BadDumpException(lines.number(), line, rule);
  }

  /** Lines of at most {@link #MAX_LINE_CHARS}. */
  private static final class LimitedLines {
    private final BufferedReader reader;
    private long number;

    LimitedLines(InputStream body) {
      reader = new BufferedReader(new InputStreamReader(body, UTF_8), 64 * 1024);
    }

    long number() {
      return number;
    }

    @Nullable String next() throws IOException {
      StringBuilder line = new StringBuilder();
      int next = reader.read();
      if (next < 0) {
        return null;
      }
      number++;
      while (next >= 0 && next != '\n') {
        if (line.length() == MAX_LINE_CHARS) {
          throw new BadDumpException(
              number,
              line.substring(0, 60),
              "a line has at most " + MAX_LINE_CHARS + " characters");
        }
        line.append((char) next);
        next = reader.read();
      }
      return line.toString().strip();
    }
  }
}
