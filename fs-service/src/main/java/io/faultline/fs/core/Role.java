package io.faultline.fs.core;

import java.util.Locale;
import java.util.Optional;

/** What a block device is to the filesystem that stands on it. */
public enum Role {
  DATA,
  LOG,
  REALTIME;

  /** As the interface writes it: {@code data}, {@code log}, {@code realtime}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Role> ofWord(String word) {
    for (Role role : values()) {
      if (role.word().equals(word)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }
}
