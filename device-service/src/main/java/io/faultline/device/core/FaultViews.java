package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Removal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** How the open faults of a device are shown: a page of them, each with its first ranges. */
public final class FaultViews {

  /** Ranges that are shown of a fault; how many there are is said too. */
  static final int SHOWN_RANGES = 256;

  private FaultViews() {}

  /**
   * Open faults ascending by id, the removal of the device among them.
   *
   * @param after the last id of the page before; null for the first page
   * @param withLatent whether to tell what nobody has come upon yet: for operators
   */
  public static Map<String, @Nullable Object> page(
      Device device, int limit, @Nullable String after, boolean withLatent) {
    SortedMap<String, Fault> faults =
        after == null ? device.faults() : device.faults().tailMap(after + "\0");
    Removal removal = device.state() == DeviceState.REMOVED ? device.removal() : null;
    if (removal != null && after != null && removal.faultId().compareTo(after) <= 0) {
      removal = null;
    }
    List<Map<String, @Nullable Object>> shown = new ArrayList<>();
    for (Map.Entry<String, Fault> entry : faults.entrySet()) {
      if (removal != null && removal.faultId().compareTo(entry.getKey()) < 0) {
        shown.add(removal(device, removal));
        removal = null;
      }
      if (withLatent || entry.getValue().knownSectors() > 0) {
        shown.add(fault(entry.getKey(), entry.getValue(), withLatent));
      }
      if (shown.size() > limit) {
        break;
      }
    }
    if (removal != null && shown.size() <= limit) {
      shown.add(removal(device, removal));
    }
    boolean isMore = shown.size() > limit;
    List<Map<String, @Nullable Object>> items = isMore ? shown.subList(0, limit) : shown;
    Map<String, @Nullable Object> page = new LinkedHashMap<>();
    page.put("items", items);
    page.put("next", isMore ? items.getLast().get("faultId") : null);
    return page;
  }

  private static Map<String, @Nullable Object> fault(
      String faultId, Fault fault, boolean withLatent) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("faultId", faultId);
    view.put("cause", "media_error");
    view.put("ranges", fault.knownHead(SHOWN_RANGES).toPairs());
    view.put("rangeCount", fault.knownRanges());
    view.put("sectors", fault.knownSectors());
    if (withLatent) {
      view.put("latent", fault.latentHead(SHOWN_RANGES).toPairs());
      view.put("latentRangeCount", fault.latentRanges());
      view.put("latentSectors", fault.latentSectors());
    }
    view.put("since", fault.since());
    view.put("until", fault.until());
    return view;
  }

  private static Map<String, @Nullable Object> removal(Device device, Removal removal) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("faultId", removal.faultId());
    view.put("cause", "device_removed");
    view.put("ranges", new long[] {0, device.sectors()});
    view.put("rangeCount", 1);
    view.put("sectors", device.sectors());
    view.put("since", removal.since());
    view.put("until", null);
    return view;
  }
}
