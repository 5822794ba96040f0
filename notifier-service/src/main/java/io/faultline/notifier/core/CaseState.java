package io.faultline.notifier.core;

import java.util.Locale;

/** Where a fault case is between its cause and its end. */
public enum CaseState {
  OPEN,
  ACKNOWLEDGED,
  RESOLVED;

  /** As in queries and answers: {@code open}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
