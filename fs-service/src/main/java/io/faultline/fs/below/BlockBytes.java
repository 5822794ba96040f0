package io.faultline.fs.below;

import io.faultline.fs.core.FileViews.Place;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDataClient;
import io.faultline.runtime.below.BlockDeviceClient.Kind;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of the devices and volumes that filesystems stand on. Both are read and written in the
 * same way: below a volume, copies and parity are dm-service's business.
 */
public final class BlockBytes {

  private final BlockDataClient devices;
  private final BlockDataClient volumes;

  public BlockBytes(ServiceUrls urls, ServiceCalls calls) {
    devices = new BlockDataClient(urls::deviceService, Kind.DEVICE, calls);
    volumes = new BlockDataClient(urls::dmService, Kind.VOLUME, calls);
  }

  /**
   * Reads what can be read of a part of a place.
   *
   * @param from the first sector, counted from the beginning of the place
   */
  public BlockDataClient.Read read(String host, Place place, long from, long count) {
    return client(place)
        .read(host, place.device(), place.generation(), place.sector() + from, count);
  }

  /**
   * Writes a part of a place.
   *
   * @param from the first sector, counted from the beginning of the place
   * @param bytes whole sectors, all of which are written
   * @return why nothing was written; null if all is
   */
  public @Nullable Problem write(
      String host, String filesystem, Place place, long from, byte[] bytes) {
    return client(place)
        .write(
            host,
            place.device(),
            place.generation(),
            "fs:" + filesystem,
            place.sector() + from,
            bytes,
            0,
            bytes.length / SectorRange.SECTOR_BYTES * SectorRange.SECTOR_BYTES);
  }

  private BlockDataClient client(Place place) {
    return place.volume() ? volumes : devices;
  }
}
