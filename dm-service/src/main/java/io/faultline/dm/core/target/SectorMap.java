package io.faultline.dm.core.target;

import io.faultline.dm.core.map.BlockMap;
import io.faultline.dm.core.map.PieceConsumer;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;

/**
 * One device of a map of blocks, in sectors.
 *
 * @param device its place in the map; negative if the map does not know it, so nothing is mapped
 * @param written sectors above that were written back since the map came: marked ones are not
 *     marked any more
 * @param unmapsWritten whether what was written back is not mapped any more either, marked or not
 */
record SectorMap(
    BlockMap blocks, int device, long blockSectors, Extents written, boolean unmapsWritten) {

  SectorMap(BlockMap blocks, int device, long blockSectors) {
    this(blocks, device, blockSectors, Extents.EMPTY, false);
  }

  SectorMap withWritten(Extents sectors, boolean unmaps) {
    return new SectorMap(blocks, device, blockSectors, sectors, unmaps);
  }

  /** A piece as it is with what was written back since. */
  private void emit(long at, long data, long count, boolean marked, PieceConsumer out) {
    if (written.isEmpty() || !(marked || unmapsWritten)) {
      out.piece(at, data, count, marked);
      return;
    }
    // piece     |--------------------|
    // written       |----|   |---|
    long end = at + count;
    long from = at;
    int range = written.firstEndingAfter(at);
    while (from < end) {
      boolean more = range < written.rangeCount();
      long start = more ? Math.min(written.startSector(range), end) : end;
      if (from < start) {
        out.piece(from, data + from - at, start - from, marked);
      }
      from = Math.max(from, start);
      if (more && from < end) {
        long to = Math.min(written.endSector(range), end);
        if (!unmapsWritten) {
          out.piece(from, data + from - at, to - from, false);
        }
        from = to;
        range++;
      }
    }
  }

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
          emit(origin * blockSectors + from - begin, from, to - from, marked, out);
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
            emit(
                from,
                data * blockSectors + from - begin,
                to - from,
                marked,
                (at, below, length, stillMarked) -> {
                  walk.gapTo(at, gaps);
                  pieces.piece(at, below, length, stillMarked);
                  walk.next = at + length;
                });
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
