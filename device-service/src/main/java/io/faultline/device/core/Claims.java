package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Claimed;
import io.faultline.events.Names;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who stands on a device. A filesystem stands alone; volumes share with volumes. */
final class Claims {

  private static final String VOLUME = "dm:";
  private static final String FILESYSTEM = "fs:";

  private final Limits limits;

  Claims(Limits limits) {
    this.limits = limits;
  }

  Decision<DeviceFact> claim(DeviceHost host, Stamp stamp, DeviceCommand.Claim claim) {
    Device device = host.device(claim.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), claim.device()));
    }
    Problem refusal = refusal(device, claim.holder());
    if (refusal != null) {
      return Decision.refuse(refusal);
    }
    Bound bound = device.bound().claimedAgain();
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.fact(Keys.device(device.name()), bound);
    decision.fact(
        Keys.claim(device.name(), claim.holder()), new Claimed(bound.claimRevision(), stamp.now()));
    return decision.reply(Answer.ok(answer(device, stamp, bound.claimRevision()))).build();
  }

  private @Nullable Problem refusal(Device device, String holder) {
    if (!isHolder(holder)) {
      String detail = "holder is dm:<volume> or fs:<filesystem>, not " + abbreviate(holder);
      return Problem.malformed(detail).at("/holder", detail);
    }
    switch (device.state()) {
      case ACTIVE -> {}
      case LEAVING -> {
        return DeviceProblems.leaving(device);
      }
      case REMOVED -> {
        return DeviceProblems.removed(device);
      }
    }
    for (String other : device.claims().keySet()) {
      boolean shares = other.startsWith(VOLUME) && holder.startsWith(VOLUME);
      if (!other.equals(holder) && !shares) {
        return DeviceProblems.claimed(device, other);
      }
    }
    boolean isNew = !device.claims().containsKey(holder);
    if (isNew && device.claims().size() >= limits.claimsPerDevice()) {
      return DeviceProblems.tooMany(
          "claims on a device", limits.claimsPerDevice(), "limits.claims-per-device");
    }
    return null;
  }

  /** What is bad now, and the sequence up to which that is told: the holder skips those events. */
  private static Map<String, @Nullable Object> answer(Device device, Stamp stamp, long revision) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("generation", device.generation());
    body.put("sectors", device.sectors());
    body.put("dax", device.kind().dax());
    body.put("logicalBlockBytes", device.bound().logicalBlockBytes());
    body.put("ranges", device.known().toPairs());
    body.put("sequence", stamp.lastSequence());
    body.put("sliceId", stamp.sliceId());
    body.put("faults", DeviceViews.mediaFaults(device));
    body.put("revision", revision);
    return body;
  }

  Decision<DeviceFact> release(DeviceHost host, Stamp stamp, DeviceCommand.Release release) {
    Device device = host.device(release.device());
    if (device == null) {
      return Decision.refuse(DeviceProblems.unknownDevice(host.host(), release.device()));
    }
    if (!isHolder(release.holder())) {
      return Decision.refuse(
          Problem.malformed(
              "holder is dm:<volume> or fs:<filesystem>, not " + abbreviate(release.holder())));
    }
    Claimed claim = device.claims().get(release.holder());
    if (claim == null) {
      return Decision.reply(Answer.noContent());
    }
    if (release.revision() != null && release.revision() != claim.revision()) {
      return Decision.refuse(
          DeviceProblems.claimChanged(
              device, release.holder(), release.revision(), claim.revision()));
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.gone(Keys.claim(device.name(), release.holder()));
    Removals.letGo(host, stamp, device, release.holder(), decision);
    return decision.reply(Answer.noContent()).build();
  }

  private static boolean isHolder(String holder) {
    boolean known = holder.startsWith(VOLUME) || holder.startsWith(FILESYSTEM);
    return known && Names.isName(holder.substring(VOLUME.length()));
  }

  private static String abbreviate(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "…";
  }
}
