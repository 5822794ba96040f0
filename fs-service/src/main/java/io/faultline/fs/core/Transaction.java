package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.DirEntry;
import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.MapChange;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FileFact.Xattr;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A change of a filesystem's contents in the making: what it does to records, inodes and names is
 * seen by its own later steps, and becomes facts all at once with the {@link Draft} that it belongs
 * to. Last of all the btrees get the blocks that their records need then.
 */
final class Transaction {

  /** A file extent is no longer than the 21 bits of its length in an XFS record. */
  private static final long MAX_EXTENT_BLOCKS = (1 << 21) - 1;

  final Draft draft;
  final Filesystem filesystem;
  final String id;
  final Contents contents;
  final Disk disk;
  final Geometry geometry;
  final Names names;

  private final Map<Role, MapDraft> maps = new EnumMap<>(Role.class);
  private final Map<Role, Extents> rewritten = new EnumMap<>(Role.class);
  private final Map<Integer, GroupTally> tallies = new TreeMap<>();
  private final TreeMap<Long, Inode> inodes = new TreeMap<>();
  private final TreeSet<Long> removedInodes = new TreeSet<>();
  private final TreeMap<Long, long[]> forkChanges = new TreeMap<>();
  private final Map<Contents.Name, Long> entries = new TreeMap<>();
  private final Map<String, @Nullable FileFact> others = new LinkedHashMap<>();
  private final InodeChunks newChunks = new InodeChunks();
  private final boolean newDisk;

  Transaction(Draft draft, Filesystem filesystem, Disk disk) {
    this.draft = draft;
    this.filesystem = filesystem;
    this.id = Objects.requireNonNull(filesystem.contents());
    this.disk = disk;
    this.geometry = disk.geometry();
    Contents there = draft.state.contents.get(id);
    this.newDisk = there == null || there.disk() == null;
    this.contents = there == null ? new Contents() : there;
    this.names = draft.state.names(filesystem);
  }

  // Records.

  MapDraft map(Role role) {
    return maps.computeIfAbsent(
        role,
        r -> {
          ReverseMap there = contents.map(r);
          return new MapDraft(there == null ? draft.state.map(filesystem, r) : there);
        });
  }

  GroupTally tally(int ag) {
    return tallies.computeIfAbsent(ag, a -> counted(a).copyOfCounts());
  }

  private GroupTally counted(int ag) {
    return contents.isAttached()
        ? contents.tally(geometry, ag)
        : Tallying.of(
            draft.state.map(filesystem, Role.DATA), geometry.agStart(ag), geometry.agEnd(ag));
  }

  void add(Role role, MapRecord record) {
    change(role, record, 1);
  }

  void remove(Role role, MapRecord record) {
    change(role, record, -1);
  }

  private void change(Role role, MapRecord record, int by) {
    MapDraft map = map(role);
    boolean counts = role == Role.DATA;
    Neighbourhood before = counts ? Contents.around(geometry, map, record) : null;
    if (by > 0) {
      map.add(record);
    } else {
      map.remove(record);
    }
    if (before != null) {
      GroupTally tally = tally(geometry.agOf(record.startSector()));
      tally.count(record, by);
      tally.shift(before, Contents.around(geometry, map, record));
    }
    if (record.special() == null) {
      long[] forks = forkChanges.computeIfAbsent(record.inode(), i -> new long[3]);
      forks[record.fork().ordinal()] +=
          record.fork() == Fork.DATA ? by : by * record.sectorCount() / geometry.blockSectors();
    }
  }

  /**
   * Gives a piece of a device to a fork, as one record with what lies before or behind it both on
   * the device and in the file.
   */
  void mapExtent(
      Role role, long inode, Fork fork, long offset, long start, long count, boolean unwritten) {
    MapDraft map = map(role);
    long from = offset;
    long to = offset + count;
    for (MapRecord each : map.of(inode, fork, Math.max(0, offset - 1), offset + count + 1)) {
      boolean before =
          each.fileOffsetSectors() + each.sectorCount() == offset && each.endSector() == start;
      boolean behind =
          each.fileOffsetSectors() == offset + count && each.startSector() == start + count;
      boolean fits =
          to - from + each.sectorCount() <= MAX_EXTENT_BLOCKS * geometry.blockSectors()
              && (role != Role.DATA || geometry.agOf(each.startSector()) == geometry.agOf(start));
      if ((before || behind) && fits && each.unwritten() == unwritten && !each.shared()) {
        remove(role, each);
        from = Math.min(from, each.fileOffsetSectors());
        to = Math.max(to, each.fileOffsetSectors() + each.sectorCount());
      }
    }
    long begin = start - (offset - from);
    add(role, new MapRecord(begin, to - from, null, inode, fork, from, false, unwritten));
  }

