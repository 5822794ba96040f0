package io.faultline.dm.core;

import io.faultline.ranges.Extents;

/**
 * Something that a block device or volume tells those above it, in its own sectors.
 *
 * @param ranges at least one
 */
record Change(News news, Extents ranges) {}
