package io.faultline.fs.core;

import java.util.Locale;

/** Who holds a freeze ({@code enum freeze_holder}, Linux {@code include/linux/fs.h}). */
public enum FreezeHolder {
  /** A planned removal of a device below. */
  KERNEL,
  /** Somebody who asked for it: {@code FIFREEZE}. */
  USERSPACE;

  /** As the interface writes it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
