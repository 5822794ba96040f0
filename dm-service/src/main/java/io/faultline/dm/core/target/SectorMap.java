package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.PieceConsumer;
import io.faultline.ranges.RangeConsumer;

/**
 * One device of a map of blocks, in sectors.
 *
 * @param device its place in the map; negative if the map does not know it, so nothing is mapped
 */
record SectorMap(BlockMap blocks, int device, long blockSectors) {

  /** The map of a target that has only one device. */
  static SectorMap of(BlockMap blocks, long blockSectors) {
    return new SectorMap(blocks, blocks.deviceCount() > 0 ? 0 : -1, blockSectors);
  }

  /** Nothing is mapped. */
  static SectorMap empty(long blockSectors) {
    return of(BlockMap.EMPTY, blockSectors);
  }

  /** The way up, in no order: every piece that lies in a range of sectors below, cut to it. */
  void inverse(long dataSector, long count, PieceConsumer out) {
    if (device < 0) {
      return;
    }
    long end = dataSector + count;
    long firstBlock = dataSector / blockSectors;
    long blockCount = Importable.blocksOf(end, blockSectors) - firstBlock;
    blocks.inverse(
        device,
        firstBlock,
        blockCount,
        (origin, data, pieceBlocks, marked) -> {
          // blocks   |-----|-----|-----|
          // asked        |-------|
          // told         |-|-----|
          long begin = data * blockSectors;
          long from = Math.max(begin, dataSector);
          long to = Math.min(begin + pieceBlocks * blockSectors, end);
          out.piece(origin * blockSectors + from - begin, from, to - from, marked);
        });
  }

  /** The way down, ascending: pieces and the gaps between them tile the range. */
  void forward(long offset, long count, PieceConsumer pieces, RangeConsumer gaps) {
    long end = offset + count;
    Walk walk = new Walk(offset);
    if (device >= 0) {
      long firstBlock = offset / blockSectors;
      long blockCount = Importable.blocksOf(end, blockSectors) - firstBlock;
      blocks.forward(
          device,
          firstBlock,
          blockCount,
          (origin, data, pieceBlocks, marked) -> {
            long begin = origin * blockSectors;
            long from = Math.max(begin, offset);
            long to = Math.min(begin + pieceBlocks * blockSectors, end);
            walk.gapTo(from, gaps);
            pieces.piece(from, data * blockSectors + from - begin, to - from, marked);
            walk.next = to;
          });
    }
    walk.gapTo(end, gaps);
  }

  /** How far the way down has come. */
  private static final class Walk {
    private long next;

    Walk(long next) {
      this.next = next;
    }

    void gapTo(long sector, RangeConsumer gaps) {
      if (next < sector) {
        gaps.accept(next, sector - next);
      }
    }
  }
}
