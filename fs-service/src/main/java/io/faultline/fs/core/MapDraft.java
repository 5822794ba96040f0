package io.faultline.fs.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A reverse map and what a change adds to it and takes from it. What it takes away is not free
 * before the change is made: as in XFS, blocks that were freed are busy until then.
 */
final class MapDraft implements MapView {

  private static final Comparator<MapRecord> BY_START =
      Comparator.comparingLong(MapRecord::startSector)
          .thenComparingLong(MapDraft::owner)
          .thenComparing(MapRecord::fork)
          .thenComparingLong(MapRecord::fileOffsetSectors)
          .thenComparingLong(MapRecord::sectorCount)
          .thenComparing(MapRecord::unwritten);

  private static final Comparator<MapRecord> BY_FILE =
      Comparator.comparingLong(MapDraft::owner)
          .thenComparing(MapRecord::fork)
          .thenComparingLong(MapRecord::fileOffsetSectors)
          .thenComparing(BY_START);

  private final ReverseMap base;
  private final TreeSet<MapRecord> added = new TreeSet<>(BY_START);
  private final TreeSet<MapRecord> addedByFile = new TreeSet<>(BY_FILE);
  private final TreeSet<MapRecord> removed = new TreeSet<>(BY_START);
  private long longestAdded;
  private Extents taken = Extents.EMPTY;

  MapDraft(ReverseMap base) {
    this.base = base;
  }

  private static long owner(MapRecord record) {
    SpecialOwner special = record.special();
    return special == null ? record.inode() : ~special.ordinal();
  }

  long endSector() {
    return base.endSector();
  }

  /** What came, by start. */
  SortedSet<MapRecord> added() {
    return Collections.unmodifiableSortedSet(added);
  }

  /** What went, by start. */
  SortedSet<MapRecord> removed() {
    return Collections.unmodifiableSortedSet(removed);
  }

  void add(MapRecord record) {
    if (!removed.remove(record)) {
      added.add(record);
      addedByFile.add(record);
      longestAdded = Math.max(longestAdded, record.sectorCount());
      taken = taken.union(Extents.of(record.startSector(), record.sectorCount()));
    }
  }

  void remove(MapRecord record) {
    if (added.remove(record)) {
      addedByFile.remove(record);
    } else {
      removed.add(record);
    }
  }

  @Override
  public List<MapRecord> overlapping(long startSector, long endSector) {
    List<MapRecord> records = new ArrayList<>();
    base.forEachOverlapping(
        startSector,
        endSector,
        cursor -> {
          if (!cursor.isFree()) {
            keep(cursor, records);
          }
          return true;
        });
    if (!added.isEmpty()) {
      MapRecord from = MapRecord.special(startSector - longestAdded, 0, SpecialOwner.DEFECTIVE);
      for (MapRecord record : added.tailSet(from)) {
        if (record.startSector() >= endSector) {
          break;
        }
        if (record.endSector() > startSector) {
          records.add(record);
        }
      }
      records.sort(BY_START);
    }
    return records;
  }

  private void keep(ReverseMap.Cursor cursor, List<MapRecord> records) {
    MapRecord record = cursor.unshared();
    if (!removed.contains(record)) {
      records.add(record);
    }
  }

  /**
   * The records of a fork that hold something of its sectors {@code [from, to)}, by offset.
   *
   * @param fork the data or the attribute fork
   */
  List<MapRecord> of(long inode, Fork fork, long from, long to) {
    List<MapRecord> records = new ArrayList<>();
    forEachOf(inode, fork, from, to, records::add);
    records.sort(BY_FILE);
    return records;
  }

  /** The same one by one, in no order: a file may have millions. */
  void forEachOf(long inode, Fork fork, long from, long to, Consumer<MapRecord> visitor) {
    base.forEachOf(
        inode,
        fork,
        from,
        to,
        cursor -> {
          MapRecord record = cursor.unshared();
          if (!removed.contains(record)) {
            visitor.accept(record);
          }
          return true;
        });
    for (MapRecord record : addedByFile.tailSet(first(inode, fork))) {
      if (record.special() != null || record.inode() != inode || record.fork() != fork) {
        break;
      }
      boolean inside =
          record.fileOffsetSectors() < to
              && record.fileOffsetSectors() + record.sectorCount() > from;
      if (inside) {
        visitor.accept(record);
      }
    }
  }

  private static MapRecord first(long inode, Fork fork) {
    return new MapRecord(0, 0, null, inode, fork, 0, false, false);
  }

  /** As {@link ReverseMap#findFree}, without what was added. */
  @Nullable SectorRange findFree(
      long from, long end, long minSectors, long alignSectors, Extents avoid) {
    return base.findFree(from, end, minSectors, alignSectors, avoid.union(taken));
  }
}
