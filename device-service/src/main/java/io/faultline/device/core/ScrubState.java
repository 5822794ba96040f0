package io.faultline.device.core;

import java.util.Locale;

/** How far a scrub has come. */
public enum ScrubState {
  RUNNING,
  COMPLETED,
  /** Somebody stopped it. */
  STOPPED,
  /** The device left under it. */
  INTERRUPTED;

  /** As the interface spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
