package io.faultline.standalone;

import io.faultline.runtime.ServiceUrls;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.PropertyResolver;

/**
 * Where people and programs reach this process.
 *
 * @param scheme {@code http} or {@code https}
 * @param port TCP, 1 to 65535
 */
record FrontDoor(String scheme, InetAddress address, int port) {

  private static final String ADDRESS = "server.address";
  private static final String PORT = "server.port";
  private static final int LARGEST_PORT = 65535;

  /**
   * Where the settings say, if nobody else listens there.
   *
   * <p>Only this machine may be listened to as long as callers are not asked who they are.
   */
  static FrontDoor of(PropertyResolver settings) {
    boolean asks = FirstToken.isNeeded(settings);
    InetAddress address = address(ADDRESS, settings.getProperty(ADDRESS, "127.0.0.1"), asks);
    String management = settings.getProperty("management.server.address");
    if (management != null) {
      address("management.server.address", management, asks);
    }
    return free(ServiceUrls.scheme(settings), address, port(settings.getProperty(PORT, "8080")));
  }

  /** Where this machine reaches it, without a slash at the end. */
  String url() {
    String host =
        (address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address).getHostAddress();
    return scheme
        + "://"
        + (address instanceof Inet6Address ? "[" + host + "]" : host)
        + ":"
        + port;
  }

  /** The one line for a port that cannot be had. */
  static StartFailure taken(InetAddress address, int port, @Nullable Throwable cause) {
    String where = address.getHostAddress() + " port " + port;
    boolean forbidden =
        cause != null && String.valueOf(cause.getMessage()).contains("Permission denied");
    return new StartFailure(
        (forbidden ? "no permission to listen on " + where : where + " is taken")
            + "; choose another with --port=N (0 for any free one)",
        cause == null ? new BindException(where) : cause);
  }

  private static InetAddress address(String property, String text, boolean asks) {
    InetAddress address;
    try {
      address = InetAddress.getByName(text);
    } catch (UnknownHostException unknown) {
      throw new StartFailure(property + "=" + text + " is no address of this machine", unknown);
    }
    if (!asks && !address.isLoopbackAddress()) {
      throw new StartFailure(
          property
              + "="
              + text
              + " would let other machines in, and callers are not asked who they are; set"
              + " --faultline.access.required=true, or use a loopback address such as 127.0.0.1");
    }
    return address;
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text.strip());
      if (port >= 0 && port <= LARGEST_PORT) {
        return port;
      }
    } catch (NumberFormatException notANumber) {
      // Told below, with the numbers that are none of a port.
    }
    throw new StartFailure("the port must be a number from 0 to " + LARGEST_PORT + ", not " + text);
  }

  private static FrontDoor free(String scheme, InetAddress address, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, port));
      return new FrontDoor(scheme, address, probe.getLocalPort());
    } catch (IOException failed) {
      throw taken(address, port, failed);
    }
  }
}
