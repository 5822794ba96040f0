package io.faultline.device.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import java.util.function.BiFunction;
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
   * Where the device cannot clear poison, all of it is in the way.
   *
   * <p>A write that recovers poison does so on the boundaries of the kind (Linux {@code
   * pmem_recovery_write}: whole pages); where none is known it is a write like any other.
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
    if (!recover && !mayWrite(device, holder)) {
      return new Plan.Refused(DeviceProblems.claimed(device, device.claims().firstKey()));
    }
    if (!device.bound().clearsPoison()) {
      return untouched(device, range, DeviceProblems::cannotClear);
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
    boolean recovers = recover && !device.known(range).isEmpty();
    return recovers && !recoverable(device, range)
        ? new Plan.Refused(DeviceProblems.misalignedRecovery(device, range))
        : new Plan.Write(range, device.poison(range).intersect(whole), device.generation());
  }

  private static boolean recoverable(Device device, SectorRange range) {
    long unit = device.recoveryUnitSectors();
    boolean endsWell = range.endSector() % unit == 0 || range.endSector() == device.sectors();
    return range.startSector() % unit == 0 && endsWell;
  }

  /**
   * A processor's store through a mapping: it never heals, and over poison it does not end.
   *
   * @param holder who stores; null if it does not say
   */
  public static Plan store(
      Device device, SectorRange range, @Nullable String holder, @Nullable Long generation) {
    Problem unusable = unusable(device, generation);
    if (unusable != null) {
      return new Plan.Refused(unusable);
    }
    if (!device.kind().dax()) {
      return new Plan.Refused(DeviceProblems.notDax(device));
    }
    if (range.endSector() > device.sectors()) {
      return new Plan.Refused(DeviceProblems.pastEnd(device, range));
    }
    return mayWrite(device, holder)
        ? untouched(device, range, DeviceProblems::machineCheck)
        : new Plan.Refused(DeviceProblems.claimed(device, device.claims().firstKey()));
  }

  private static boolean mayWrite(Device device, @Nullable String holder) {
    return device.claims().isEmpty() || (holder != null && device.claims().containsKey(holder));
  }

  /**
   * A write of what has no poison at all; {@code refusal} says why not, by the first bad sector.
   */
  private static Plan untouched(
      Device device, SectorRange range, BiFunction<Device, Long, Problem> refusal) {
    Extents hidden = device.latent(range);
    if (!hidden.isEmpty()) {
      return new Plan.Discover(hidden.span());
    }
    Extents bad = device.known(range);
    return bad.isEmpty()
        ? new Plan.Write(range, Extents.EMPTY, device.generation())
        : new Plan.Refused(refusal.apply(device, bad.startSector(0)));
  }

  /**
   * Clearing: poison in whole clear units of the range goes, and zeroes come; none goes where the
   * device cannot clear.
   */
  public static Plan clear(Device device, SectorRange range) {
    if (device.state() == DeviceState.REMOVED) {
      return new Plan.Refused(DeviceProblems.removed(device));
    }
    if (range.endSector() > device.sectors()) {
      return new Plan.Refused(DeviceProblems.pastEnd(device, range));
    }
    SectorRange whole = device.wholeClearUnits(range);
    Extents heals = device.bound().clearsPoison() ? device.poison(whole) : Extents.EMPTY;
    return new Plan.Write(whole, heals, device.generation());
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
