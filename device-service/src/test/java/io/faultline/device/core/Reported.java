package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.ranges.Extents;
import java.util.Map;

/** Bad blocks of devices that exist in a test only. */
public final class Reported {

  private Reported() {}

  /** Of a device named after its kind, number 7, of 1 GiB. */
  public static BadBlocks of(String kind, long logicalBlockBytes, long... pairs) {
    return of(kind + "7", kind, 1L << 30, logicalBlockBytes, Extents.ofPairs(pairs));
  }

  public static BadBlocks of(
      String name, String kind, long sizeBytes, long logicalBlockBytes, Extents known) {
    Bound bound =
        new Bound(
            kind,
            sizeBytes,
            logicalBlockBytes,
            logicalBlockBytes,
            true,
            1,
            1,
            DeviceState.ACTIVE,
            0);
    return new BadBlocks(name, bound, known, Extents.EMPTY, Map.of("f", known), Map.of());
  }
}
