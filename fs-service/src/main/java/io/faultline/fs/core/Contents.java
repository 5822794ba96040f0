package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.PendingWrite;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a filesystem holds: the fold of the {@link FileFact}s of its contents, in whatever order
 * they come.
 *
 * <p>Contents that mkfs made are all facts. Those that began with an import are the imported map
 * and what was changed since: records of their own, and imported ones that are gone. Until the
 * import is there (or the superblock, for the others), records wait in {@code own} and {@code
 * gone}.
 */
final class Contents {

  /** A name in a directory. */
  record Name(long directory, String name) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int byDirectory = Long.compare(directory, other.directory);
      return byDirectory != 0 ? byDirectory : name.compareTo(other.name);
    }
  }

  private @Nullable Disk disk;
  private @Nullable Map<Role, ReverseMap> maps;

  /** On top of an import: records that are not imported, and imported ones that are gone. */
  private final Map<Role, ReverseMap> own = new EnumMap<>(Role.class);

  private final Map<Role, ReverseMap> gone = new EnumMap<>(Role.class);

  final TreeMap<Long, Inode> inodes = new TreeMap<>();

  /** By directory and name; 0 for an imported name that is gone. */
  final TreeMap<Long, TreeMap<String, Long>> entries = new TreeMap<>();

  final TreeMap<Long, TreeSet<Name>> names = new TreeMap<>();
  final TreeMap<Long, TreeMap<String, byte[]>> xattrs = new TreeMap<>();
  final TreeMap<String, PendingWrite> writes = new TreeMap<>();

  /** Files without a name, which somebody still has or which are still to be freed. */
  final TreeSet<Long> orphans = new TreeSet<>();

  private final InodeChunks chunks = new InodeChunks();
  private GroupTally @Nullable [] tallies;

  @Nullable Disk disk() {
    return disk;
  }

  boolean isAttached() {
    return maps != null;
  }

  /** The map of a device; null if there is none or it is not there yet. */
  @Nullable ReverseMap map(Role role) {
    return maps == null ? null : maps.get(role);
  }

  InodeChunks chunks() {
    return chunks;
  }

  boolean isEmpty() {
    return disk == null
        && inodes.isEmpty()
        && entries.isEmpty()
        && xattrs.isEmpty()
        && writes.isEmpty()
        && own.values().stream().allMatch(records -> records.size() == 0)
        && gone.values().stream().allMatch(records -> records.size() == 0);
  }

  void put(Disk superblock) {
    disk = superblock;
    if (superblock.upload() == null && maps == null) {
      Geometry geometry = superblock.geometry();
      Map<Role, ReverseMap> fresh = new EnumMap<>(Role.class);
      fresh.put(Role.DATA, ReverseMap.of(geometry.sectors(), SpecialOwner.FREE_SPACE));
      if (geometry.realtimeSectors() > 0) {
        fresh.put(
            Role.REALTIME, ReverseMap.of(geometry.realtimeSectors(), SpecialOwner.FREE_SPACE));
      }
      attach(fresh);
      own.clear();
    } else {
      own.getOrDefault(Role.DATA, none()).forEachOverlapping(0, Long.MAX_VALUE, this::countChunks);
    }
  }

  private boolean countChunks(ReverseMap.Cursor record) {
    if (!record.isInode() && record.special() == SpecialOwner.INODES && disk != null) {
      chunks.put(disk.geometry(), record.unshared(), true);
    }
    return true;
  }

  /** The maps are here: what waited for them is applied. */
  void attach(Map<Role, ReverseMap> built) {
    maps = built;
    gone.forEach(
        (role, records) ->
            forEach(records, record -> Objects.requireNonNull(built.get(role)).remove(record)));
    own.forEach(
        (role, records) ->
            forEach(
                records,
                record -> {
                  ReverseMap map = Objects.requireNonNull(built.get(role));
                  if (map.contains(record)) {
                    // It was imported, went, and came back.
                    map.remove(record);
                    set(gone, role).insert(record);
                  }
                  map.insert(record);
                  if (disk != null && record.special() == SpecialOwner.INODES) {
                    chunks.put(disk.geometry(), record, true);
                  }
                }));
  }

  private static void forEach(ReverseMap records, java.util.function.Consumer<MapRecord> action) {
    records.forEachOverlapping(
        0,
        Long.MAX_VALUE,
        record -> {
          if (!record.isFree()) {
            action.accept(record.unshared());
          }
          return true;
        });
  }

  private static ReverseMap none() {
    return ReverseMap.of(Long.MAX_VALUE, SpecialOwner.FREE_SPACE);
  }

  private static ReverseMap set(Map<Role, ReverseMap> records, Role role) {
    return records.computeIfAbsent(role, r -> none());
  }

  private boolean isImported() {
    return disk == null || disk.upload() != null;
  }

  /**
   * What takes a record away: the fact that it is gone if it was imported, or no fact at all.
   *
   * @return whether the fact stays, saying that the record is gone
   */
  boolean leavesTrace(Role role, MapRecord record) {
    return isImported() && (!set(own, role).contains(record) || set(gone, role).contains(record));
  }

  /**
   * A fact of a record came or went.
   *
   * @param present null if it went
   */
  void apply(Role role, MapRecord record, @Nullable Boolean present) {
    if (present != null && present) {
      if (isImported()) {
        set(own, role).insert(record);
      }
      change(role, record, true);
      return;
    }
    if (isImported()) {
      boolean mine = set(own, role).contains(record);
      boolean wasGone = set(gone, role).contains(record);
      if (mine) {
        set(own, role).remove(record);
      }
      if (present == null && wasGone) {
        set(gone, role).remove(record);
      } else if (present != null && !wasGone) {
        set(gone, role).insert(record);
      }
      if (!mine && wasGone) {
        return;
      }
    }
    change(role, record, false);
  }

  private void change(Role role, MapRecord record, boolean present) {
    if (maps == null) {
      return;
    }
    ReverseMap map = Objects.requireNonNull(maps.get(role));
    GroupTally tally = tallies == null || role != Role.DATA ? null : tallies[groupOf(record)];
    Neighbourhood before = tally == null ? null : around(map, record);
    if (present) {
      map.insert(record);
    } else {
      map.remove(record);
    }
    if (tally != null && before != null) {
      tally.count(record, present ? 1 : -1);
      tally.shift(before, around(map, record));
    }
    if (role == Role.DATA && record.special() == SpecialOwner.INODES) {
      chunks.put(Objects.requireNonNull(disk).geometry(), record, present);
    }
  }

  private int groupOf(MapRecord record) {
    return Objects.requireNonNull(disk).geometry().agOf(record.startSector());
  }

  private Neighbourhood around(ReverseMap map, MapRecord record) {
    return around(Objects.requireNonNull(disk).geometry(), MapView.of(map), record);
  }

  /** What changes with a record: its own sectors, and one more on each side within its group. */
  static Neighbourhood around(Geometry geometry, MapView view, MapRecord record) {
    int ag = geometry.agOf(record.startSector());
    long start = Math.max(geometry.agStart(ag), record.startSector() - 1);
    long end = Math.min(geometry.agEnd(ag), record.endSector() + 1);
    return Neighbourhood.of(view, start, end);
  }

  /** The counts of a group; all groups are counted when the first is asked for. */
  GroupTally tally(Geometry geometry, int ag) {
    GroupTally[] counted = tallies;
    if (counted == null) {
      counted = new GroupTally[geometry.agCount()];
      ReverseMap map = Objects.requireNonNull(map(Role.DATA));
      for (int group = 0; group < counted.length; group++) {
        counted[group] = Tallying.of(map, geometry.agStart(group), geometry.agEnd(group));
      }
      tallies = counted;
    }
    return counted[ag];
  }

  void put(long number, Inode inode) {
    inodes.put(number, inode);
    chunks.use(number, true);
    if (inode.links() == 0) {
      orphans.add(number);
    } else {
      orphans.remove(number);
    }
  }

  void removeInode(long number) {
    inodes.remove(number);
    chunks.use(number, false);
    orphans.remove(number);
  }

  /**
   * @param inode null if the fact went
   */
  void putEntry(long directory, String name, @Nullable Long inode) {
    TreeMap<String, Long> there = entries.computeIfAbsent(directory, d -> new TreeMap<>());
    Long before = inode == null ? there.remove(name) : there.put(name, inode);
    if (there.isEmpty()) {
      entries.remove(directory);
    }
    Name link = new Name(directory, name);
    if (before != null && before != 0) {
      TreeSet<Name> links = names.get(before);
      if (links != null) {
        links.remove(link);
        if (links.isEmpty()) {
          names.remove(before);
        }
      }
    }
    if (inode != null && inode != 0) {
      names.computeIfAbsent(inode, i -> new TreeSet<>()).add(link);
    }
  }

  void putXattr(long inode, String name, byte @Nullable [] value) {
    TreeMap<String, byte[]> there = xattrs.computeIfAbsent(inode, i -> new TreeMap<>());
    if (value == null) {
      there.remove(name);
    } else {
      there.put(name, value);
    }
    if (there.isEmpty()) {
      xattrs.remove(inode);
    }
  }

  void removeDisk() {
    disk = null;
  }

  /** The records that are facts of their own. */
  Map<Role, ReverseMap> ownRecords() {
    return isImported() || maps == null ? own : maps;
  }

  Map<Role, ReverseMap> goneRecords() {
    return gone;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Contents contents
        && Objects.equals(disk, contents.disk)
        && Objects.equals(maps, contents.maps)
        && inodes.equals(contents.inodes)
        && entries.equals(contents.entries)
        && writes.equals(contents.writes)
        && sameXattrs(contents);
  }

  private boolean sameXattrs(Contents other) {
    if (!xattrs.keySet().equals(other.xattrs.keySet())) {
      return false;
    }
    for (Map.Entry<Long, TreeMap<String, byte[]>> entry : xattrs.entrySet()) {
      TreeMap<String, byte[]> theirs = Objects.requireNonNull(other.xattrs.get(entry.getKey()));
      if (!entry.getValue().keySet().equals(theirs.keySet())
          || !entry.getValue().entrySet().stream()
              .allMatch(each -> Arrays.equals(each.getValue(), theirs.get(each.getKey())))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return Objects.hash(disk, inodes, entries);
  }

  @Override
  public String toString() {
    return disk + " inodes " + inodes + " entries " + entries + " writes " + writes;
  }
}
