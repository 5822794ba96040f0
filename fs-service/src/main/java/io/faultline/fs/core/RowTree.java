package io.faultline.fs.core;

import io.faultline.fs.core.SortedRows.Visitor;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of four numbers in their order, in blocks that are packed: a B+-tree. What is kept with the
 * blocks lets it step over those that a range does not reach, or in which there is no gap.
 *
 * <p>Rows that come in their order, or many at once, are {@link #merge merged}: a block is then
 * packed once for all of its rows.
 */
final class RowTree {

  private final boolean ranges;
  private SortedRows root;
  private long size;

  /**
   * @param ranges whether the rows are ranges, see {@link SortedRows}
   */
  RowTree(boolean ranges) {
    this.ranges = ranges;
    this.root = new RowBlock(ranges);
  }

  long size() {
    return size;
  }

  void insert(long a, long b, long c, long d) {
    SortedRows next = root.insert(a, b, c, d);
    if (next != null) {
      root = new RowIndex(List.of(root, next));
    }
    size++;
  }

  /** Takes one row away; whether it was there. */
  boolean remove(long a, long b, long c, long d) {
    if (!root.remove(a, b, c, d)) {
      return false;
    }
    size--;
    if (size == 0) {
      root = new RowBlock(ranges);
    }
    while (root instanceof RowIndex index && index.entries() == 1) {
      root = index.onlyChild();
    }
    return true;
  }

  /** Adds the rows of a batch, after sorting it. */
  void merge(RowBatch batch) {
    batch.sort();
    if (batch.size() == 0) {
      return;
    }
    List<SortedRows> level = root.merge(batch, 0, batch.size());
    while (level.size() > 1) {
      level = RowIndex.over(level);
    }
    root = level.get(0);
    size += batch.size();
  }

  void forEachFrom(long a, long b, long c, long d, Visitor visitor) {
    root.forEachFrom(a, b, c, d, visitor);
  }

  void lastBefore(long a, long b, long c, long d, Visitor visitor) {
    root.lastBefore(a, b, c, d, visitor);
  }

  void forEachOverlapping(long start, long end, Visitor visitor) {
    root.forEachOverlapping(start, end, visitor);
  }

  void findGap(GapSearch search) {
    if (!search.passes(root)) {
      root.findGap(search);
    }
  }

  private List<RowBlock> blocks() {
    List<RowBlock> blocks = new ArrayList<>();
    root.forEach(
        (block, row) -> {
          if (row == 0) {
            blocks.add(block);
          }
          return true;
        });
    return blocks;
  }

  /** Whether the rows are the same, however they are divided into blocks. */
  @Override
  public boolean equals(Object other) {
    return other instanceof RowTree tree && size == tree.size && sameRows(tree);
  }

  private boolean sameRows(RowTree other) {
    List<RowBlock> theirs = other.blocks();
    int[] at = {0, 0};
    return root.forEach(
        (block, row) -> {
          if (at[1] == theirs.get(at[0]).entries()) {
            at[0]++;
            at[1] = 0;
          }
          RowBlock their = theirs.get(at[0]);
          int theirRow = at[1]++;
          return block.a(row) == their.a(theirRow)
              && block.b(row) == their.b(theirRow)
              && block.c(row) == their.c(theirRow)
              && block.d(row) == their.d(theirRow);
        });
  }

  @Override
  public int hashCode() {
    return Long.hashCode(size);
  }
}
