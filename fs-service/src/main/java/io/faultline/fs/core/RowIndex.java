package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An inner node of a {@link RowTree}.
 *
 * <p>Of each child it keeps a fence, which no row of the child and every row of the children before
 * it lies below, how far the child's ranges reach, and how far those of all children up to it do:
 * the first child with a range that ends behind a place is found by halving.
 */
final class RowIndex implements SortedRows {

  static final int MAX_CHILDREN = 128;

  private static final int FEW_CHILDREN = MAX_CHILDREN / 4;
  private static final long STALE = -1;

  private final SortedRows[] children;
  private final long[] fences = new long[(MAX_CHILDREN + 1) * COLUMNS];
  private final long[] ends = new long[MAX_CHILDREN + 1];
  private final long[] reach = new long[MAX_CHILDREN + 1];
  private int size;
  private long gap = STALE;

  RowIndex(List<SortedRows> children) {
    this.children = new SortedRows[MAX_CHILDREN + 1];
    for (SortedRows child : children) {
      this.children[size] = child;
      setFence(size++);
    }
    endsChanged(0, size);
  }

  /** What takes the place of a root with one child. */
  SortedRows onlyChild() {
    return children[0];
  }

  /** Nodes for any number of children, each about as large as the next. */
  static List<SortedRows> over(List<SortedRows> children) {
    int nodes = Math.ceilDiv(children.size(), MAX_CHILDREN);
    int each = Math.ceilDiv(children.size(), nodes);
    List<SortedRows> made = new ArrayList<>(nodes);
    for (int from = 0; from < children.size(); from += each) {
      made.add(new RowIndex(children.subList(from, Math.min(children.size(), from + each))));
    }
    return made;
  }

  @Override
  public int entries() {
    return size;
  }

  @Override
  public long first(int column) {
    return children[0].first(column);
  }

  @Override
  public long end() {
    return reach[size - 1];
  }

  @Override
  public long gap() {
    if (gap == STALE) {
      long widest = children[0].gap();
      for (int i = 1; i < size; i++) {
        widest = Math.max(widest, children[i].first(0) - reach[i - 1]);
        widest = Math.max(widest, children[i].gap());
      }
      gap = widest;
    }
    return gap;
  }

  @Override
  public @Nullable SortedRows insert(long a, long b, long c, long d) {
    int at = childFor(a, b, c, d);
    SortedRows next = children[at].insert(a, b, c, d);
    if (compareFence(at, a, b, c, d) > 0) {
      setFence(at);
    }
    gap = STALE;
    if (next == null) {
      endsChanged(at, at + 1);
      return null;
    }
    shift(at + 1, 1);
    children[at + 1] = next;
    setFence(at + 1);
    endsChanged(at, at + 2);
    return size <= MAX_CHILDREN ? null : split(at == size - 2);
  }

  private RowIndex split(boolean atEnd) {
    int middle = atEnd ? size - 1 : size / 2;
    RowIndex next = new RowIndex(Arrays.asList(children).subList(middle, size));
    truncate(middle);
    return next;
  }

  private void truncate(int newSize) {
    for (int i = newSize; i < size; i++) {
      children[i] = children[0];
    }
    size = newSize;
  }

  @Override
  public boolean remove(long a, long b, long c, long d) {
    int at = childFor(a, b, c, d);
    boolean removed = children[at].remove(a, b, c, d);
    while (!removed && at > 0 && compareFence(at, a, b, c, d) == 0) {
      // The same row may be the last of the child before.
      removed = children[--at].remove(a, b, c, d);
    }
    if (!removed) {
      return false;
    }
    gap = STALE;
    if (children[at].entries() == 0) {
      shift(at + 1, -1);
      endsChanged(at, at);
    } else if (!mergeSmall(at)) {
      endsChanged(at, at + 1);
    }
    return true;
  }

  /** A child with little in it goes together with a neighbour that has room. */
  private boolean mergeSmall(int at) {
    int few = children[at] instanceof RowBlock ? RowBlock.MAX_ROWS / 4 : FEW_CHILDREN;
    if (children[at].entries() >= few) {
      return false;
    }
    int left = at + 1 < size ? at : at - 1;
    if (left < 0 || children[left].entries() + children[left + 1].entries() > 3 * few) {
      return false;
    }
    children[left].absorb(children[left + 1]);
    shift(left + 2, -1);
    endsChanged(left, left + 1);
    return true;
  }

