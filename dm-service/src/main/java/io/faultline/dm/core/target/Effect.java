package io.faultline.dm.core.target;

import java.util.Locale;

/**
 * What becomes of a target's sectors when sectors below it go bad. Targets with redundancy or
 * metadata will answer with more than this one.
 */
public enum Effect {
  /** These sectors read back wrong or not at all. */
  DATA_LOST;

  /** As the interface writes it: {@code data_lost}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
