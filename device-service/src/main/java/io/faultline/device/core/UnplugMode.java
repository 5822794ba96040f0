package io.faultline.device.core;

import java.util.Locale;

/** How a device leaves. */
public enum UnplugMode {
  /** Announced: whoever stands on it has until the deadline. */
  PLANNED,
  /** Gone before anybody hears of it. */
  SURPRISE,
  /** Only when nobody stands on it. */
  ORDERLY;

  /** As the interface spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