  /** A piece of a fork that was unmapped. */
  record Piece(long fileSector, long deviceSector, long sectors, boolean unwritten) {}

  /** Takes sectors {@code [from, to)} from a fork; what was there. */
  List<Piece> unmap(Role role, long inode, Fork fork, long from, long to) {
    List<Piece> gone = new ArrayList<>();
    for (MapRecord each : map(role).of(inode, fork, from, to)) {
      long offset = each.fileOffsetSectors();
      long end = offset + each.sectorCount();
      long first = Math.max(from, offset);
      long last = Math.min(to, end);
      remove(role, each);
      if (offset < first) {
        add(role, part(each, offset, first));
      }
      if (last < end) {
        add(role, part(each, last, end));
      }
      gone.add(
          new Piece(first, each.startSector() + first - offset, last - first, each.unwritten()));
    }
    return gone;
  }

  private static MapRecord part(MapRecord record, long from, long to) {
    return new MapRecord(
        record.startSector() + from - record.fileOffsetSectors(),
        to - from,
        null,
        record.inode(),
        record.fork(),
        from,
        record.shared(),
        record.unwritten());
  }

  /** Pages of sectors {@code [from, to)} of a file have to be asked for again. */
  void invalidate(long inode, long from, long to) {
    if (from < to) {
      Pages.invalidate(draft, filesystem, inode, Extents.of(from, to - from));
    }
  }

  /** What is unwritten in {@code [from, to)} of a file is written from now on. */
  void convert(Role role, long inode, long from, long to) {
    for (MapRecord each : map(role).of(inode, Fork.DATA, from, to)) {
      if (each.unwritten()) {
        long first = Math.max(from, each.fileOffsetSectors());
        long last = Math.min(to, each.fileOffsetSectors() + each.sectorCount());
        for (Piece piece : unmap(role, inode, Fork.DATA, first, last)) {
          mapExtent(
              role,
              inode,
              Fork.DATA,
              piece.fileSector(),
              piece.deviceSector(),
              piece.sectors(),
              false);
          invalidate(inode, piece.fileSector(), piece.fileSector() + piece.sectors());
        }
      }
    }
  }

  /** Gives sectors to a special owner, joined with its neighbours of the same kind. */
  void own(SpecialOwner owner, long start, long count) {
    long from = start;
    long to = start + count;
    if (!isImported()) {
      int ag = geometry.agOf(start);
      for (MapRecord each : map(Role.DATA).overlapping(Math.max(0, start - 1), to + 1)) {
        boolean joins = each.special() == owner && geometry.agOf(each.startSector()) == ag;
        if (joins) {
          remove(Role.DATA, each);
          from = Math.min(from, each.startSector());
          to = Math.max(to, each.endSector());
        }
      }
    }
    add(Role.DATA, MapRecord.special(from, to - from, owner));
  }

  /** Gives sectors to the staging of copies on write, as a record of their own. */
  void stage(Role role, long start, long count) {
    add(role, MapRecord.special(start, count, SpecialOwner.COW_RESERVATION));
  }

  /** Takes sectors of the data device from a special owner that has them. */
  void disown(SpecialOwner owner, long start, long count) {
    disown(Role.DATA, owner, start, count);
  }

  /** Takes sectors from the staging of copies on write. */
  void unstage(Role role, long start, long count) {
    disown(role, SpecialOwner.COW_RESERVATION, start, count);
  }

  private void disown(Role role, SpecialOwner owner, long start, long count) {
    for (MapRecord each : map(role).overlapping(start, start + count)) {
      if (each.special() == owner) {
        remove(role, each);
        if (each.startSector() < start) {
          add(role, MapRecord.special(each.startSector(), start - each.startSector(), owner));
        }
        if (each.endSector() > start + count) {
          add(role, MapRecord.special(start + count, each.endSector() - start - count, owner));
        }
      }
    }
  }

  boolean isImported() {
    return disk.upload() != null;
  }

  /** Sectors of a device hold from now on what somebody wrote, whatever they lost before. */
  void rewritten(Role role, Extents sectors) {
    rewritten.merge(role, sectors, Extents::union);
  }

  /** Sectors of a device whose content is lost once this change is made. */
  Extents lost(Role role) {
    Extents lost = Losses.of(draft.state, filesystem, role);
    return lost.subtract(rewritten.getOrDefault(role, Extents.EMPTY));
  }

