package io.faultline.fs.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A planned removal that a filesystem keeps still for, until the device is gone.
 *
 * @param device the one that leaves
 * @param role of the block device below which it leaves
 * @param goneSince when the device itself was heard to be gone, while what that means to this
 *     filesystem was not heard yet: that comes by another topic; null until then
 */
public record Departure(String removalId, String device, Role role, @Nullable Instant goneSince) {

  Departure gone(Instant since) {
    return new Departure(removalId, device, role, since);
  }
}
