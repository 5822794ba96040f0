package io.faultline.fs.core;

/**
 * One device's part of an imported reverse map.
 *
 * @param number of the section within its upload
 * @param parts how many parts it came in
 * @param records how many records
 * @param namesOwners whether a record names an inode or metadata
 * @param namesUnknown whether a record says that nobody knows the owner
 */
public record Section(
    Role role, int number, int parts, long records, boolean namesOwners, boolean namesUnknown) {

  /** Whether it comes from a filesystem with a reverse map: without one all in use is unknown. */
  public boolean isReverseMapped() {
    return namesOwners || !namesUnknown;
  }
}
