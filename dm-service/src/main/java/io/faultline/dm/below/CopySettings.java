package io.faultline.dm.below;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How sectors are copied below volumes, under {@code faultline.dm.copy.*}.
 *
 * @param chunkBytes of one step; from 4096 to 32 MiB
 * @param bytesPerSecond of one volume; 0 for as fast as it goes
 * @param atOnce steps that this instance carries out at a time, over all volumes
 * @param firstRetry the wait after a device or the owner could not be reached; it doubles
 * @param lastRetry the longest wait between two tries
 */
@ConfigurationProperties("faultline.dm.copy")
public record CopySettings(
    @DefaultValue("1048576") long chunkBytes,
    @DefaultValue("268435456") long bytesPerSecond,
    @DefaultValue("4") int atOnce,
    @DefaultValue("100ms") Duration firstRetry,
    @DefaultValue("10s") Duration lastRetry) {

  private static final long MIN_CHUNK_BYTES = 4096;
  private static final long MAX_CHUNK_BYTES = 32L * 1024 * 1024;

  public CopySettings {
    if (chunkBytes < MIN_CHUNK_BYTES || chunkBytes > MAX_CHUNK_BYTES) {
      throw new IllegalArgumentException(
          "faultline.dm.copy.chunk-bytes is from 4096 to 33554432, not " + chunkBytes);
    }
    if (bytesPerSecond < 0 || atOnce < 1) {
      throw new IllegalArgumentException(
          "faultline.dm.copy.bytes-per-second is 0 or more and at-once 1 or more");
    }
  }
}
