package io.faultline.dm.core.target;

/**
 * A stretch of a lower block device that a target stands on.
 *
 * @param device the lower device or volume, by its name
 * @param startSector where the stretch begins on it
 * @param sectorCount how long it is, at least 1; {@link #WHOLE} for however long the device is
 * @param role what the target has it for
 */
public record Leg(String device, long startSector, long sectorCount, LegRole role) {

  /**
   * The count of a leg that begins at sector 0 and takes the device as it is, so that it always
   * fits: a metadata device, a log.
   */
  public static final long WHOLE = Long.MAX_VALUE;

  public Leg {
    if (sectorCount == WHOLE && startSector != 0) {
      throw new IllegalArgumentException("a leg that is a whole device begins at sector 0");
    }
  }

  /** A stretch that holds the target's sectors. */
  public Leg(String device, long startSector, long sectorCount) {
    this(device, startSector, sectorCount, LegRole.DATA);
  }

  /** A device that is taken as it is, for something else than the target's own sectors. */
  public static Leg whole(String device, LegRole role) {
    return new Leg(device, 0, WHOLE, role);
  }

  /** Whether it is the whole device, of whatever size. */
  public boolean isWhole() {
    return sectorCount == WHOLE;
  }

  /** The first sector of the lower device after the stretch. */
  public long endSector() {
    return startSector + sectorCount;
  }
}
