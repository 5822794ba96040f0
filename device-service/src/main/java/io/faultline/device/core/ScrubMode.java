package io.faultline.device.core;

import java.util.Locale;

/** How much a scrub reads. */
public enum ScrubMode {
  /** Every sector. */
  FULL,
  /**
   * Only what lies near known poison, and at once. The short address-range scrub of ACPI starts no
   * pass either: it gives what the firmware has come upon before (Linux {@code
   * drivers/acpi/nfit/core.c}, {@code ARS_REQ_SHORT}).
   */
  SHORT;

  /** As the interface spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
