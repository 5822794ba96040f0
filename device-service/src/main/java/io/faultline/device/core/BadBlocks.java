package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What is bad of a device, as it was at one moment. All in sectors.
 *
 * @param known poison that everybody may know of
 * @param latent poison that nobody has come upon yet
 * @param unacknowledged the part of the known poison that those above have not been told of yet
 */
public record BadBlocks(
    String device, Bound bound, Extents known, Extents latent, Extents unacknowledged) {

  /** All forms in which it can be listed for this device. */
  public List<BadBlocksReport> reports() {
    List<BadBlocksReport> all = new ArrayList<>(SysfsReport.ALL);
    all.addAll(
        Objects.requireNonNull(DeviceKind.labelled(bound.kind()), bound.kind()).nativeReports());
    return all;
  }

  boolean isRemoved() {
    return bound.state() == DeviceState.REMOVED;
  }

  /** The known poison in logical blocks, which are what addresses of a disk count. */
  void forEachInLogicalBlocks(RangeConsumer consumer) {
    long blockSectors = blockSectors();
    known
        .roundOut(blockSectors)
        .forEach((start, count) -> consumer.accept(start / blockSectors, count / blockSectors));
  }

  /** How many logical blocks are bad. */
  long logicalBlocks() {
    return known.roundOut(blockSectors()).totalSectors() / blockSectors();
  }

  /** The number that the device's name ends with, as tools number what they list; 0 without one. */
  String deviceNumber() {
    int digits = device.length();
    while (digits > 0 && Character.isDigit(device.charAt(digits - 1))) {
      digits--;
    }
    return digits == device.length() ? "0" : device.substring(digits);
  }

  private long blockSectors() {
    return bound.logicalBlockBytes() / Device.SECTOR_BYTES;
  }
}
