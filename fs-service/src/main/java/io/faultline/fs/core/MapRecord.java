package io.faultline.fs.core;

import org.jspecify.annotations.Nullable;

/**
 * One record of a reverse map, as it is read from a dump. The map itself keeps no such objects.
 *
 * @param startSector where it starts on its device
 * @param sectorCount how many sectors, at least 1
 * @param special who owns it if that is no inode
 * @param inode the inode, 0 if {@code special} is set
 * @param fork which part of the inode
 * @param fileOffsetSectors position in the fork, 0 for {@link Fork#BMBT} and special owners
 * @param shared other records own the same sectors, as far as the dump tells
 * @param unwritten preallocated: reads as zeros whatever the device holds
 */
public record MapRecord(
    long startSector,
    long sectorCount,
    @Nullable SpecialOwner special,
    long inode,
    Fork fork,
    long fileOffsetSectors,
    boolean shared,
    boolean unwritten) {

  public static MapRecord special(long startSector, long sectorCount, SpecialOwner owner) {
    return new MapRecord(startSector, sectorCount, owner, 0, Fork.DATA, 0, false, false);
  }

  public static MapRecord data(
      long startSector, long sectorCount, long inode, long fileOffsetSectors) {
    return new MapRecord(
        startSector, sectorCount, null, inode, Fork.DATA, fileOffsetSectors, false, false);
  }

  public long endSector() {
    return startSector + sectorCount;
  }
}
