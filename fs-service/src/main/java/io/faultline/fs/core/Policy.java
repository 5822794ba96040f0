package io.faultline.fs.core;

import java.util.Locale;
import java.util.Optional;

/** What a filesystem does about a loss. */
public enum Policy {
  /** What the kernel does for a filesystem straight on its device. */
  XFS,
  /** The same, but it goes on where nothing irreplaceable of the filesystem itself is lost. */
  PRECISE;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Policy> ofWord(String word) {
    for (Policy policy : values()) {
      if (policy.word().equals(word)) {
        return Optional.of(policy);
      }
    }
    return Optional.empty();
  }
}
