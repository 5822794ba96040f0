package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.SectorRange;

/**
 * Inodes of which only their extents and names are known, for they were imported: a name with
 * others below it is a directory, and a file ends where its last extent does.
 */
final class ImportedInodes {

  /** Records are counted when the inode is changed for the first time. */
  static final long UNCOUNTED = -1;

  private ImportedInodes() {}

  static Inode derive(
      FsState state, Filesystem filesystem, long number, boolean directory, int names) {
    long sectors = 0;
    boolean realtime = false;
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (filesystem.spec().device(role) != null) {
        ReverseMap map = state.map(filesystem, role);
        long end = map.endOf(number, Fork.DATA, sizeLimit(directory));
        sectors = Math.max(sectors, end);
        realtime = role == Role.REALTIME && end > 0;
      }
    }
    return new Inode(
        directory,
        sectors * SectorRange.SECTOR_BYTES,
        Math.max(1, names),
        false,
        0,
        UNCOUNTED,
        0,
        0,
        0,
        0,
        0,
        realtime);
  }

  /** Leaf and free-index blocks of a directory lie behind what counts as its size. */
  private static long sizeLimit(boolean directory) {
    return directory ? Directories.LEAF_SECTOR : Long.MAX_VALUE;
  }

  /** The same with everything counted, as a change needs it. */
  static Inode count(Transaction change, long number, Inode inode) {
    long block = change.geometry.blockSectors();
    long[] records = new long[1];
    long[] attributes = new long[1];
    long[] btrees = new long[1];
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (change.filesystem.spec().device(role) != null) {
        change
            .draft
            .state
            .map(change.filesystem, role)
            .forEachOf(
                number,
                record -> {
                  switch (record.fork()) {
                    case DATA -> records[0]++;
                    case ATTR -> attributes[0] += record.sectorCount() / block;
                    case BMBT -> btrees[0] += record.sectorCount() / block;
                  }
                  return true;
                });
      }
    }
    long entries = 0;
    long entryBytes = 0;
    if (inode.directory()) {
      for (String name : change.names.all(number)) {
        entries++;
        entryBytes += FileNames.entryBytes(name);
      }
    }
    return new Inode(
        inode.directory(),
        inode.sizeBytes(),
        inode.links(),
        inode.dax(),
        inode.version(),
        records[0],
        attributes[0],
        attributes[0],
        btrees[0],
        entries,
        entryBytes,
        inode.realtime());
  }
}
