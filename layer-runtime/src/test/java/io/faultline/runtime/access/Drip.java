package io.faultline.runtime.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client that never stops sending, and never sends much. */
final class Drip {

  private static final int PAUSE_MILLIS = 50;
  private static final long MAX_PIECES = GuardedService.PATIENCE.toMillis() / PAUSE_MILLIS;

  private Drip() {}

  /**
   * Sends the beginning, and then a piece again and again until the other side ends the connection.
   *
   * @return what was answered; empty if nothing
   */
  static String of(int port, String begun, String piece) throws IOException {
    return of(new Socket("127.0.0.1", port), begun, piece);
  }

  /**
   * @param connected is closed
   */
  static String of(Socket connected, String begun, String piece) throws IOException {
    try (connected) {
      return drip(connected, begun, piece);
    }
  }

  private static String drip(Socket socket, String begun, String piece) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    socket.setSoTimeout(PAUSE_MILLIS);
    socket.setTcpNoDelay(true);
    socket.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));
    for (long pieces = 0; ; pieces++) {
      assertThat(pieces).as("pieces until the connection was ended").isLessThan(MAX_PIECES);
      try {
        socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
      } catch (SocketException ended) {
        // What was answered before can still be read.
      }
      try {
        byte[] buffer = new byte[4_096];
        int read = socket.getInputStream().read(buffer);
        if (read < 0) {
          return answer.toString(StandardCharsets.UTF_8);
        }
        answer.write(buffer, 0, read);
      } catch (SocketTimeoutException nothingYet) {
        // That is the pause.
      } catch (SocketException ended) {
        return answer.toString(StandardCharsets.UTF_8);
      }
    }
  }
}
