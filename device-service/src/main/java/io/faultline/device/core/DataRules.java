package io.faultline.device.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/**
 * What a request for the bytes of a device may do. Nothing here changes anything: the one who moves
 * the bytes asks, moves them, and then says what healed.
 */
public final class DataRules {

  private DataRules() {}

  /** What is to be done. */
  public sealed interface Plan {

    /** Nothing; the answer is this. */
    record Refused(Problem problem) implements Plan {}

    /**
     * Latent poison lies in the way: {@link DeviceCommand.Discover} it, and ask again.
     *
     * @param range where
     */
    record Discover(SectorRange range) implements Plan {}

    /**
     * Give these sectors.
     *
     * @param range the part of the asked range that the device has
     * @param bad sectors of it whose content is lost
     */
    record Read(SectorRange range, Extents bad) implements Plan {}

    /**
     * Store these sectors; then {@link DeviceCommand.Heal} what is in {@code heals}, if anything.
     *
     * @param generation of the device now
     */
    record Write(SectorRange range, Extents heals, long generation) implements Plan {}
  }

  /**
   * @param generation that the caller knows; null if it does not say
   * @param recover give what is left, instead of refusing
   */
  public static Plan read(
      Device device, SectorRange asked, @Nullable Long generation, boolean recover) {
    Problem unusable = unusable(device, generation);
    if (unusable != null) {
      return new Plan.Refused(unusable);
    }
    SectorRange range = asked.intersect(device.whole());
    if (!device.latent(range).isEmpty()) {
      return new Plan.Discover(range);
    }
    Extents bad = device.known(range);
    return bad.isEmpty() || recover
        ? new Plan.Read(range, bad)
        : new Plan.Refused(DeviceProblems.mediaError(device, bad.startSector(0)));
  }

  /**
   * As block writes do, a write heals every clear unit that it covers whole. Poison in a unit that
   * it covers in part would have to be read to be kept, so that is refused before a byte is moved.
   *
   * @param holder who writes; null if it does not say
   * @param recover the caller means to repair, under whoever's claim
   */
  public static Plan write(
      Device device,
      SectorRange range,
      @Nullable String holder,
      @Nullable Long generation,
      boolean recover) {
    Problem unusable = unusable(device, generation);
    if (unusable != null) {
      return new Plan.Refused(unusable);
    }
    Problem outOfShape = outOfShape(device, range);
    if (outOfShape != null) {
      return new Plan.Refused(outOfShape);
    }
    boolean mayWrite =
        device.claims().isEmpty()
            || recover
            || (holder != null && device.claims().containsKey(holder));
    if (!mayWrite) {
      return new Plan.Refused(DeviceProblems.claimed(device, device.claims().firstKey()));
    }
    //  write         |-------------------|
    //  units   |--------|--------|--------|--------|
    //  whole            |-----------------|          heals
    //  in part       |--|                 ||         must be clean
    Extents whole = Extents.of(device.wholeClearUnits(range));
    Extents inPart = Extents.of(range).subtract(whole);
    Extents hidden = device.latent(range).intersect(inPart);
    if (!hidden.isEmpty()) {
      return new Plan.Discover(hidden.span());
    }
    Extents bad = device.known(inPart);
    if (!bad.isEmpty()) {
      return new Plan.Refused(DeviceProblems.mediaError(device, bad.startSector(0)));
    }
    return new Plan.Write(range, device.poison(range).intersect(whole), device.generation());
  }

  /** Clearing: poison in whole clear units of the range goes, and zeroes come. */
  public static Plan clear(Device device, SectorRange range) {
    if (device.state() == DeviceState.REMOVED) {
      return new Plan.Refused(DeviceProblems.removed(device));
    }
    if (range.endSector() > device.sectors()) {
      return new Plan.Refused(DeviceProblems.pastEnd(device, range));
    }
    SectorRange whole = device.wholeClearUnits(range);
    return new Plan.Write(whole, device.poison(whole), device.generation());
  }

  private static @Nullable Problem unusable(Device device, @Nullable Long generation) {
    if (device.state() == DeviceState.REMOVED) {
      return DeviceProblems.removed(device);
    }
    return generation != null && generation != device.generation()
        ? DeviceProblems.staleGeneration(device, generation)
        : null;
  }

  private static @Nullable Problem outOfShape(Device device, SectorRange range) {
    if (range.endSector() > device.sectors()) {
      return DeviceProblems.pastEnd(device, range);
    }
    long blockSectors = device.bound().logicalBlockBytes() / Device.SECTOR_BYTES;
    boolean aligned =
        range.startSector() % blockSectors == 0 && range.endSector() % blockSectors == 0;
    return aligned ? null : DeviceProblems.misaligned(device, range);
  }
}
