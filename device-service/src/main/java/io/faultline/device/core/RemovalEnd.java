package io.faultline.device.core;

import java.util.Locale;

/** What ended a removal. */
public enum RemovalEnd {
  /** All credit came back. */
  ACKNOWLEDGED,
  /** The deadline passed; whoever had not answered was not waited for. */
  DEADLINE,
  /** It was pulled, announced before or not. */
  SURPRISE,
  /** Planned, and nobody stood on it: at the beginning, or once the last holder had let go. */
  UNCLAIMED,
  /** Nobody stood on it, as an orderly removal asks for. */
  ORDERLY;

  /** As the interface spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
