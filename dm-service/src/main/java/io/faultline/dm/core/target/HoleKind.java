package io.faultline.dm.core.target;

import java.util.Locale;

/** What reads of sectors answer that have nothing below them. */
public enum HoleKind {
  /** Zeros. */
  ZERO,
  /** EIO. */
  ERROR;

  /** As the interface writes it: {@code zero}, {@code error}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
