package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Removal;
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

  private DeviceViews() {}

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
    Removal removal = device.state() == DeviceState.ACTIVE ? null : device.removal();
    view.put("removal", removal == null ? null : removal(removal));
    return view;
  }

  public static Map<String, @Nullable Object> removal(Removal removal) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("removalId", removal.removalId());
    view.put("faultId", removal.faultId());
    view.put("mode", removal.mode().label());
    view.put("state", removal.gone() ? "removed" : "announced");
    view.put("acknowledged", removal.acknowledged());
    view.put("creditOutstanding", removal.creditOutstanding());
    view.put("deadline", removal.deadline());
    view.put("since", removal.since());
    view.put("holders", removal.holders());
    return view;
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
