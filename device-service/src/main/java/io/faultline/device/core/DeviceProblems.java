package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Why a device does not do what it is asked for. Kinds and members are part of the contract. */
public final class DeviceProblems {

  private DeviceProblems() {}

  public static Problem unknownDevice(String host, String device) {
    return Problem.notFound("host " + host + " has no device " + device);
  }

  public static Problem neverRemoved(String device) {
    return Problem.notFound("device " + device + " was never removed");
  }

  static Problem exists(Device device) {
    var bound = device.bound();
    return Problem.conflict(
        "already-exists",
        "Something else of that name exists",
        "device "
            + device.name()
            + " exists as kind "
            + bound.kind()
            + ", sizeBytes "
            + bound.sizeBytes()
            + ", logicalBlockBytes "
            + bound.logicalBlockBytes()
            + ", clearUnitBytes "
            + bound.clearUnitBytes()
            + ", clearsPoison "
            + bound.clearsPoison());
  }

  public static Problem nameTaken(String name) {
    return Problem.conflict(
        "already-exists",
        "Something else of that name exists",
        "devices and volumes of a host share one name space, and " + name + " is a volume");
  }

  public static Problem tooMany(String what, long limit, String setting) {
    return new Problem(
        "no-room",
        507,
        "There is no room for more",
        "at most " + limit + " " + what + "; the limit is faultline.device." + setting);
  }

  static Problem shape(String pointer, String detail) {
    return Problem.refused("device-shape", "There is no such device", detail).at(pointer, detail);
  }

  static Problem pastEnd(Device device, SectorRange range) {
    return Problem.refused(
        "past-end",
        "The range reaches past the end",
        "range "
            + range
            + " ends at sector "
            + range.endSector()
            + ", device "
            + device.name()
            + " has "
            + device.sectors()
            + " sectors");
  }

  static Problem duration(Duration asked, Duration limit) {
    return Problem.refused(
            "duration",
            "A fault cannot last so long",
            "duration is above PT0S and at most "
                + limit
                + " (faultline.device.limits.fault-duration), not "
                + asked)
        .at("/duration", "out of bounds");
  }

  /** More ranges in one injection than there may be. */
  public static Problem tooManyRanges(long asked, long limit) {
    return Problem.refused(
        "too-many-ranges",
        "Too many ranges at once",
        "at most "
            + limit
            + " ranges go bad in one call (faultline.device.limits.ranges-per-call), not "
            + asked);
  }

  static Problem scatterTooDense(Device device, long asked, long fitting, SectorRange window) {
    return Problem.refused(
            "scatter-too-dense",
            "So many ranges do not fit",
            "at most "
                + fitting
                + " ranges of that length that do not touch fit into "
                + window
                + " of device "
                + device.name()
                + ", not "
                + asked)
        .at("/scatter/ranges", "more than " + fitting)
        .with("fitting", fitting);
  }

  static Problem scrubRunning(Device device, Map<String, @Nullable Object> scrub) {
    return Problem.conflict(
            "scrub-running",
            "A scrub is running",
            "device "
                + device.name()
                + " is being scrubbed, and is at sector "
                + scrub.get("sector")
                + "; DELETE …/scrub stops it")
        .with("scrub", scrub);
  }

  static Problem misaligned(Device device, SectorRange range) {
    return Problem.refused(
        "misaligned",
        "The range is not made of whole logical blocks",
        "range "
            + range
            + " does not begin and end at a multiple of "
            + device.bound().logicalBlockBytes() / Device.SECTOR_BYTES
            + " sectors, the logical block of device "
            + device.name());
  }

  static Problem mediaError(Device device, long sector) {
    return Problem.refused(
            "media-error",
            "The medium has lost sectors of this range",
            "sector " + sector + " of device " + device.name() + " is bad")
        .with("sector", sector)
        .with("errno", "EIO")
        .with(
            "native",
            new TreeMap<>(device.kind().readError(sector, device.bound().logicalBlockBytes())));
  }

  /** A store is not an I/O with an error: the processor takes a machine check, as for a load. */
  static Problem machineCheck(Device device, long sector) {
    return mediaError(device, sector).with("signal", "SIGBUS").with("code", "BUS_MCEERR_AR");
  }

  static Problem cannotClear(Device device, long sector) {
    return Problem.refused(
            "poison-not-clearable",
            "The device cannot clear poison",
            "sector "
                + sector
                + " of device "
                + device.name()
                + " is bad and stays so: the device was made with clearsPoison false, so nothing"
                + " was stored")
        .with("sector", sector)
        .with("errno", "EIO");
  }

