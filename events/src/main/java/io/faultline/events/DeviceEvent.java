package io.faultline.events;

import org.jspecify.annotations.Nullable;

/** The inventory of devices changes. */
public sealed interface DeviceEvent extends EventData {

  String device();

  /**
   * @param kind {@code pmem}, {@code nvme}, {@code scsi}, {@code ata}, {@code cxl}
   * @param sectors its size
   * @param dax whether its bytes can be mapped directly
   */
  record DeviceAdded(
      String host, String device, String kind, long sectors, boolean dax, long generation)
      implements DeviceEvent {}

  /**
   * The device is gone: unplugged, or forgotten.
   *
   * @param removalId null where an unclaimed device was deleted
   * @param mode {@code planned}, {@code surprise}, {@code orderly} or {@code deleted}
   * @param acknowledged whether every holder had acknowledged before it went
   */
  record DeviceRemoved(
      String host, String device, @Nullable String removalId, String mode, boolean acknowledged)
      implements DeviceEvent {}

  /** A removed device is bound again, under a new generation, with the poison and data it had. */
  record DevicePlugged(String host, String device, long generation, long sectors)
      implements DeviceEvent {}

  /**
   * A scrub came to its end.
   *
   * @param scrubbedSectors how many it read
   * @param foundSectors latent bad sectors that this scrub made known
   * @param outcome {@code completed}, {@code stopped}, or {@code interrupted} when the device left
   * @param mode {@code full} or {@code short}
   */
  record ScrubCompleted(
      String host,
      String device,
      long scrubbedSectors,
      long foundSectors,
      String outcome,
      String mode)
      implements DeviceEvent {}
}
