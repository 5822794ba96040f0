package io.faultline.fs.core;

import com.google.common.collect.Range;
import com.google.common.collect.TreeRangeMap;
import io.faultline.ranges.Extents;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Owners of one block among ten million extents, beside a {@code TreeMap} and Guava's {@code
 * TreeRangeMap} of the same extents, which know only the way from the device to the files; what
 * they need, and what a change costs.
 *
 * <p>{@code ./mvnw -pl fs-service -am test -Dfaultline.measure=true -Dtest=ReverseMapMeasurement
 * -Dtest.jvm.args="-XX:+UseSerialGC -Xmx6g" -Dsurefire.failIfNoSpecifiedTests=false}
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class ReverseMapMeasurement {

  private static final int EXTENTS = Integer.getInteger("faultline.measure.pieces", 10_000_000);
  private static final int LOOKUPS = 1_000_000;
  private static final int CHANGES = 1_000_000;
  private static final int ROUNDS = 4;
  private static final int BLOCK_SECTORS = 8;

  /** What was found, so that nothing is optimised away. */
  private long sink;

  /** What the others keep for an extent; of an extent's further owners the next one. */
  private static class Owner {
    final long inode;
    final long fileOffset;
    final int sectors;

    Owner(long inode, long fileOffset, int sectors) {
      this.inode = inode;
      this.fileOffset = fileOffset;
      this.sectors = sectors;
    }

    @Nullable Owner next() {
      return null;
    }
  }

  private static final class SharingOwner extends Owner {
    final Owner next;

    SharingOwner(long inode, long fileOffset, int sectors, Owner next) {
      super(inode, fileOffset, sectors);
      this.next = next;
    }

    @Override
    Owner next() {
      return next;
    }
  }

  /** Extents by their starts; one that starts where the one before does shares its sectors. */
  private static final class Shape {
    final long[] starts = new long[EXTENTS];
    final int[] sectors = new int[EXTENTS];
    final long[] inodes = new long[EXTENTS];
    final long[] offsets = new long[EXTENTS];
    final long end;

    /**
     * @param sharedOnceIn one extent in so many belongs to two to four files
     */
    Shape(int sharedOnceIn) {
      SplittableRandom random = new SplittableRandom(1);
      long[] open = new long[16];
      long[] reached = new long[16];
      long files = 0;
      long next = 0;
      for (int i = 0; i < EXTENTS; ) {
        int count = BLOCK_SECTORS * (1 + random.nextInt(16));
        next += random.nextInt(3) == 0 ? BLOCK_SECTORS * (1L + random.nextInt(4)) : 0;
        int owners = random.nextInt(sharedOnceIn) == 0 ? 2 + random.nextInt(3) : 1;
        int first = random.nextInt(open.length);
        for (int owner = 0; owner < owners && i < EXTENTS; owner++, i++) {
          int file = (first + owner) % open.length;
          if (open[file] == 0 || random.nextInt(20) == 0) {
            open[file] = 128 + 64 * files / 40 + files++;
            reached[file] = 0;
          }
          starts[i] = next;
          sectors[i] = count;
          inodes[i] = open[file];
          offsets[i] = reached[file];
          reached[file] += count;
        }
        sortOwners(i, owners);
        next += count;
      }
      end = next;
    }

    private void sortOwners(int to, int owners) {
      for (int i = to - owners + 1; i < to; i++) {
        for (int j = i; j > Math.max(0, to - owners) && inodes[j] < inodes[j - 1]; j--) {
          swap(inodes, j);
          swap(offsets, j);
        }
      }
    }

    private static void swap(long[] array, int at) {
      long kept = array[at];
      array[at] = array[at - 1];
      array[at - 1] = kept;
    }

    MapRecord record(int i) {
      return MapRecord.data(starts[i], sectors[i], inodes[i], offsets[i]);
    }

    /** The first of the extents that start where this one does. */
    int group(int i) {
      while (i > 0 && starts[i - 1] == starts[i]) {
        i--;
      }
      return i;
    }

    /** All owners of the extents that start there. */
    Owner owners(int group) {
      Owner owners = new Owner(inodes[group], offsets[group], sectors[group]);
      for (int i = group + 1; i < EXTENTS && starts[i] == starts[group]; i++) {
        owners = new SharingOwner(inodes[i], offsets[i], sectors[i], owners);
      }
      return owners;
    }
  }

  @Test
  void imported() {
    compare("imported", new Shape(Integer.MAX_VALUE), false);
  }

  @Test
  void grownInAnyOrder() {
    compare("grown in any order", new Shape(Integer.MAX_VALUE), true);
  }

  @Test
  void shared() {
    compare("shared, imported", new Shape(4), false);
  }

  private void compare(String name, Shape shape, boolean grown) {
    int[] order = order(grown);
    System.out.printf("%s: %d extents%n", name, EXTENTS);
    long before = used();
    long began = System.nanoTime();
    ReverseMap map = grown ? grow(shape, order) : build(shape);
    long took = System.nanoTime() - began;
    long after = used();
    print("reverse map", took, after - before);

    before = after;
    began = System.nanoTime();
    TreeMap<Long, Owner> tree = tree(shape, order);
    took = System.nanoTime() - began;
    after = used();
    print("TreeMap", took, after - before);

    before = after;
    began = System.nanoTime();
    TreeRangeMap<Long, Owner> guava = guava(shape, order);
    took = System.nanoTime() - began;
    print("TreeRangeMap", took, used() - before);

    long[] asked = new SplittableRandom(2).longs(LOOKUPS, 0, shape.end).toArray();
    int[] changed = new SplittableRandom(3).ints(CHANGES, 0, EXTENTS).toArray();
    for (int round = 1; round <= ROUNDS; round++) {
      double ours = nanos(LOOKUPS, () -> lookups(map, asked));
      double trees = nanos(LOOKUPS, () -> lookups(tree, asked));
      double guavas = nanos(LOOKUPS, () -> lookups(guava, asked));
      System.out.printf(
          "round %d owners of a block, ns: map %.0f, TreeMap %.0f (%.2f), TreeRangeMap %.0f (%.2f)%n",
          round, ours, trees, ours / trees, guavas, ours / guavas);
      ours = nanos(2 * CHANGES, () -> changes(map, shape, changed));
      trees = nanos(2 * CHANGES, () -> changes(tree, shape, changed));
      guavas = nanos(2 * CHANGES, () -> changes(guava, shape, changed));
      System.out.printf(
          "round %d a removal or an insertion, ns: map %.0f, TreeMap %.0f (%.2f), TreeRangeMap %.0f (%.2f)%n",
          round, ours, trees, ours / trees, guavas, ours / guavas);
      System.out.printf(
          "round %d map only, ns: extent of a file %.0f, next free block %.0f, next free 1 MiB %.0f%n",
          round,
          nanos(LOOKUPS, () -> fileLookups(map, shape, changed)),
          nanos(LOOKUPS, () -> gaps(map, asked, BLOCK_SECTORS)),
          nanos(100, () -> gaps(map, Arrays.copyOf(asked, 100), 2048)));
    }
    System.out.println("(" + sink + ")");
  }

  private static void print(String what, long nanos, long bytes) {
    System.out.printf(
        "%s: made in %d ms, %.1f bytes an extent%n",
        what, nanos / 1_000_000, (double) bytes / EXTENTS);
  }

  private static double nanos(int operations, Runnable what) {
    long began = System.nanoTime();
    what.run();
    return (double) (System.nanoTime() - began) / operations;
  }

  private static long used() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static int[] order(boolean grown) {
    int[] order = new int[EXTENTS];
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < EXTENTS; i++) {
      int j = grown ? random.nextInt(i + 1) : i;
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static ReverseMap build(Shape shape) {
    ReverseMap.Builder builder = new ReverseMap.Builder();
    for (int i = 0; i < EXTENTS; i++) {
      builder.add(
          shape.starts[i],
          shape.sectors[i],
          shape.inodes[i],
          Fork.DATA,
          shape.offsets[i],
          false,
          false);
    }
    return builder.build(SpecialOwner.FREE_SPACE);
  }

  private static ReverseMap grow(Shape shape, int[] order) {
    ReverseMap map = ReverseMap.of(shape.end, SpecialOwner.FREE_SPACE);
    for (int i : order) {
      map.insert(shape.record(i));
    }
    return map;
  }

  private static TreeMap<Long, Owner> tree(Shape shape, int[] order) {
    TreeMap<Long, Owner> tree = new TreeMap<>();
    for (int i : order) {
      if (shape.group(i) == i) {
        tree.put(shape.starts[i], shape.owners(i));
      }
    }
    return tree;
  }

  private static TreeRangeMap<Long, Owner> guava(Shape shape, int[] order) {
    TreeRangeMap<Long, Owner> guava = TreeRangeMap.create();
    for (int i : order) {
      if (shape.group(i) == i) {
        guava.put(range(shape, i), shape.owners(i));
      }
    }
    return guava;
  }

  private static Range<Long> range(Shape shape, int i) {
    return Range.closedOpen(shape.starts[i], shape.starts[i] + shape.sectors[i]);
  }

  private void lookups(ReverseMap map, long[] asked) {
    for (long sector : asked) {
      map.forEachOverlapping(
          sector,
          sector + BLOCK_SECTORS,
          record -> {
            sink += record.isInode() ? record.inode() : 1;
            return true;
          });
    }
  }

  private void lookups(TreeMap<Long, Owner> tree, long[] asked) {
    for (long sector : asked) {
      Map.Entry<Long, Owner> first = tree.floorEntry(sector);
      if (first != null && first.getKey() + first.getValue().sectors > sector) {
        add(first.getValue());
      }
      // An extent has at least a block: at most one more starts in it.
      Map.Entry<Long, Owner> second = tree.higherEntry(sector);
      if (second != null && second.getKey() < sector + BLOCK_SECTORS) {
        add(second.getValue());
      }
    }
  }

  private void lookups(TreeRangeMap<Long, Owner> guava, long[] asked) {
    for (long sector : asked) {
      Map<Range<Long>, Owner> found =
          guava.subRangeMap(Range.closedOpen(sector, sector + BLOCK_SECTORS)).asMapOfRanges();
      for (Owner owner : found.values()) {
        add(owner);
      }
    }
  }

  private void add(Owner owners) {
    for (Owner owner = owners; owner != null; owner = owner.next()) {
      sink += owner.inode;
    }
  }

  private void changes(ReverseMap map, Shape shape, int[] changed) {
    for (int i : changed) {
      MapRecord record = shape.record(i);
      map.remove(record);
      map.insert(record);
    }
  }

  /** Takes all owners out and puts them in again: a single one would need a search of its own. */
  private void changes(TreeMap<Long, Owner> tree, Shape shape, int[] changed) {
    for (int i : changed) {
      int group = shape.group(i);
      sink += tree.remove(shape.starts[group]).inode;
      tree.put(shape.starts[group], shape.owners(group));
    }
  }

  private void changes(TreeRangeMap<Long, Owner> guava, Shape shape, int[] changed) {
    for (int i : changed) {
      int group = shape.group(i);
      guava.remove(range(shape, group));
      guava.put(range(shape, group), shape.owners(group));
    }
  }

  private void fileLookups(ReverseMap map, Shape shape, int[] asked) {
    for (int i : asked) {
      map.forEachDataOf(
          shape.inodes[i],
          shape.offsets[i],
          shape.offsets[i] + BLOCK_SECTORS,
          record -> {
            sink += record.startSector();
            return true;
          });
    }
  }

  private void gaps(ReverseMap map, long[] asked, int sectors) {
    for (long sector : asked) {
      var free = map.findFree(sector, map.endSector(), sectors, BLOCK_SECTORS, Extents.EMPTY);
      sink += free == null ? 0 : free.startSector();
    }
  }
}