  static Problem notDax(Device device) {
    return Problem.refused(
        "not-dax",
        "Processes cannot map the device",
        "access=store goes to what a processor can map, device "
            + device.name()
            + " is of kind "
            + device.kind().label());
  }

  static Problem misalignedRecovery(Device device, SectorRange range) {
    return Problem.refused(
        "misaligned",
        "The range is not made of what the device recovers",
        "a recovering write of poison on device "
            + device.name()
            + " begins and ends at a multiple of "
            + device.recoveryUnitSectors()
            + " sectors or at the device's end, range "
            + range
            + " does not");
  }

  public static Problem formatNotOffered(BadBlocks bad, String format) {
    List<String> offered = bad.reports().stream().map(BadBlocksReport::format).toList();
    return Problem.refused(
            "format-not-offered",
            "The device does not list its bad blocks in that form",
            "format "
                + format
                + " is none of those of kind "
                + bad.bound().kind()
                + ": "
                + String.join(", ", offered))
        .with("formats", offered);
  }

  static Problem claimed(Device device, String holder) {
    return Problem.conflict(
            "claimed",
            "Somebody else stands on the device",
            "device " + device.name() + " is claimed by " + holder)
        .with("holder", holder);
  }

  static Problem leaving(Device device) {
    return Problem.conflict(
        "device-leaving",
        "The device is about to leave",
        "device " + device.name() + " is leaving and takes no new claim");
  }

  static Problem removed(Device device) {
    return Problem.conflict(
        "device-removed",
        "The device is removed",
        "device " + device.name() + " is removed; POST …/plug binds it again");
  }

  static Problem notRemoved(Device device) {
    Removal removal = device.removal();
    Problem problem =
        Problem.conflict(
            "device-not-removed",
            "The device is not removed",
            "device "
                + device.name()
                + " is "
                + device.state().label()
                + ", so it cannot be plugged");
    // Who stands above may have stopped for the removal already, so it is not called off.
    return removal == null || removal.gone()
        ? problem
        : problem.with("removalId", removal.removalId());
  }

  static Problem staleGeneration(Device device, long asked) {
    return Problem.conflict(
            "stale-generation",
            "The device is another one by now",
            "generation "
                + asked
                + " of device "
                + device.name()
                + " is gone, it has generation "
                + device.generation())
        .with("generation", device.generation());
  }

  static Problem removalRunning(Device device) {
    Removal removal = Objects.requireNonNull(device.removal(), "a leaving device has a removal");
    return Problem.conflict(
            "removal-running",
            "A removal is running",
            "device "
                + device.name()
                + " is leaving with removal "
                + removal.removalId()
                + "; only a surprise takes it sooner")
        .with("removalId", removal.removalId());
  }

  static Problem held(Device device) {
    return Problem.conflict(
            "held",
            "Somebody stands on the device",
            "device "
                + device.name()
                + " leaves in order only when nobody stands on it, but it is held by "
                + String.join(", ", device.claims().keySet()))
        .with("device", device.name())
        .with("holders", List.copyOf(device.claims().keySet()));
  }

  /** Two instances wanted the same new host, and the other one has it. */
  public static Problem elsewhere(String host, String sliceId, String address) {
    return Problem.conflict(
            "host-elsewhere",
            "Another instance has the host",
            "host "
                + host
                + " is at slice "
                + sliceId
                + " at "
                + address
                + ", which does not answer")
        .with("sliceId", sliceId)
        .with("instance", address);
  }

  public static Problem hostInUse(String host, int devices) {
    return Problem.conflict(
        "host-in-use",
        "The host has devices",
        "host " + host + " has " + devices + " devices; delete them first");
  }

  /** A claim is dropped at the plug, but a table that names the device is not. */
  public static Problem stillNeeded(String device, String holder) {
    return Problem.conflict(
            "held",
            "Somebody stands on the device",
            "device " + device + " is still what " + holder + " stands on")
        .with("device", device)
        .with("holders", List.of(holder));
  }

  static Problem claimChanged(Device device, String holder, long revision, long current) {
    return new Problem(
        "claim-changed",
        412,
        "The claim is not the one that is meant",
        "claim of "
            + holder
            + " on device "
            + device.name()
            + " has revision "
            + current
            + ", not "
            + revision);
  }
}
