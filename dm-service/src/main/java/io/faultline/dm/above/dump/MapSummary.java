package io.faultline.dm.above.dump;

import org.jspecify.annotations.Nullable;

/**
 * What was read.
 *
 * @param devices devices that the dump names; 1 for everything but a thin pool
 * @param mappedBlocks blocks above that are mapped, over all devices
 * @param dirtyBlocks of these, blocks of a cache that are newer than the origin
 * @param transaction of a thin pool's metadata; null for others
 */
public record MapSummary(
    int devices, long mappedBlocks, long dirtyBlocks, @Nullable Long transaction) {}
