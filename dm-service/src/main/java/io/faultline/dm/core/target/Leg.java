package io.faultline.dm.core.target;

/**
 * A stretch of a lower block device that a target stands on.
 *
 * @param device the lower device or volume, by its name
 * @param startSector where the stretch begins on it
 * @param sectorCount how long it is, at least 1
 */
public record Leg(String device, long startSector, long sectorCount) {

  /** The first sector of the lower device after the stretch. */
  public long endSector() {
    return startSector + sectorCount;
  }
}
