package io.faultline.fs.core;

import io.faultline.events.Cause;
import io.faultline.ranges.Extents;

/**
 * The sectors of a block device that one fault stands for.
 *
 * @param faultId {@code host:ulid}
 */
public record KnownFault(String faultId, Cause cause, Extents ranges) {}
