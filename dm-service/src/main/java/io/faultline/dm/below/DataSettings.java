package io.faultline.dm.below;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How bytes of volumes are moved, under {@code faultline.dm.data.*}.
 *
 * @param perCall content that one request gives or takes
 * @param inFlight content that all requests together hold in memory, not counting what parity needs
 *     beside it
 */
@ConfigurationProperties("faultline.dm.data")
public record DataSettings(
    @DefaultValue("16MB") DataSize perCall, @DefaultValue("128MB") DataSize inFlight) {

  private static final DataSize MOST = DataSize.ofMegabytes(64);

  public DataSettings {
    if (perCall.toBytes() < 4096 || perCall.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "faultline.dm.data.per-call is from 4096 bytes to 64MB, not " + perCall);
    }
    if (inFlight.compareTo(perCall) < 0) {
      throw new IllegalArgumentException(
          "faultline.dm.data.in-flight is not below per-call, but " + inFlight);
    }
  }
}
