package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Ended;
import io.faultline.device.core.DeviceFact.Removal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How devices are shown: maps, because a member that has no value is shown as null and not left
 * out. Sets of ranges are flat arrays of pairs, however many they are.
 */
public final class DeviceViews {

  /** All credit of a removal. */
  public static final long ALL_CREDIT = Credit.ALL;

  private DeviceViews() {}

  /** Credit of the newest removal that is not back. */
  public static long creditOutstanding(Device device) {
    return device.credit().outstanding();
  }

  public static Map<String, @Nullable Object> device(Device device) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("name", device.name());
    view.put("kind", device.bound().kind());
    view.put("sizeBytes", device.bound().sizeBytes());
    view.put("sectors", device.sectors());
    view.put("logicalBlockBytes", device.bound().logicalBlockBytes());
    view.put("clearUnitBytes", device.bound().clearUnitBytes());
    view.put("clearsPoison", device.bound().clearsPoison());
    view.put("generation", device.generation());
    view.put("state", device.state().label());
    view.put("dax", device.kind().dax());
    view.put("badSectors", device.knownSectors());
    view.put("claims", List.copyOf(device.claims().keySet()));
    view.put("removal", device.state() == DeviceState.ACTIVE ? null : removal(device));
    return view;
  }

  /** The newest removal of a device; null if it was never removed. */
  public static @Nullable Map<String, @Nullable Object> removal(Device device) {
    Removal removal = device.removal();
    if (removal == null) {
      return null;
    }
    Ended ended = removal.ended();
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("removalId", removal.removalId());
    view.put("faultId", removal.faultId());
    view.put("mode", removal.mode().label());
    view.put("state", ended == null ? "announced" : "removed");
    view.put("acknowledged", removal.acknowledged());
    view.put("creditOutstanding", device.credit().outstanding());
    view.put("deadline", removal.deadline());
    view.put("since", removal.since());
    view.put("holders", List.copyOf(device.shares().keySet()));
    view.put("end", ended == null ? null : ended.end().label());
    view.put("endedAt", ended == null ? null : ended.at());
    view.put("pluggedAt", removal.pluggedAt());
    view.put("unanswered", unanswered(device));
    view.put("shares", shares(device));
    view.put("creditUnattributed", removal.pooled());
    view.put("acks", acks(removal));
    view.put("history", history(removal));
    return view;
  }

  private static List<String> unanswered(Device device) {
    return device.shares().entrySet().stream()
        .filter(share -> share.getValue().outstanding() > 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static List<Map<String, Object>> shares(Device device) {
    List<Map<String, Object>> shares = new ArrayList<>();
    device
        .shares()
        .forEach(
            (holder, share) -> {
              Map<String, Object> view = new LinkedHashMap<>();
              view.put("holder", holder);
              view.put("credit", share.credit());
              view.put("creditOutstanding", share.outstanding());
              shares.add(view);
            });
    return shares;
  }

  private static Map<String, Object> acks(Removal removal) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("counted", removal.acks().counted());
    view.put("repeated", removal.acks().repeated());
    view.put("late", removal.acks().late());
    view.put("unknown", removal.acks().unknown());
    return view;
  }

  /** How it was asked for, oldest first: a planned removal may end with the device pulled. */
  private static List<Map<String, Object>> history(Removal removal) {
    boolean pulled = removal.deadline() != null && removal.mode() == UnplugMode.SURPRISE;
    Ended ended = removal.ended();
    List<Map<String, Object>> history = new ArrayList<>();
    history.add(asked(pulled ? UnplugMode.PLANNED : removal.mode(), removal.since()));
    if (pulled && ended != null) {
      history.add(asked(UnplugMode.SURPRISE, ended.at()));
    }
    return history;
  }

  private static Map<String, Object> asked(UnplugMode mode, Instant at) {
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("mode", mode.label());
    asked.put("at", at);
    return asked;
  }

  static List<Map<String, @Nullable Object>> mediaFaults(Device device) {
    List<Map<String, @Nullable Object>> open = new ArrayList<>();
    for (Map.Entry<String, Fault> entry : device.faults().entrySet()) {
      Fault fault = entry.getValue();
      if (fault.knownSectors() > 0) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("faultId", entry.getKey());
        view.put("cause", "media_error");
        view.put("ranges", fault.known().toPairs());
        view.put("since", fault.since());
        open.add(view);
      }
    }
    return open;
  }
}
