package io.faultline.fs.core;

import java.util.Locale;
import java.util.Optional;

/** The mount option {@code dax=}: whose pages are the device's own memory. */
public enum Dax {
  ALWAYS,
  /** Files that carry the flag; none does until one is given it. */
  INODE,
  NEVER;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Dax> ofWord(String word) {
    for (Dax dax : values()) {
      if (dax.word().equals(word)) {
        return Optional.of(dax);
      }
    }
    return Optional.empty();
  }
}
