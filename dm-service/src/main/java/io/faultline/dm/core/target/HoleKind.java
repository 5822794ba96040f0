package io.faultline.dm.core.target;

import java.util.Locale;

/** What reads of sectors answer that have nothing below them. */
public enum HoleKind {
  /** Zeros. */
  ZERO,
  /** EIO. */
  ERROR,
  /** What is worked out from several sectors of other legs, because this one is not there. */
  RECONSTRUCTED;

  /** As the interface writes it: {@code zero}, {@code error}, {@code reconstructed}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
