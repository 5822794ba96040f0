package io.faultline.fs.above.files;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How the bytes of files are moved, under {@code faultline.fs.files.*}.
 *
 * @param maxBody of a write; a file may be larger by writes at offsets
 * @param chunk bytes of a file that are in memory for one transfer, and are written or read at a
 *     time; a multiple of 64 KiB, from 64 KiB to 16 MiB
 * @param transfers reads and writes that are under way at once; one more waits a little, then it
 *     gets 503
 */
@ConfigurationProperties("faultline.fs.files")
public record FileSettings(
    @DefaultValue("64GB") DataSize maxBody,
    @DefaultValue("4MB") DataSize chunk,
    @DefaultValue("32") int transfers) {

  private static final long UNIT_BYTES = 64L * 1024;
  private static final long MOST_BYTES = 16L * 1024 * 1024;

  public FileSettings {
    long bytes = chunk.toBytes();
    if (bytes < UNIT_BYTES || bytes > MOST_BYTES || bytes % UNIT_BYTES != 0) {
      throw new IllegalArgumentException(
          "faultline.fs.files.chunk is a multiple of 64KB from 64KB to 16MB, not " + chunk);
    }
    if (transfers < 1 || maxBody.isNegative()) {
      throw new IllegalArgumentException(
          "faultline.fs.files.transfers is 1 or more, and max-body not negative");
    }
  }

  int chunkBytes() {
    return Math.toIntExact(chunk.toBytes());
  }
}
