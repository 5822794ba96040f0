package io.faultline.dm.below;

import io.faultline.dm.core.Answers;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDataClient;
import io.faultline.runtime.below.BlockDeviceClient.Kind;
import io.faultline.runtime.core.Problem;
import java.util.function.Supplier;

/** The bytes of leaf devices, over device-service's HTTP. */
public final class DeviceBytes implements LeafData {

  private static final int UNAVAILABLE = 503;

  private final BlockDataClient devices;

  /**
   * @param baseUrl {@code http://host:port}, without a path; asked at every request
   */
  public DeviceBytes(Supplier<String> baseUrl, ServiceCalls calls) {
    devices = new BlockDataClient(baseUrl, Kind.DEVICE, calls);
  }

  @Override
  public Content read(String host, Answers.CopyPlace place, long sector, long count)
      throws UnreachableException {
    return switch (devices.read(host, place.device(), place.generation(), sector, count)) {
      case BlockDataClient.Read.Content(byte[] bytes, Extents bad) -> new Content(bytes, bad);
      case BlockDataClient.Read.Refused(Problem problem) -> {
        checkReachable(problem);
        int length = Math.toIntExact(count * SectorRange.SECTOR_BYTES);
        yield new Content(new byte[length], Extents.of(0, count));
      }
    };
  }

  @Override
  public boolean write(String host, Answers.CopyPlace place, long sector, byte[] bytes)
      throws UnreachableException {
    Problem problem =
        devices.write(
            host,
            place.device(),
            place.generation(),
            place.holder(),
            sector,
            bytes,
            0,
            bytes.length);
    if (problem != null) {
      checkReachable(problem);
    }
    return problem == null;
  }

  private static void checkReachable(Problem problem) throws UnreachableException {
    if (problem.status() == UNAVAILABLE) {
      throw new UnreachableException(problem.detail());
    }
  }
}
