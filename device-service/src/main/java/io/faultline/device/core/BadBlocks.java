package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What is bad of a device, as it was at one moment. All in sectors.
 *
 * @param known poison that everybody may know of
 * @param latent poison that nobody has come upon yet
 * @param byFault the known poison again, under each fault that stands for it
 * @param untold of each fault, ranges whose event was not published yet
 */
public record BadBlocks(
    String device,
    Bound bound,
    Extents known,
    Extents latent,
    Map<String, Extents> byFault,
    Map<String, Extents> untold) {

  /**
   * The same with what is not published, looked up afterwards: what is unpublished then was so
   * before, and more than is bad does no harm.
   */
  public BadBlocks untold(Map<String, Extents> unpublished) {
    return new BadBlocks(device, bound, known, latent, byFault, unpublished);
  }

  /** The known poison that those above have not been told of under any fault. */
  public Extents unacknowledged() {
    if (untold.isEmpty()) {
      return Extents.EMPTY;
    }
    Extents.Builder told = Extents.builder();
    byFault.forEach(
        (faultId, ranges) ->
            told.addAll(ranges.subtract(untold.getOrDefault(faultId, Extents.EMPTY))));
    return known.subtract(told.build());
  }

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

  /** An entry for each range of known poison. */
  <T> List<T> inSectors(RangeList.Entry<T> entry) {
    return new RangeList<>(known, entry);
  }

  /** The same in logical blocks, which are what addresses of a disk count. */
  <T> List<T> inLogicalBlocks(RangeList.Entry<T> entry) {
    long blockSectors = blockSectors();
    return new RangeList<>(
        known.roundOut(blockSectors),
        (start, count) -> entry.of(start / blockSectors, count / blockSectors));
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
