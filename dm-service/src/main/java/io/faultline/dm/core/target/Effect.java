package io.faultline.dm.core.target;

import java.util.Locale;

/** What becomes of a target's sectors when sectors below it go bad. */
public enum Effect {
  /** These sectors read back wrong or not at all. */
  DATA_LOST,
  /** The target does not work any more: these are all its sectors. */
  TARGET_FAILED,
  /** These sectors still read right, but from elsewhere or from fewer copies than before. */
  REDUNDANCY_LOST;

  /** As the interface writes it: {@code data_lost}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the sectors cannot be read any more. */
  public boolean isLoss() {
    return switch (this) {
      case DATA_LOST, TARGET_FAILED -> true;
      case REDUNDANCY_LOST -> false;
    };
  }
}
