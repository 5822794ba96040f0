package io.faultline.device.core;

import java.util.Locale;

/** Whether a device can be used. */
public enum DeviceState {
  ACTIVE,
  /** A planned removal has been announced. */
  LEAVING,
  /** Unplugged; it comes back with a plug. */
  REMOVED;

  /** As the interface spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
