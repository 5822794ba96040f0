package io.faultline.fs.core;

/**
 * How many blocks a btree needs for its records: between what it takes with every block full, and
 * with every block half full, which is when blocks are joined.
 *
 * @param leafRecords records of a leaf
 * @param nodeChildren children of an inner node
 */
record BtreeShape(int leafRecords, int nodeChildren) {

  /** Blocks if all are full; an empty tree has its root. */
  long fewest(long records) {
    return blocks(records, leafRecords, nodeChildren);
  }

  /** Blocks if all are half full. */
  long most(long records) {
    return blocks(records, Math.max(1, leafRecords / 2), Math.max(2, nodeChildren / 2));
  }

  /** How high it is if all blocks are full. */
  int levels(long records) {
    int levels = 1;
    for (long blocks = Math.ceilDiv(records, leafRecords);
        blocks > 1;
        blocks = Math.ceilDiv(blocks, nodeChildren)) {
      levels++;
    }
    return levels;
  }

  /** Blocks below a root that is no block of its own but has room for some pointers in an inode. */
  long fewestBelow(long records, int rootPointers) {
    long level = Math.ceilDiv(records, leafRecords);
    long all = level;
    while (level > rootPointers) {
      level = Math.ceilDiv(level, nodeChildren);
      all += level;
    }
    return all;
  }

  private static long blocks(long records, int leaf, int node) {
    long level = Math.max(1, Math.ceilDiv(records, leaf));
    long all = level;
    while (level > 1) {
      level = Math.ceilDiv(level, node);
      all += level;
    }
    return all;
  }
}
