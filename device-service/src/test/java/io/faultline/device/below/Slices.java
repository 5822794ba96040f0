package io.faultline.device.below;

import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.Limits;
import io.faultline.events.Json;
import io.faultline.runtime.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import tools.jackson.databind.JsonNode;

/** Slices with small limits. */
final class Slices {

  static final Limits LIMITS =
      new Limits(8, 1L << 41, 10_000, 10_000, 4, 4, Duration.ofHours(1), 100);

  private Slices() {}

  static SliceSettings settings(long journalSegmentBytes) {
    return new SliceSettings(8, 4L << 40, 100_000, 3, journalSegmentBytes, 64 << 20, 1 << 20);
  }

  static Slice open(Path folder) {
    return open(folder, 1 << 20);
  }

  static Slice open(Path folder, long journalSegmentBytes) {
    return open(folder, journalSegmentBytes, InstantSource.system());
  }

  static Slice open(Path folder, long journalSegmentBytes, InstantSource clock) {
    return Slice.open(folder, new DeviceCore(LIMITS), settings(journalSegmentBytes), clock);
  }

  static JsonNode json(Reply reply) {
    return Json.LENIENT.readTree(reply.body());
  }
}
