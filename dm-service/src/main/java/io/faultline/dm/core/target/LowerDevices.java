package io.faultline.dm.core.target;

import org.jspecify.annotations.Nullable;

/** What a target can know of the block devices that it names when it is loaded. */
public interface LowerDevices {

  /** The size of a device or volume. */
  long sectors(String device);

  /** Whether it passes direct access through. */
  boolean directAccess(String device);

  /** The only target of a volume's live table; null for a device, and for any other table. */
  @Nullable Target soleTargetOf(String volume);
}
