package io.faultline.device.below;

import io.faultline.runtime.core.Problem;

/** What one command changes does not fit into one entry; nothing was changed. */
final class EntryTooLargeException extends RuntimeException {

  EntryTooLargeException(long bytes, long limitBytes) {
    super(
        "what this changes takes "
            + bytes
            + " bytes of the journal, more than "
            + limitBytes
            + ", the limit of one call (faultline.device.limits.entry-bytes): ask for less at once");
  }

  Problem problem() {
    return new Problem(
        "too-large", 413, "That is too much for one call", String.valueOf(getMessage()));
  }
}
