package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.core.Views.OwnersView;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who owns what in a range: FS_IOC_GETFSMAP, with every record clipped to what was asked.
 *
 * <pre>
 * asked              |-----------------|
 * records   |-----------|  |-----| |---------|
 * answered           |--|  |-----| |---|
 * </pre>
 */
final class Owners {

  private Owners() {}

  /** Where a page of an answer ended: the owner that was told last. */
  private record Cursor(long sector, long inode, int fork, long fileOffset)
      implements Comparable<Cursor> {

    static final Cursor BEFORE_ALL = new Cursor(-1, 0, 0, 0);

    private static final Comparator<Cursor> ORDER =
        Comparator.comparingLong(Cursor::sector)
            .thenComparingLong(Cursor::inode)
            .thenComparingLong(Cursor::fileOffset)
            .thenComparingInt(Cursor::fork);

    static @Nullable Cursor parse(String text) {
      String[] numbers = text.split("\\.", -1);
      if (numbers.length != 4) {
        return null;
      }
      try {
        return new Cursor(
            Long.parseLong(numbers[0]),
            Long.parseLong(numbers[1]),
            Integer.parseInt(numbers[2]),
            Long.parseLong(numbers[3]));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    @Override
    public int compareTo(Cursor other) {
      return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
      return sector + "." + inode + "." + fork + "." + fileOffset;
    }
  }

  /** A record, and what of it lies in the asked range. */
  private record Hit(MapRecord record, Cursor place, long count) {}

  /** Whether {@code after} is a cursor that {@link #find} understands. */
  static boolean isCursor(@Nullable String after) {
    return after == null || Cursor.parse(after) != null;
  }

  /** The owners in a range, after a cursor; at most {@code limit} of them. */
  static OwnersView find(
      FsState state,
      Filesystem filesystem,
      Role role,
      SectorRange asked,
      int limit,
      @Nullable String after) {
    ReverseMap map = state.map(filesystem, role);
    Cursor parsed = after == null ? null : Cursor.parse(after);
    Cursor from = parsed == null ? Cursor.BEFORE_ALL : parsed;
    List<Hit> hits = new ArrayList<>();
    Extents closed = role == Role.DATA ? Damage.closed(state, filesystem) : Extents.EMPTY;
    // As the kernel answers without a reverse map: it knows what is free, and nothing else.
    boolean blind =
        switch (role) {
          case DATA -> !filesystem.spec().rmapbt();
          case LOG -> false;
          case REALTIME ->
              filesystem.imported().section(role) == null && !filesystem.isWalkable(role);
        };
    SectorRange within = asked.intersect(SectorRange.between(0, map.endSector()));
    long start = within.startSector();
    while (start < within.endSector() && hits.size() <= limit) {
      SectorRange rest = SectorRange.between(start, within.endSector());
      Extents next = closed.clip(rest);
      boolean isClosed = !next.isEmpty() && next.startSector(0) == start;
      long end =
          next.isEmpty() ? rest.endSector() : isClosed ? next.endSector(0) : next.startSector(0);
      SectorRange stretch = SectorRange.between(start, end);
      hits.addAll(
          isClosed
              ? unknown(stretch, from)
              : blind ? used(map, stretch, from, limit) : hits(map, stretch, from, limit));
      start = end;
    }
    boolean more = hits.size() > limit;
    Names paths = state.names(filesystem);
    List<OwnerView> views = new ArrayList<>(Math.min(hits.size(), limit));
    for (Hit hit : hits.subList(0, Math.min(hits.size(), limit))) {
      views.add(view(paths, hit));
    }
    String next = more ? hits.get(limit - 1).place().toString() : null;
    return new OwnersView(views, next);
  }

  /** The one owner of a stretch whose owners are not known any more. */
  private static List<Hit> unknown(SectorRange stretch, Cursor from) {
    Cursor place = new Cursor(stretch.startSector(), 0, 0, 0);
    if (place.compareTo(from) <= 0) {
      return List.of();
    }
    MapRecord record =
        MapRecord.special(stretch.startSector(), stretch.sectorCount(), SpecialOwner.UNKNOWN);
    return List.of(new Hit(record, place, stretch.sectorCount()));
  }

  /** Free stretches, and between them those that somebody has; at most one more than asked for. */
  private static List<Hit> used(ReverseMap map, SectorRange asked, Cursor from, int limit) {
    List<Hit> hits = new ArrayList<>();
    long[] used = {Math.max(asked.startSector(), from.sector())};
    map.forEachOverlapping(
        used[0],
        asked.endSector(),
        record -> {
          if (record.isFree()) {
            addUsed(hits, used[0], record.startSector(), from);
            add(hits, record.record(), record.startSector(), record.sectorCount(), from);
            used[0] = record.endSector();
          }
          return hits.size() <= limit;
        });
    if (hits.size() <= limit) {
      addUsed(hits, used[0], asked.endSector(), from);
    }
    return hits;
  }

  private static void addUsed(List<Hit> hits, long start, long end, Cursor from) {
    if (start < end) {
      MapRecord record = MapRecord.special(start, end - start, SpecialOwner.UNKNOWN);
      add(hits, record, start, end - start, from);
    }
  }

  private static void add(List<Hit> hits, MapRecord record, long start, long count, Cursor from) {
    Cursor place = new Cursor(start, 0, 0, 0);
    if (place.compareTo(from) > 0) {
      hits.add(new Hit(record, place, count));
    }
  }

  /** One more than {@code limit}, if there are as many. */
  private static List<Hit> hits(ReverseMap map, SectorRange asked, Cursor from, int limit) {
    List<Hit> atStart = new ArrayList<>();
    List<Hit> later = new ArrayList<>();
    // What was told up to the cursor's sector is not looked at again.
    long start = Math.max(asked.startSector(), from.sector());
    map.forEachOverlapping(
        start,
        asked.endSector(),
        record -> {
          long clipped = Math.max(asked.startSector(), record.startSector());
          long count = Math.min(asked.endSector(), record.endSector()) - clipped;
          Cursor place = place(record, clipped);
          if (place.compareTo(from) > 0) {
            // Records that began before the range all begin with it: they are sorted anew.
            (clipped == asked.startSector() ? atStart : later)
                .add(new Hit(record.record(), place, count));
          }
          return later.size() <= limit;
        });
    atStart.sort(Comparator.comparing(Hit::place));
    atStart.addAll(later);
    return atStart;
  }

  private static Cursor place(ReverseMap.Cursor record, long clippedStart) {
    if (!record.isInode()) {
      return new Cursor(clippedStart, 0, 0, 0);
    }
    long offset =
        record.fork() == Fork.BMBT
            ? 0
            : record.fileOffsetSectors() + clippedStart - record.startSector();
    return new Cursor(clippedStart, record.inode(), record.fork().ordinal(), offset);
  }

  private static OwnerView view(Names paths, Hit hit) {
    MapRecord record = hit.record();
    long sector = hit.place().sector();
    SpecialOwner special = record.special();
    if (special != null) {
      return new OwnerView(
          special.kernelName(), null, null, null, null, null, sector, hit.count(), null);
    }
    List<String> flags = new ArrayList<>(2);
    if (record.shared()) {
      flags.add("shared");
    }
    if (record.unwritten()) {
      flags.add("unwritten");
    }
    boolean hasOffset = record.fork() != Fork.BMBT;
    return new OwnerView(
        "inode",
        record.inode(),
        paths.pathsOf(record.inode()),
        record.fork().word(),
        hasOffset ? hit.place().fileOffset() * SectorRange.SECTOR_BYTES : null,
        hit.count() * SectorRange.SECTOR_BYTES,
        sector,
        hit.count(),
        flags);
  }
}
