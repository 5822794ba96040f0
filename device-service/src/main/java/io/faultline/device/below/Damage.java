package io.faultline.device.below;

import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.runtime.core.Problem;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a device is refused: a part of what is known of it, or its medium, is lost.
 *
 * @param file what is damaged, in the slice folder
 * @param offsetBytes where in it; 0 for a file as a whole
 * @param medium whether it is the medium: then the device comes back when the file does
 * @param since when that was found
 */
public record Damage(String file, long offsetBytes, String reason, boolean medium, Instant since) {

  /** Keys of the shell begin with {@code #}; those of the core never do. */
  static final String KEY = "#damaged/";

  /**
   * As the device is listed: the members of any device, null where nobody knows.
   *
   * @param bound its shape as it is written; null if that is lost too
   */
  Map<String, @Nullable Object> view(String device, @Nullable Bound bound) {
    Map<String, @Nullable Object> view = new LinkedHashMap<>();
    view.put("name", device);
    view.put("kind", bound == null ? null : bound.kind());
    view.put("sizeBytes", bound == null ? null : bound.sizeBytes());
    view.put("sectors", bound == null ? null : bound.sizeBytes() / Device.SECTOR_BYTES);
    view.put("logicalBlockBytes", bound == null ? null : bound.logicalBlockBytes());
    view.put("clearUnitBytes", bound == null ? null : bound.clearUnitBytes());
    view.put("generation", bound == null ? null : bound.generation());
    view.put("state", "damaged");
    view.put("dax", null);
    view.put("badSectors", null);
    view.put("claims", List.of());
    view.put("removal", null);
    Map<String, Object> what = new LinkedHashMap<>();
    what.put("file", file);
    what.put("offsetBytes", offsetBytes);
    what.put("reason", reason);
    what.put("since", since);
    view.put("damage", what);
    return view;
  }

  /** What every call on the device answers. */
  Problem problem(String host, String device) {
    String restore =
        medium
            ? "stop the service and restore the file"
            : "restore the whole slice folder from a backup";
    return new Problem(
            "device-damaged",
            500,
            "The device is damaged and refused; others are not",
            "device "
                + device
                + ": "
                + file
                + " at byte "
                + offsetBytes
                + " "
                + reason
                + "; "
                + restore
                + ", or give the device up with DELETE /v1/hosts/"
                + host
                + "/devices/"
                + device
                + "?damaged=true")
        .with("device", device)
        .with("file", file)
        .with("offsetBytes", offsetBytes);
  }
}
