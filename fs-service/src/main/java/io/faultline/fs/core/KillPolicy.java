package io.faultline.fs.core;

import java.util.Locale;
import java.util.Optional;

/** When a process wants to hear of poison: {@code prctl(PR_MCE_KILL)}. */
public enum KillPolicy {
  /** As {@code vm.memory_failure_early_kill} says. */
  DEFAULT,
  /** As soon as the page is known to be bad. */
  EARLY,
  /** When it touches the page. */
  LATE;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isEarly(boolean sysctl) {
    return switch (this) {
      case DEFAULT -> sysctl;
      case EARLY -> true;
      case LATE -> false;
    };
  }

  public static Optional<KillPolicy> ofWord(String word) {
    for (KillPolicy policy : values()) {
      if (policy.word().equals(word)) {
        return Optional.of(policy);
      }
    }
    return Optional.empty();
  }
}
