package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/** Superblocks of contents: what mkfs wrote, or what an imported map shows. */
final class Disks {

  /** Records of an imported map that are looked at to learn its block size. */
  private static final int MAX_RECORDS = 100_000;

  private static final int LARGEST_BLOCK_SECTORS = 128;
  private static final int SECTOR = 512;

  private Disks() {}

  /** Why nobody knows what is where; null if it is known. */
  static @Nullable Problem whyNone(FsState state, Filesystem filesystem) {
    Contents contents = state.contentsOf(filesystem);
    if (contents != null && contents.disk() != null) {
      return null;
    }
    Section data = filesystem.imported().section(Role.DATA);
    boolean known = data != null && data.namesOwners();
    return known
        ? null
        : Problem.refused(
            "unknown-contents",
            "Nobody knows what is where",
            "The map of "
                + filesystem.name()
                + " names no owners (it was imported from a filesystem without a reverse map), so"
                + " nobody knows where its files are");
  }

  static Disk of(FsState state, Filesystem filesystem) {
    Contents contents = state.contentsOf(filesystem);
    Disk disk = contents == null ? null : contents.disk();
    if (disk != null) {
      return disk;
    }
    String upload = filesystem.imported().recordsUpload();
    if (upload == null) {
      throw new IllegalStateException(filesystem.name() + " has no superblock");
    }
    return new Disk(
        filesystem.name(), upload, guess(state, filesystem), state.names(filesystem).root());
  }

  /**
   * The geometry that a map shows: headers stand where groups begin, and all that there is begins
   * and ends with blocks.
   */
  private static Geometry guess(FsState state, Filesystem filesystem) {
    ReverseMap map = state.map(filesystem, Role.DATA);
    long[] seen = {LARGEST_BLOCK_SECTORS, 0, 0};
    map.forEachOverlapping(
        0,
        map.endSector(),
        record -> {
          if (!record.isFree()) {
            seen[0] |= record.startSector() | record.sectorCount();
            boolean header =
                !record.isInode() && record.special() == SpecialOwner.STATIC_FS_METADATA;
            seen[1] = header && seen[1] == 0 ? record.startSector() : seen[1];
          }
          return ++seen[2] < MAX_RECORDS || seen[1] == 0;
        });
    long blockSectors = Long.lowestOneBit(seen[0]);
    long blocks = map.endSector() / blockSectors;
    long agBlocks = seen[1] == 0 ? blocks : seen[1] / blockSectors;
    return new Geometry(
        (int) blockSectors * SECTOR,
        Math.max(1, blocks),
        Math.max(1, agBlocks),
        filesystem.rmapbt(),
        filesystem.spec().reflink(),
        0,
        0,
        0);
  }
}
