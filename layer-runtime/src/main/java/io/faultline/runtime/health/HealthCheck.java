package io.faultline.runtime.health;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A container's health check where there is neither a shell nor curl: ends with 0 if the service on
 * this machine says that it is ready, and with 1 if not. It stands alone, without any other class
 * of ours, and takes a plain socket: a tenth of a second of one core instead of a second for an
 * HTTP client, and it runs every few seconds for ever.
 *
 * <p>Argument: {@code port} or {@code host:port}. Over TLS give the management endpoints a port of
 * their own on loopback ({@code management.server.port}), and that one here.
 */
public final class HealthCheck {

  private static final Duration PATIENCE = Duration.ofSeconds(4);
  private static final String READINESS = "/actuator/health/readiness";
  private static final int STATUS_LINE_BYTES = 12;

  private HealthCheck() {}

  public static void main(String[] arguments) {
    String where =
        arguments.length > 0
            ? arguments[0]
            : System.getenv().getOrDefault("MANAGEMENT_SERVER_PORT", portOfService());
    int colon = where.lastIndexOf(':');
    String host = colon < 0 ? "127.0.0.1" : where.substring(0, colon);
    System.exit(isReady(host, Integer.parseInt(where.substring(colon + 1))) ? 0 : 1);
  }

  private static String portOfService() {
    return System.getenv().getOrDefault("SERVER_PORT", "8080");
  }

  /** Whether a service answers there that it is ready. */
  static boolean isReady(String host, int port) {
    try (Socket socket = new Socket()) {
      int patience = (int) PATIENCE.toMillis();
      socket.connect(new InetSocketAddress(host, port), patience);
      socket.setSoTimeout(patience);
      OutputStream out = socket.getOutputStream();
      out.write(
          ("GET " + READINESS + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      InputStream in = socket.getInputStream();
      byte[] status = in.readNBytes(STATUS_LINE_BYTES);
      return new String(status, StandardCharsets.US_ASCII).endsWith(" 200");
    } catch (IOException e) {
      return false;
    }
  }
}
