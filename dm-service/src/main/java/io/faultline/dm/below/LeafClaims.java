package io.faultline.dm.below;

import io.faultline.runtime.below.BlockDeviceClient;
import io.faultline.runtime.below.BlockDeviceClient.ClaimResult;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Claims of leaf devices at device-service, taken before the command that needs them. */
public final class LeafClaims {

  private static final int NOT_FOUND = 404;

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

  private static String holder(String volume) {
    return "dm:" + volume;
  }
}
