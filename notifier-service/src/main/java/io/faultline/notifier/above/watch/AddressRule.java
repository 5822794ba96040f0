package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.http.client.InetAddressFilter;

/**
 * Whom a webhook may call. A URL comes from outside, and this process stands inside: without a rule
 * it would be a way to every internal service.
 */
final class AddressRule {

  static final int MAX_URL_LENGTH = 2_048;

  private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[.*]|.*:.*");
  private static final int LARGEST_PORT = 65_535;

  private final boolean allowLoopback;
  private final boolean allowPrivate;
  private final InetAddressFilter external = InetAddressFilter.externalAddresses();

  AddressRule(NotifierProperties.Webhooks settings) {
    this.allowLoopback = settings.allowLoopback();
    this.allowPrivate = settings.allowPrivate();
  }

  /** Whether a connection to that address may be opened. */
  boolean allows(InetAddress address) {
    if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
      return false;
    }
    if (address.isLoopbackAddress()) {
      return allowLoopback || allowPrivate;
    }
    return allowPrivate || (external.matches(address) && !leadsToVersion4(address));
  }

  /**
   * Whether a gateway would take it to an address of version 4: one that is "compatible" (RFC 4291,
   * 2.5.5.1), 6to4 (RFC 3056) or Teredo (RFC 4380). Nobody uses them for anything good any more.
   */
  private static boolean leadsToVersion4(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != 16) {
      return false;
    }
    boolean sixToFour = bytes[0] == 0x20 && bytes[1] == 0x02;
    boolean teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
    boolean compatible = true;
    for (int i = 0; i < 12; i++) {
      compatible &= bytes[i] == 0;
    }
    return sixToFour || teredo || compatible;
  }

  /** A URL, or what is wrong with it. */
  sealed interface Checked {

    record Ok(String url) implements Checked {}

    /** It is no URL of a webhook. */
    record Malformed(String detail) implements Checked {}

    /** It is one, but it may not be called. */
    record Forbidden(String detail) implements Checked {}
  }

  /** What can be said before its name is resolved; {@link #allows} has the last word. */
  Checked check(@Nullable String url) {
    if (url == null || url.isEmpty() || url.length() > MAX_URL_LENGTH) {
      return new Checked.Malformed(
          "url has 1 to "
              + MAX_URL_LENGTH
              + " characters, but it has "
              + (url == null ? "none" : url.length()));
    }
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      return new Checked.Malformed("url is no URL: " + e.getReason());
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return new Checked.Malformed("url begins with http:// or https://");
    }
    if (uri.getHost() == null || uri.getPort() > LARGEST_PORT || uri.getPort() == 0) {
      return new Checked.Malformed("url names a host, and a port from 1 to 65535 if any");
    }
    if (uri.getRawUserInfo() != null) {
      return new Checked.Malformed("url has no user and password in it");
    }
    if (uri.getRawFragment() != null) {
      return new Checked.Malformed("url has no fragment (#…)");
    }
    return forbidden(uri.getHost())
        ? new Checked.Forbidden(
            "webhooks do not call "
                + uri.getHost()
                + ": loopback and private addresses are refused unless"
                + " faultline.notifier.webhooks.allow-loopback or allow-private is true")
        : new Checked.Ok(url);
  }

  private boolean forbidden(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      return !allowLoopback && !allowPrivate;
    }
    if (!LITERAL.matcher(name).matches()) {
      return false;
    }
    try {
      // A literal is not looked up.
      return !allows(InetAddress.ofLiteral(name.replace("[", "").replace("]", "")));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The addresses of a name, if all of them may be called. */
  InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] addresses = InetAddress.getAllByName(host);
    for (InetAddress address : addresses) {
      if (!allows(address)) {
        throw new ForbiddenAddressException(host, address);
      }
    }
    return addresses;
  }

  /** The name of a webhook leads to where none may call. */
  static final class ForbiddenAddressException extends UnknownHostException {
    ForbiddenAddressException(String host, InetAddress address) {
      super(host + " is " + address.getHostAddress() + ", which webhooks do not call");
    }
  }
}
