package io.faultline.runtime.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.PropertyResolver;

/**
 * A service that does not ask who its callers are listens on the loopback only. Checked before a
 * port is open.
 */
final class ListenRule {

  private static final String ADDRESS = "server.address";
  private static final String MANAGEMENT_ADDRESS = "management.server.address";

  private ListenRule() {}

  /**
   * @throws StartRefusedException with what to set
   */
  static void check(PropertyResolver settings, AccessProperties access) {
    String address = settings.getProperty(ADDRESS);
    if (!access.isOn() && !isLoopback(address)) {
      throw new StartRefusedException(
          ADDRESS
              + "="
              + (address == null ? "" : address)
              + " would let other machines in, and callers are not asked who they are",
          "Set faultline.access.required=true and name a file of tokens with"
              + " faultline.access.tokens-file (./run token create makes one), or an OpenID"
              + " provider with faultline.access.jwt.*; or listen on a loopback address such as"
              + " 127.0.0.1");
    }
    checkManagement(settings, address);
    if (access.required() && access.tokensFile() == null && !access.jwt().isTaken()) {
      throw new StartRefusedException(
          "faultline.access.required=true, but nobody could ever get in",
          "Name a file of tokens with faultline.access.tokens-file (./run token create makes one),"
              + " or an OpenID provider with faultline.access.jwt.*");
    }
    if (access.isOn() && !access.oneProcess() && access.serviceTokenFile() == null) {
      throw new StartRefusedException(
          "Callers have to say who they are, but this service has nothing to show to the others",
          "Make a token with ./run token create --role service and name its file with"
              + " faultline.access.service-token-file");
    }
  }

  /** A port of its own for the actuator is a web server of its own, which asks nobody. */
  private static void checkManagement(PropertyResolver settings, @Nullable String address) {
    String port = settings.getProperty("management.server.port");
    boolean own = port != null && !port.equals(settings.getProperty("server.port", "8080"));
    String management = settings.getProperty(MANAGEMENT_ADDRESS, address == null ? "" : address);
    if (own && !isLoopback(management)) {
      throw new StartRefusedException(
          "management.server.port=" + port + " would let other machines in without asking",
          "Leave it out: the actuator is served at the port of the service, where access control"
              + " is; or set "
              + MANAGEMENT_ADDRESS
              + "=127.0.0.1");
    }
  }

  private static boolean isLoopback(@Nullable String address) {
    if (address == null || address.isBlank()) {
      return false;
    }
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      // The web server will say so.
      return false;
    }
  }
}
