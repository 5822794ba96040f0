package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;

/** From a file to its sectors: the way that a page fault goes. */
final class FileExtents {

  private FileExtents() {}

  /** Takes a piece of a file. */
  @FunctionalInterface
  interface Piece {
    /**
     * @param role the device it lies on
     * @param fileSector where it starts in the file
     * @param deviceSector where it starts on the device
     * @param sectorCount how long it is
     * @param unwritten whether it is preallocated and reads as zeros
     */
    void accept(Role role, long fileSector, long deviceSector, long sectorCount, boolean unwritten);
  }

  /** The pieces of the file's sectors {@code [fileStart, fileEnd)} that are not holes. */
  static void forEach(
      FsState state,
      Filesystem filesystem,
      long inode,
      long fileStart,
      long fileEnd,
      Piece pieces) {
    // A realtime file's data lies on the realtime device only, every other file's on the data one.
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (filesystem.spec().device(role) != null) {
        state
            .map(filesystem, role)
            .forEachDataOf(
                inode,
                fileStart,
                fileEnd,
                record -> {
                  long offset = record.fileOffsetSectors();
                  long from = Math.max(fileStart, offset);
                  long to = Math.min(fileEnd, offset + record.sectorCount());
                  long deviceSector = record.startSector() + (from - offset);
                  pieces.accept(role, from, deviceSector, to - from, record.unwritten());
                  return true;
                });
      }
    }
  }

  /** All pieces of a file that are not holes, once a change is made, in no order. */
  static void forEach(Transaction change, long inode, Piece pieces) {
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (change.filesystem.spec().device(role) != null) {
        change
            .map(role)
            .forEachOf(
                inode,
                Fork.DATA,
                0,
                Long.MAX_VALUE,
                record ->
                    pieces.accept(
                        role,
                        record.fileOffsetSectors(),
                        record.startSector(),
                        record.sectorCount(),
                        record.unwritten()));
      }
    }
  }
}
