package io.faultline.dm.below;

import io.faultline.runtime.below.BlockDeviceClient;
import io.faultline.runtime.below.BlockDeviceClient.ClaimResult;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Claims of leaf devices at device-service, taken before the command that needs them. */
public final class LeafClaims {

  private static final int NOT_FOUND = 404;

  private final BlockDeviceClient devices;

  public LeafClaims(BlockDeviceClient devices) {
    this.devices = devices;
  }

  /** How a claim of several devices ended. */
  public sealed interface Taken {

    /**
     * @param claims the devices that there are; one that there is not is for the rules to refuse,
     *     who know the line that names it
     */
    record All(Map<String, Claim> claims) implements Taken {}

    /** One was refused: none is kept. */
    record Refused(Problem problem) implements Taken {}
  }

  /**
   * Claims all of them for a volume. What was claimed before one was refused is in {@code kept}.
   */
  public Taken take(String host, String volume, Set<String> leaves, Map<String, Claim> kept) {
    Map<String, Claim> claims = new TreeMap<>();
    for (String leaf : leaves) {
      switch (devices.claim(host, leaf, holder(volume))) {
        case ClaimResult.Claimed(Claim claim) -> {
          claims.put(leaf, claim);
          kept.put(leaf, claim);
        }
        case ClaimResult.Refused(Problem problem) -> {
          if (problem.status() != NOT_FOUND) {
            return new Taken.Refused(problem);
          }
        }
      }
    }
    return new Taken.All(claims);
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
