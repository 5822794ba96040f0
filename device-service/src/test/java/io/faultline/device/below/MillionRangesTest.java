package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.Limits;
import io.faultline.device.core.Scatter;
import io.faultline.device.core.ScrubMode;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.runtime.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A million sparse ranges in one call, on disk: what that takes is printed, not asserted. */
@EnabledIfSystemProperty(named = "faultline.long", matches = "true")
class MillionRangesTest {

  private static final String HOST = "local";
  private static final int MILLION = 1_000_000;
  private static final Limits LIMITS =
      new Limits(8, 1L << 41, 10_000, 4 << 20, 4, 4, Duration.ofHours(1), 100);

  @TempDir private Path folder;

  @Test
  void aMillionRangesComeAndGo() throws Exception {
    try (Slice slice = open()) {
      timed(
          "create",
          () -> command(slice, new DeviceCommand.Create("d", "nvme", 1L << 40, null, null)));
      for (int round = 0; round < 3; round++) {
        int seed = round;
        timed("inject 1,000,000 known", () -> command(slice, scatter("d", seed, true)));
        drain(slice);
        timed("inject 1,000,000 latent", () -> command(slice, scatter("d", -1 - seed, false)));
        timed("1,000 heals of 8 sectors", () -> heals(slice, seed));
        timed(
            "find 1,000,000 latent in one scrub",
            () -> command(slice, new DeviceCommand.Scrub("d", ScrubMode.FULL, null)));
        drain(slice);
        timed("heal all at once", () -> heal(slice, Extents.of(0, 1L << 31)));
        drain(slice);
      }
      timed("inject 1,000,000 known", () -> command(slice, scatter("d", 7, true)));
    }
    long started = System.nanoTime();
    try (Slice slice = open()) {
      print("start with 1,000,000 ranges", started);
      assertThat(
              slice.<Integer>read(HOST, state -> state.devices().getFirst().known().rangeCount()))
          .isEqualTo(MILLION);
    }
  }

  private Slice open() {
    return Slice.open(
        folder.resolve("slice"),
        new DeviceCore(LIMITS, new io.faultline.device.core.ScrubPace(1L << 40, 0)),
        Slices.settings(16 << 20),
        InstantSource.system());
  }

  private static DeviceCommand scatter(String device, long seed, boolean announce) {
    return new DeviceCommand.Inject(
        device, Extents.EMPTY, new Scatter(seed, MILLION, 1), false, null, announce, null);
  }

  private static void heals(Slice slice, int round) {
    for (int i = 0; i < 1000; i++) {
      heal(slice, Extents.of((i * 2_000_000L + round) / 8 * 8, 8));
    }
  }

  private static void heal(Slice slice, Extents ranges) {
    command(slice, new DeviceCommand.Heal("d", 1, ranges, RecoveredData.REWRITTEN));
  }

  private static void command(Slice slice, DeviceCommand command) {
    Reply reply = slice.command(HOST, command, null, null);
    assertThat(reply.status()).as(new String(reply.body())).isBetween(200, 202);
  }

  private static void drain(Slice slice) throws InterruptedException {
    while (true) {
      var next = slice.backlog().next(1000, Duration.ZERO);
      if (next.isEmpty()) {
        return;
      }
      slice.backlog().published(next.getLast().number());
    }
  }

  private static void timed(String what, Runnable work) {
    long started = System.nanoTime();
    work.run();
    print(what, started);
  }

  private static void print(String what, long started) {
    System.out.printf("%-40s %6d ms%n", what, (System.nanoTime() - started) / 1_000_000);
  }
}
