package io.faultline.dm.below;

import io.faultline.dm.core.Answers;
import io.faultline.runtime.below.BlockDeviceClient;
import io.faultline.runtime.below.BlockDeviceClient.ClaimResult;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Claims of leaf devices at device-service, taken before the command that needs them. */
public final class LeafClaims {

  private static final int NOT_FOUND = 404;
  private static final Set<String> LEFT_MEANWHILE =
      Set.of("device-leaving", "device-removed", "not-found");

  private final BlockDeviceClient devices;

  public LeafClaims(BlockDeviceClient devices) {
    this.devices = devices;
  }

  /**
   * Claims all of them for a volume. A device that there is not is left out: the rules refuse it,
   * who know the line that names it.
   *
   * @param taken gets the answers, also those before a refusal
   * @return why one of them cannot be claimed; null if all are
   */
  public @Nullable Problem take(
      String host, String volume, Set<String> leaves, Map<String, Claim> taken) {
    for (String leaf : leaves) {
      switch (devices.claim(host, leaf, holder(volume))) {
        case ClaimResult.Claimed(Claim claim) -> taken.put(leaf, claim);
        case ClaimResult.Refused(Problem problem) -> {
          if (problem.status() != NOT_FOUND) {
            return problem;
          }
          taken.remove(leaf);
        }
      }
    }
    return null;
  }

  /**
   * Claims again what a volume stands on without a claim: a device that was unplugged comes back
   * without any. One that is away now is left as it is; what it takes with it is told as a fault.
   *
   * @return why a volume cannot be protected again: somebody else has claimed its device meanwhile,
   *     or nobody can say; null if all are
   */
  public @Nullable Problem renew(String host, List<Answers.Stand> stands) {
    Map<String, Set<String>> volumesByDevice = new TreeMap<>();
    for (Answers.Stand stand : stands) {
      volumesByDevice.computeIfAbsent(stand.device(), any -> new TreeSet<>()).add(stand.volume());
    }
    for (Map.Entry<String, Set<String>> entry : volumesByDevice.entrySet()) {
      String device = entry.getKey();
      Problem refused =
          switch (devices.find(host, device)) {
            case Existence.Exists(JsonNode found) -> renew(host, device, found, entry.getValue());
            case Existence.Missing missing -> null;
            case Existence.Unknown(Problem problem) -> problem;
          };
      if (refused != null) {
        return refused;
      }
    }
    return null;
  }

  private @Nullable Problem renew(String host, String device, JsonNode found, Set<String> volumes) {
    if (!found.path("state").asString("").equals("active")) {
      return null;
    }
    Set<String> lost = new TreeSet<>();
    volumes.forEach(volume -> lost.add(holder(volume)));
    found.path("claims").forEach(claim -> lost.remove(claim.asString("")));
    for (String holder : lost) {
      if (devices.claim(host, device, holder) instanceof ClaimResult.Refused(Problem problem)
          && !LEFT_MEANWHILE.contains(problem.kind())) {
        return problem;
      }
    }
    return null;
  }

  /** Gives a claim back unless the volume claimed the device again since. */
  public void giveBack(String host, String volume, String leaf, Claim claim) {
    devices.release(host, leaf, holder(volume), claim.revision());
  }

  /** Gives back what a volume does not need any more. */
  public void giveBack(String host, String volume, String leaf) {
    devices.release(host, leaf, holder(volume));
  }

  /** Whether there is a device of that name. */
  public Existence find(String host, String device) {
    return devices.find(host, device);
  }

  /**
   * Makes a device of the size of a real one.
   *
   * @return why not; null if it is there now
   */
  public @Nullable Problem create(String host, String device, String kind, long sizeBytes) {
    return devices.create(host, device, Map.of("kind", kind, "sizeBytes", sizeBytes));
  }

  /** Forgets a device that was made for something that was then refused. */
  public void forget(String host, String device) {
    devices.delete(host, device);
  }

  private static String holder(String volume) {
    return "dm:" + volume;
  }
}
