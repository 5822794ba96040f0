package io.faultline.runtime.access;

import io.faultline.runtime.http.BrokenAnswerException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An answer that ends when the one who asked is not let in any more (a stream of events may go on
 * for days), and of which the kind of the problem is known afterwards, whoever wrote it.
 *
 * <p>Only what has begun to leave is ended. Whoever was let in with the last second of a token gets
 * the whole of an answer that fits into one buffer: its headers have told its length, and half of
 * it would look like a fault of the network.
 */
final class WatchedResponse extends HttpServletResponseWrapper {

  private static final Pattern TYPE = Pattern.compile("\"type\":\"/problems/([a-z0-9-]{1,64})\"");
  private static final int HEAD_BYTES = 128;

  private final BooleanSupplier stillGood;
  private final ByteArrayOutputStream head = new ByteArrayOutputStream(HEAD_BYTES);
  private @Nullable ServletOutputStream watched;

  WatchedResponse(HttpServletResponse response, BooleanSupplier stillGood) {
    super(response);
    this.stillGood = stillGood;
  }

  /** The kind of the problem that was answered; null if none was. */
  @Nullable String problem() {
    if (getStatus() < 400) {
      return null;
    }
    Matcher type = TYPE.matcher(head.toString(StandardCharsets.ISO_8859_1));
    return type.find() ? type.group(1) : "http-" + getStatus();
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    ServletOutputStream made = watched == null ? new Watched(super.getOutputStream()) : watched;
    watched = made;
    return made;
  }

  private void keep(byte[] bytes, int offset, int length) {
    if (getStatus() >= 400) {
      head.write(bytes, offset, Math.max(0, Math.min(length, HEAD_BYTES - head.size())));
    }
  }

  private final class Watched extends ServletOutputStream {
    private final ServletOutputStream out;

    Watched(ServletOutputStream out) {
      this.out = out;
    }

    private void check() throws IOException {
      if (isCommitted() && !stillGood.getAsBoolean()) {
        throw new BrokenAnswerException("who asked for this is not let in any more");
      }
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      check();
      keep(bytes, offset, length);
      out.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      check();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      out.setWriteListener(listener);
    }
  }
}
