package io.faultline.fs.below;

import io.faultline.fs.core.ClaimedDevice;
import io.faultline.fs.core.Holding;
import io.faultline.fs.core.Role;
import io.faultline.fs.core.Spec;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDeviceClient;
import io.faultline.runtime.below.BlockDeviceClient.ClaimResult;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * The devices and volumes that filesystems stand on. They share one name space, so the owner of a
 * name is found by asking: device-service first, then dm-service.
 */
public final class BlockDevices {

  /** How claiming a filesystem's devices ended. */
  public sealed interface Claims {

    /** All are held. */
    record Held(List<ClaimedDevice> devices) implements Claims {}

    /**
     * One was refused.
     *
     * @param before those that were claimed before it, for the caller to give back
     */
    record Refused(Problem problem, List<ClaimedDevice> before) implements Claims {}
  }

  private final BlockDeviceClient devices;
  private final BlockDeviceClient volumes;

  public BlockDevices(ServiceUrls urls, ServiceCalls calls) {
    devices = new BlockDeviceClient(urls::deviceService, BlockDeviceClient.Kind.DEVICE, calls);
    volumes = new BlockDeviceClient(urls::dmService, BlockDeviceClient.Kind.VOLUME, calls);
  }

  /** Claims every device of {@code spec} for a filesystem. */
  public Claims claim(String host, String filesystem, Spec spec) {
    List<ClaimedDevice> held = new ArrayList<>();
    for (Role role : Role.values()) {
      String device = spec.device(role);
      if (device != null) {
        switch (claim(host, holder(filesystem), role, device)) {
          case Claimed(ClaimedDevice claimed) -> held.add(claimed);
          case NotClaimed(Problem problem) -> {
            return new Claims.Refused(problem, held);
          }
        }
      }
    }
    return new Claims.Held(held);
  }

  private sealed interface Outcome {}

  private record Claimed(ClaimedDevice device) implements Outcome {}

  private record NotClaimed(Problem problem) implements Outcome {}

  private Outcome claim(String host, String holder, Role role, String device) {
    return switch (devices.claim(host, device, holder)) {
      case ClaimResult.Claimed claimed ->
          new Claimed(new ClaimedDevice(role, device, false, claimed.claim()));
      case ClaimResult.Refused refused when refused.problem().status() == 404 ->
          claimVolume(host, holder, role, device);
      case ClaimResult.Refused refused -> new NotClaimed(refused.problem());
    };
  }

  private Outcome claimVolume(String host, String holder, Role role, String volume) {
    return switch (volumes.claim(host, volume, holder)) {
      case ClaimResult.Claimed claimed ->
          new Claimed(new ClaimedDevice(role, volume, true, claimed.claim()));
      case ClaimResult.Refused refused when refused.problem().status() == 404 ->
          new NotClaimed(unknown(host, volume));
      case ClaimResult.Refused refused -> new NotClaimed(refused.problem());
    };
  }

  /** Nobody knows a block device of that name. */
  public static Problem unknown(String host, String device) {
    return Problem.notFound(
        "There is neither a device nor a volume " + device + " on host " + host);
  }

  /** Gives a claim back, unless it was claimed again since. */
  public void release(String host, String filesystem, ClaimedDevice claimed) {
    client(claimed.volume())
        .release(host, claimed.device(), holder(filesystem), claimed.claim().revision());
  }

  /** Gives back what a mount held. */
  public void release(String host, String filesystem, Holding holding) {
    client(holding.volume())
        .release(host, holding.device(), holder(filesystem), holding.revision());
  }

  /** Looks a device or volume up: the device first. */
  public BlockDeviceClient.Existence find(String host, String device) {
    BlockDeviceClient.Existence found = devices.find(host, device);
    return found instanceof BlockDeviceClient.Existence.Missing
        ? volumes.find(host, device)
        : found;
  }

  private BlockDeviceClient client(boolean volume) {
    return volume ? volumes : devices;
  }

  private static String holder(String filesystem) {
    return "fs:" + filesystem;
  }
}
