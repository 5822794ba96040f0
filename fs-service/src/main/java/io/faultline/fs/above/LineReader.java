package io.faultline.fs.above;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import org.jspecify.annotations.Nullable;

/** Reads a body of any size line by line: UTF-8, lines of at most {@link #MAX_LINE_BYTES}. */
final class LineReader {

  /** A path has at most 4,096 bytes (PATH_MAX); nothing that is imported has longer lines. */
  static final int MAX_LINE_BYTES = 8192;

  private final InputStream body;
  private final byte[] buffer = new byte[64 * 1024];
  private final byte[] line = new byte[MAX_LINE_BYTES];
  private final CharsetDecoder decoder =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private int position;
  private int limit;
  private long number;
  private boolean whole;

  LineReader(InputStream body) {
    this.body = body;
  }

  /** Whether the line that was read last had its end; only the last of a body may lack it. */
  boolean isWhole() {
    return whole;
  }

  /** The number of the line that was read last, from 1. */
  long number() {
    return number;
  }

  /**
   * The next line without its end; null after the last.
   *
   * @throws BadLineException if it is too long or no UTF-8
   */
  @Nullable String next() throws IOException {
    int length = 0;
    boolean any = false;
    while (true) {
      if (position == limit) {
        limit = body.read(buffer);
        position = 0;
        if (limit <= 0) {
          limit = 0;
          whole = false;
          return any ? decode(length) : null;
        }
      }
      any = true;
      byte next = buffer[position++];
      if (next == '\n') {
        whole = true;
        return decode(length);
      }
      if (length == MAX_LINE_BYTES) {
        number++;
        throw new BadLineException(
            number,
            new String(line, 0, 60, UTF_8),
            "a line has at most " + MAX_LINE_BYTES + " bytes");
      }
      line[length++] = next;
    }
  }

  private String decode(int length) {
    number++;
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    try {
      return decoder.decode(ByteBuffer.wrap(line, 0, end)).toString();
    } catch (CharacterCodingException e) {
      throw new BadLineException(number, new String(line, 0, end, UTF_8), "the text is UTF-8");
    }
  }
}
