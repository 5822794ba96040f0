package io.faultline.deployment.door;

import java.util.Optional;
import java.util.Set;

/** Which service answers a path. The services' paths do not overlap; this is the table of them. */
enum Route {
  DEVICE,
  DM,
  FS,
  NOTIFIER;

  private static final Set<String> OF_DM = Set.of("volumes", "block-devices", "import");
  private static final Set<String> OF_FS = Set.of("filesystems", "processes", "kernel", "impact");
  private static final String HOSTS = "hosts";

  /**
   * The service for a path, which is compared as it was sent: what is written in another way
   * ({@code %64evices}) is nobody's, and gets its 404 from the notifier as other unknown paths do.
   *
   * <p>Empty for a path that no service may be asked: it names a part of a service that is not for
   * callers from outside ({@code /actuator}), or has {@code .} or {@code ..} in it.
   *
   * @param rawPath not decoded, with its slash at the beginning
   */
  static Optional<Route> of(String rawPath) {
    String[] parts = rawPath.substring(1).split("/", -1);
    for (String part : parts) {
      String plain = part.replaceAll("(?i)%2e", ".").replaceAll(";.*", "");
      if (plain.equals(".") || plain.equals("..")) {
        return Optional.empty();
      }
    }
    if (!parts[0].equals("v1")) {
      // The dashboard. Its own paths are never encoded, and encoding must not open another door.
      boolean inner = parts[0].contains("%") || parts[0].contains(";") || parts[0].isEmpty();
      boolean root = parts.length == 1 && parts[0].isEmpty();
      return inner && !root || parts[0].equals("actuator")
          ? Optional.empty()
          : Optional.of(NOTIFIER);
    }
    if (parts.length < 2 || !parts[1].equals(HOSTS)) {
      return Optional.of(NOTIFIER);
    }
    return Optional.of(parts.length < 4 ? DEVICE : ofHost(parts[3]));
  }

  private static Route ofHost(String part) {
    if (OF_DM.contains(part)) {
      return DM;
    }
    return OF_FS.contains(part) ? FS : DEVICE;
  }
}