  // Inodes, names, attributes.

  /** The newest value of an inode; null if there is none. */
  @Nullable Inode inode(long number) {
    if (removedInodes.contains(number)) {
      return null;
    }
    Inode changed = inodes.get(number);
    if (changed != null) {
      return changed;
    }
    Inode there = names.inode(number);
    return there == null || there.dataExtents() != ImportedInodes.UNCOUNTED
        ? there
        : ImportedInodes.count(this, number, there);
  }

  void put(long number, Inode inode) {
    removedInodes.remove(number);
    inodes.put(number, inode);
  }

  void removeInode(long number) {
    inodes.remove(number);
    removedInodes.add(number);
  }

  /** Says that bytes of a file may be elsewhere than before. */
  void moved(long number) {
    Inode inode = inode(number);
    if (inode != null) {
      put(number, inode.withVersion(versionAfter(inode.version())));
    }
  }

  /** Versions rise with time, so that a number that is used again does not have an old one. */
  long versionAfter(long version) {
    return Math.max(version + 1, draft.stamp.now().toEpochMilli());
  }

  /** Chunks of inodes that this change makes. */
  InodeChunks newChunks() {
    return newChunks;
  }

  /** Whether an inode has its number from this change. */
  boolean isTaken(long number) {
    return inodes.containsKey(number);
  }

  /**
   * Gives a name, or takes one away.
   *
   * @param inode 0 to take it away
   */
  void name(long directory, String name, long inode) {
    entries.put(new Contents.Name(directory, name), inode);
  }

  /** The names of an inode once this change is made. */
  List<String> pathsOf(long inode) {
    return names.pathsOf(inode, entries);
  }

  void fact(String key, FileFact value) {
    others.put(key, value);
  }

  void gone(String key) {
    others.put(key, null);
  }

  void put(String write, PendingWrite pending) {
    fact(Keys.write(id, write), pending);
  }

  void putXattr(long inode, String name, byte @Nullable [] value) {
    others.put(Keys.xattr(id, inode, name), value == null ? null : new Xattr(value));
  }

  // The end.

  /** Everything as facts of the draft. */
  void emit() {
    settle();
    if (newDisk) {
      draft.fact(Keys.disk(id), disk);
    }
    maps.forEach(
        (role, map) -> {
          for (MapRecord record : map.removed()) {
            String key = Keys.extent(id, role, record);
            if (contents.leavesTrace(role, record)) {
              draft.fact(key, new MapChange(false));
            } else {
              draft.gone(key);
            }
          }
          for (MapRecord record : map.added()) {
            draft.fact(Keys.extent(id, role, record), new MapChange(true));
          }
        });
    removedInodes.forEach(
        number -> {
          if (contents.inodes.containsKey(number)) {
            draft.gone(Keys.inode(id, number));
          }
        });
    inodes.forEach((number, inode) -> draft.fact(Keys.inode(id, number), inode));
    entries.forEach(this::emitEntry);
    others.forEach(
        (key, value) -> {
          if (value == null) {
            draft.gone(key);
          } else {
            draft.fact(key, value);
          }
        });
  }

  private void emitEntry(Contents.Name name, long inode) {
    String key = Keys.entry(id, name.directory(), name.name());
    if (inode != 0 || names.isImported(name.directory(), name.name())) {
      draft.fact(key, new DirEntry(inode));
    } else {
      draft.gone(key);
    }
  }

  private void settle() {
    BtreeBlocks trees = new BtreeBlocks(this);
    for (Long number : List.copyOf(forkChanges.keySet())) {
      Inode inode = inode(number);
      if (inode != null) {
        trees.settleFork(number, extents(number, inode), inode);
      }
    }
    forkChanges.forEach(
        (number, change) -> {
          Inode inode = inode(number);
          if (inode != null) {
            put(
                number,
                inode.withForks(
                    inode.dataExtents() + change[Fork.DATA.ordinal()],
                    inode.attrBlocks() + change[Fork.ATTR.ordinal()],
                    inode.bmbtBlocks() + change[Fork.BMBT.ordinal()]));
          }
        });
    trees.settleGroups(new ArrayList<>(tallies.keySet()));
  }

  private long extents(long number, Inode inode) {
    return inode.dataExtents() + forkChange(number, Fork.DATA);
  }

  /** By how many records (of the data fork) or blocks (of another) a fork has grown. */
  long forkChange(long number, Fork fork) {
    long[] change = forkChanges.get(number);
    return change == null ? 0 : change[fork.ordinal()];
  }
}
