package io.faultline.device.core;

import io.faultline.events.ConsumedBy;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be asked of the devices of a host. Ranges are in sectors of 512 bytes. */
public sealed interface DeviceCommand {

  /**
   * @param logicalBlockBytes null for 512
   * @param clearUnitBytes null for what is usual for the kind
   * @param clearsPoison false for hardware that cannot, as QEMU's; null for true
   */
  record Create(
      String device,
      String kind,
      long sizeBytes,
      @Nullable Long logicalBlockBytes,
      @Nullable Long clearUnitBytes,
      @Nullable Boolean clearsPoison)
      implements DeviceCommand {

    /** A device that clears poison. */
    public Create(
        String device,
        String kind,
        long sizeBytes,
        @Nullable Long logicalBlockBytes,
        @Nullable Long clearUnitBytes) {
      this(device, kind, sizeBytes, logicalBlockBytes, clearUnitBytes, null);
    }
  }

  record Delete(String device) implements DeviceCommand {}

  /**
   * Sectors go bad, under one fault.
   *
   * @param ranges which; with a scatter, in which range, empty for the whole device
   * @param scatter which, by a seed; null if {@code ranges} says
   * @param saturate rounds out to whole clear units instead of logical blocks
   * @param duration after which the fault heals by itself; null if it does not
   * @param announce false makes it latent: found by a scrub or a read
   * @param consumedBy the process whose load hit it
   */
  record Inject(
      String device,
      Extents ranges,
      @Nullable Scatter scatter,
      boolean saturate,
      @Nullable Duration duration,
      boolean announce,
      @Nullable ConsumedBy consumedBy)
      implements DeviceCommand {

    /** One range, until somebody heals it. */
    public Inject(
        String device,
        long startSector,
        long sectorCount,
        boolean announce,
        @Nullable ConsumedBy consumedBy) {
      this(device, Extents.of(startSector, sectorCount), null, false, null, announce, consumedBy);
    }
  }

  /** A read came upon a range: what is latent in it is known from now on. */
  record Discover(String device, long startSector, long sectorCount) implements DeviceCommand {}

  /**
   * The media have new content where there was poison; it was forced to disk before this is said.
   *
   * @param generation of the device when the content was written
   * @param asked what the caller wanted changed; what is known to be bad of it afterwards was not
   *     done
   */
  record Heal(String device, long generation, Extents ranges, RecoveredData data, Extents asked)
      implements DeviceCommand {

    /** Exactly what was asked for. */
    public Heal(String device, long generation, Extents ranges, RecoveredData data) {
      this(device, generation, ranges, data, ranges);
    }
  }

  /**
   * Reads a device through for latent poison.
   *
   * @param range of sectors; null for the whole device
   */
  record Scrub(String device, ScrubMode mode, @Nullable SectorRange range)
      implements DeviceCommand {

    /** All of it. */
    public Scrub(String device) {
      this(device, ScrubMode.FULL, null);
    }
  }

  record StopScrub(String device) implements DeviceCommand {}

  /**
   * @param deadline how long a planned removal waits
   */
  record Unplug(List<String> devices, UnplugMode mode, Duration deadline)
      implements DeviceCommand {}

  record Plug(String device) implements DeviceCommand {}

  /**
   * @param holder {@code dm:vol0} or {@code fs:data}
   */
  record Claim(String device, String holder) implements DeviceCommand {}

  /**
   * @param revision give back only the claim of this revision; null for whatever there is
   */
  record Release(String device, String holder, @Nullable Long revision) implements DeviceCommand {}
}