  /** Moves the children from {@code from} on by one place. */
  private void shift(int from, int by) {
    int moved = size - from;
    System.arraycopy(children, from, children, from + by, moved);
    System.arraycopy(fences, from * COLUMNS, fences, (from + by) * COLUMNS, moved * COLUMNS);
    System.arraycopy(ends, from, ends, from + by, moved);
    System.arraycopy(reach, from, reach, from + by, moved);
    size += by;
    if (by < 0 && size > 0) {
      children[size] = children[0];
    }
  }

  @Override
  public void absorb(SortedRows next) {
    RowIndex index = (RowIndex) next;
    System.arraycopy(index.children, 0, children, size, index.size);
    System.arraycopy(index.fences, 0, fences, size * COLUMNS, index.size * COLUMNS);
    int from = size;
    size += index.size;
    endsChanged(from, size);
    gap = STALE;
  }

  @Override
  public List<SortedRows> merge(RowBatch batch, int from, int to) {
    List<SortedRows> merged = new ArrayList<>(size + (to - from) / RowBlock.MAX_ROWS + 2);
    int next = from;
    for (int i = 0; i < size; i++) {
      int first = next;
      next = i + 1 < size ? batch.firstFrom(next, to, fences, (i + 1) * COLUMNS) : to;
      if (next > first) {
        merged.addAll(children[i].merge(batch, first, next));
      } else {
        merged.add(children[i]);
      }
    }
    return over(merged);
  }

  @Override
  public boolean forEach(Visitor visitor) {
    return forEachBehind(-1, visitor);
  }

  private boolean forEachBehind(int at, Visitor visitor) {
    for (int i = at + 1; i < size; i++) {
      if (!children[i].forEach(visitor)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean forEachFrom(long a, long b, long c, long d, Visitor visitor) {
    int at = childFor(a, b, c, d);
    return children[at].forEachFrom(a, b, c, d, visitor) && forEachBehind(at, visitor);
  }

  @Override
  public boolean lastBefore(long a, long b, long c, long d, Visitor visitor) {
    int at = childFor(a, b, c, d);
    return children[at].lastBefore(a, b, c, d, visitor)
        || at > 0 && children[at - 1].lastBefore(a, b, c, d, visitor);
  }

  @Override
  public boolean forEachOverlapping(long start, long end, Visitor visitor) {
    for (int i = firstReaching(start); i < size && fences[i * COLUMNS] < end; i++) {
      if (ends[i] > start && !children[i].forEachOverlapping(start, end, visitor)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean findGap(GapSearch search) {
    for (int i = firstReaching(search.covered()); i < size; i++) {
      if (search.isOver() || !search.passes(children[i]) && children[i].findGap(search)) {
        return true;
      }
    }
    return false;
  }

  /** The first child with a range that ends behind {@code sector}. */
  private int firstReaching(long sector) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = low + high >>> 1;
      if (reach[middle] > sector) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** The child in which the row is, or would be. */
  private int childFor(long a, long b, long c, long d) {
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (compareFence(middle, a, b, c, d) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private int compareFence(int child, long a, long b, long c, long d) {
    int at = child * COLUMNS;
    int byA = Long.compare(fences[at], a);
    if (byA != 0) {
      return byA;
    }
    int byB = Long.compare(fences[at + 1], b);
    if (byB != 0) {
      return byB;
    }
    int byC = Long.compare(fences[at + 2], c);
    return byC != 0 ? byC : Long.compare(fences[at + 3], d);
  }

  private void setFence(int child) {
    for (int column = 0; column < COLUMNS; column++) {
      fences[child * COLUMNS + column] = children[child].first(column);
    }
  }

  /** The ranges of the children from {@code from} to {@code to - 1} may reach elsewhere now. */
  private void endsChanged(int from, int to) {
    for (int i = from; i < size; i++) {
      if (i < to) {
        ends[i] = children[i].end();
      }
      long reached = i == 0 ? ends[i] : Math.max(reach[i - 1], ends[i]);
      if (i >= to && reach[i] == reached) {
        return;
      }
      reach[i] = reached;
    }
  }
}
