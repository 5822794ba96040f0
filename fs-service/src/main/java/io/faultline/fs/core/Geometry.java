package io.faultline.fs.core;

import io.faultline.ranges.SectorRange;

/**
 * How a filesystem is laid out: allocation groups of equal size (the last one may be shorter), as
 * in an XFS superblock (Linux {@code fs/xfs/libxfs/xfs_format.h}). Sectors have 512 bytes.
 *
 * @param blockBytes of a filesystem block
 * @param blocks of the data device
 * @param agBlocks of an allocation group
 * @param logStartBlock where the internal log begins; 0 if the log is elsewhere
 * @param logBlocks 0 if the log is elsewhere
 * @param realtimeSectors of the realtime device; 0 if there is none
 */
public record Geometry(
    int blockBytes,
    long blocks,
    long agBlocks,
    boolean rmapbt,
    boolean reflink,
    long logStartBlock,
    long logBlocks,
    long realtimeSectors) {

  static final int INODE_BYTES = 512;

  /** Inodes of which one record of the inode btree tells whether they are in use. */
  static final int CHUNK_INODES = 64;

  long blockSectors() {
    return blockBytes / SectorRange.SECTOR_BYTES;
  }

  long sectors() {
    return blocks * blockSectors();
  }

  int agCount() {
    return (int) Math.ceilDiv(blocks, agBlocks);
  }

  int agOf(long sector) {
    return (int) (sector / (agBlocks * blockSectors()));
  }

  long agStart(int ag) {
    return ag * agBlocks * blockSectors();
  }

  long agEnd(int ag) {
    return Math.min(sectors(), agStart(ag) + agBlocks * blockSectors());
  }

  /** The group of the log, where it is in the data device. */
  int logAg() {
    return agOf(logStartBlock * blockSectors());
  }

  /** The sector size that mkfs chooses: a page, or the least there is for small blocks. */
  int sectorBytes() {
    return blockBytes >= 4096 ? 4096 : 512;
  }

  /** Superblock, AGF, AGI and AGFL have a sector each. */
  long headerBlocks() {
    return Math.ceilDiv(4L * sectorBytes(), blockBytes);
  }

  int inodesPerBlock() {
    return blockBytes / INODE_BYTES;
  }

  /** Blocks that inodes are made in; at least one block, which may hold more than a chunk. */
  long chunkBlocks() {
    return Math.max(1, CHUNK_INODES / inodesPerBlock());
  }

  private int inodeBits() {
    return Integer.numberOfTrailingZeros(inodesPerBlock());
  }

  private int agBits() {
    return inodeBits() + 64 - Long.numberOfLeadingZeros(agBlocks - 1);
  }

  /** The number of the first inode of a block. */
  long inodeAt(long sector) {
    int ag = agOf(sector);
    long block = (sector - agStart(ag)) / blockSectors();
    return (long) ag << agBits() | block << inodeBits();
  }

  /** Where the block of an inode begins. */
  long sectorOfInode(long inode) {
    long inGroup = inode & (1L << agBits()) - 1;
    return agStart(agOfInode(inode)) + (inGroup >> inodeBits()) * blockSectors();
  }

  /** The group that an inode's number names. */
  int agOfInode(long inode) {
    return (int) Math.min(inode >>> agBits(), agCount() - 1L);
  }

  /** From sectors to whole blocks around them. */
  long blockDown(long sector) {
    return sector - sector % blockSectors();
  }

  long blockUp(long sector) {
    return Math.ceilDiv(sector, blockSectors()) * blockSectors();
  }

  // Records of a block: what is left after its header (56 bytes of a short btree with checksums, 72
  // of a long one), divided by a record or by key and pointer.

  BtreeShape freeSpaceBtree() {
    return shape(56, 8, 12);
  }

  BtreeShape inodeBtree() {
    return shape(56, 16, 8);
  }

  /** Its keys are twice as large: they say how far the records below reach. */
  BtreeShape rmapBtree() {
    return shape(56, 24, 44);
  }

  BtreeShape refcountBtree() {
    return shape(56, 12, 8);
  }

  /** Maps a fork's extents where they have no room in the inode. */
  BtreeShape bmapBtree() {
    return shape(72, 16, 16);
  }

  private BtreeShape shape(int headerBytes, int recordBytes, int keyAndPointerBytes) {
    int room = blockBytes - headerBytes;
    return new BtreeShape(room / recordBytes, room / keyAndPointerBytes);
  }
}
