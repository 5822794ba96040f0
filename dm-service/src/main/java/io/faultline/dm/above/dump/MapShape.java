package io.faultline.dm.above.dump;

/**
 * What a map must fit: the target's geometry, as its table and the devices below say it.
 *
 * @param blockSectors sectors of a block
 * @param originBlocks blocks above are below this
 * @param dataBlocks blocks below are below this
 */
public record MapShape(long blockSectors, long originBlocks, long dataBlocks) {}
