package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.below.DataPath.Caller;
import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.BadBlocks;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceCore;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Clearing poison, updating the list and storing the data as one. */
class RecoveryTest {

  private static final String HOST = "local";
  private static final Caller NOBODY = new Caller(null, null, false, null);
  private static final Caller REPAIRER = new Caller(null, null, true, null);
  private static final DataPath.Recovered UNCOUNTED = (host, device, data, bytes) -> {};

  @TempDir private Path temporary;

  /**
   * A write of 16 sectors, of which two are bad. At the worst moment the content is on the medium
   * and the journal does not say so.
   */
  @Test
  void aCrashBetweenContentAndJournalLeavesTheOldErrorAndOneAfterItTheNewData() throws Exception {
    Path folder = temporary.resolve("slice");
    Path between = temporary.resolve("between");
    Path after = temporary.resolve("after");
    try (Slice slice = Slices.open(folder)) {
      create(slice, "pmem", null);
      DataPath before = new DataPath(slice, 1 << 20, 1 << 20);
      expect(before.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      inject(slice, 10, 2, true);
      DataPath data =
          new DataPath(slice, 1 << 20, 1 << 20, UNCOUNTED, () -> Folders.copy(folder, between));
      expect(data.write(HOST, "d", 0, filled(16, 2), REPAIRER), 200);
      Folders.copy(folder, after);
    }
    try (Slice slice = Slices.open(between)) {
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.of(10, 2));
      assertThat(firstBad(data.read(HOST, "d", new SectorRange(0, 16), NOBODY))).isEqualTo(10);
      assertThat(recovered(slice)).isEmpty();
      // Clean sectors may be new already, as of any write that was not answered; each is whole.
      byte[] clean = content(data.read(HOST, "d", new SectorRange(0, 10), NOBODY));
      assertThat(clean).containsOnly(2);
      expect(data.write(HOST, "d", 0, filled(16, 2), REPAIRER), 200);
      assertThat(content(data.read(HOST, "d", new SectorRange(0, 16), NOBODY))).containsOnly(2);
    }
    try (Slice slice = Slices.open(after)) {
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      assertThat(badBlocks(slice).known().isEmpty()).isTrue();
      assertThat(content(data.read(HOST, "d", new SectorRange(0, 16), NOBODY))).containsOnly(2);
      assertThat(recovered(slice)).containsExactly(Extents.of(10, 2));
    }
  }

  @Test
  @Timeout(60)
  void readersSeeTheErrorOrAllOfTheNewData() throws Exception {
    try (Slice slice = Slices.open(temporary);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      create(slice, "pmem", null);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      AtomicBoolean writing = new AtomicBoolean(true);
      // One reads what is recovered, one what is written along with it and was never bad.
      List<Future<Integer>> readers = new ArrayList<>();
      for (SectorRange range : List.of(new SectorRange(0, 2048), new SectorRange(1024, 1024))) {
        readers.add(threads.submit(() -> readWhile(writing, data, range)));
      }
      try {
        for (int round = 1; round <= 100; round++) {
          inject(slice, 8L * (round % 32), 3, round % 2 == 0);
          expect(data.write(HOST, "d", 0, filled(2048, round), REPAIRER), 200);
        }
      } finally {
        writing.set(false);
      }
      for (Future<Integer> each : readers) {
        assertThat(each.get()).isNotNegative();
      }
    }
  }

  /** How often the range could be read, each time whole. */
  private static int readWhile(AtomicBoolean writing, DataPath data, SectorRange range) {
    int seen = 0;
    while (writing.get()) {
      switch (data.read(HOST, "d", range, NOBODY)) {
        case ReadResult.Refused(var problem) -> assertThat(problem.kind()).isEqualTo("media-error");
        case ReadResult.Content(byte[] content, Extents bad) -> {
          assertThat(bad.isEmpty()).isTrue();
          for (byte each : content) {
            if (each != content[0]) {
              throw new AssertionError("half of a write was read");
            }
          }
          seen++;
        }
      }
    }
    return seen;
  }

  @Test
  void memoryIsRecoveredOnPagesAndTheDevicesEndOnly() {
    try (Slice slice = Slices.open(temporary)) {
      // 20 sectors: pages [0,8) [8,16) [16,20); clear units of one sector.
      expect(
          slice.command(
              HOST, new DeviceCommand.Create("d", "cxl", 20 * 512, null, 512L), null, null),
          201);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.write(HOST, "d", 3, filled(1, 1), REPAIRER), 200);
      inject(slice, 9, 1, true);
      inject(slice, 18, 1, true);
      Reply refused = data.write(HOST, "d", 9, filled(1, 2), REPAIRER);
      expect(refused, 422);
      assertThat(Slices.json(refused).get("type").asString()).isEqualTo("/problems/misaligned");
      assertThat(Slices.json(refused).get("detail").asString()).contains("8 sectors");
      expect(data.write(HOST, "d", 8, filled(9, 2), REPAIRER), 422);
      assertThat(badBlocks(slice).known().totalSectors()).isEqualTo(2);
      assertThat(ranges(data.write(HOST, "d", 8, filled(8, 2), REPAIRER))).isEqualTo("[9,1]");
      assertThat(ranges(data.write(HOST, "d", 16, filled(4, 2), REPAIRER))).isEqualTo("[18,1]");
      inject(slice, 9, 1, true);
      assertThat(ranges(data.write(HOST, "d", 9, filled(1, 3), NOBODY)))
          .as("a block write that does not mean to recover heals its clear units")
          .isEqualTo("[9,1]");
    }
  }

  @Test
  void diskBlocksAreRecoveredOneByOne() {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "ata", null);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      inject(slice, 9, 1, true);
      assertThat(ranges(data.write(HOST, "d", 9, filled(1, 2), REPAIRER))).isEqualTo("[9,1]");
    }
  }

  /** As QEMU's modules are: the oracle's {@code mce-*} cases, raw writes of /dev/pmem0. */
  @Test
  void hardwareThatCannotClearKeepsItsPoisonAndSaysSo() {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "pmem", false);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      inject(slice, 8, 8, true);
      inject(slice, 20, 1, false);
      for (Caller caller : List.of(NOBODY, REPAIRER)) {
        Reply refused = data.write(HOST, "d", 0, filled(16, 2), caller);
        expect(refused, 422);
        JsonNode problem = Slices.json(refused);
        assertThat(problem.get("type").asString()).isEqualTo("/problems/poison-not-clearable");
        assertThat(problem.get("errno").asString()).isEqualTo("EIO");
        assertThat(problem.get("sector").asLong()).isEqualTo(8);
      }
      assertThat(content(data.read(HOST, "d", new SectorRange(0, 8), NOBODY))).containsOnly(1);
      expect(data.write(HOST, "d", 16, filled(8, 2), NOBODY), 422);
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.ofPairs(8, 8, 20, 1));
      expect(data.write(HOST, "d", 24, filled(8, 2), NOBODY), 200);

      JsonNode cleared = Slices.json(data.clear(HOST, "d", new SectorRange(0, 2048), null));
      assertThat(cleared.get("ranges").size()).isZero();
      assertThat(cleared.get("eventId").isNull()).isTrue();
      assertThat(cleared.get("cleared").size()).isZero();
      assertThat(cleared.get("notCleared").toString()).isEqualTo("[8,8,20,1]");
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.ofPairs(8, 8, 20, 1));
    }
  }

  @Test
  void aClearTellsWhatWasRoundedAway() {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "pmem", null);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      inject(slice, 4, 20, true);
      JsonNode cleared = Slices.json(data.clear(HOST, "d", new SectorRange(6, 12), null));
      assertThat(cleared.get("ranges").toString()).isEqualTo("[8,8]");
      assertThat(cleared.get("cleared").toString()).isEqualTo("[8,8]");
      assertThat(cleared.get("notCleared").toString()).isEqualTo("[6,2,16,2]");
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.ofPairs(4, 4, 16, 8));
    }
  }

  @Test
  void aProcessorsStoreNeverHeals() {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "pmem", null);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.store(HOST, "d", 3, filled(2, 1), NOBODY), 200);
      assertThat(content(data.read(HOST, "d", new SectorRange(3, 2), NOBODY))).containsOnly(1);
      inject(slice, 8, 1, true);
      inject(slice, 32, 1, false);
      Reply refused = data.store(HOST, "d", 8, filled(8, 2), NOBODY);
      expect(refused, 422);
      JsonNode problem = Slices.json(refused);
      assertThat(problem.get("type").asString()).isEqualTo("/problems/media-error");
      assertThat(problem.get("code").asString()).isEqualTo("BUS_MCEERR_AR");
      assertThat(problem.get("sector").asLong()).isEqualTo(8);
      expect(data.store(HOST, "d", 32, filled(8, 2), NOBODY), 422);
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.ofPairs(8, 1, 32, 1));
      expect(data.store(HOST, "d", 9, filled(7, 2), NOBODY), 200);
      expect(data.store(HOST, "d", 2047, filled(2, 2), NOBODY), 422);

      expect(
          slice.command(HOST, new DeviceCommand.Create("n", "nvme", 4096, null, null), null, null),
          201);
      Reply notDax = data.store(HOST, "n", 0, filled(1, 1), NOBODY);
      expect(notDax, 422);
      assertThat(Slices.json(notDax).get("type").asString()).isEqualTo("/problems/not-dax");
    }
  }

  @Test
  void poisonIsUnacknowledgedUntilThoseAboveWereTold() throws Exception {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "pmem", null);
      inject(slice, 0, 8, true);
      inject(slice, 100, 4, false);
      assertThat(badBlocks(slice).unacknowledged()).isEqualTo(Extents.of(0, 8));
      publishAll(slice);
      assertThat(badBlocks(slice).unacknowledged().isEmpty()).isTrue();
      // Those above know [4,8) already, under the older fault.
      inject(slice, 4, 8, true);
      assertThat(badBlocks(slice).unacknowledged()).isEqualTo(Extents.of(8, 4));
      slice.command(HOST, new DeviceCommand.Discover("d", 100, 2), null, null);
      assertThat(badBlocks(slice).unacknowledged()).isEqualTo(Extents.ofPairs(8, 4, 100, 2));
      publishAll(slice);
      assertThat(badBlocks(slice).unacknowledged().isEmpty()).isTrue();

      // Healed and bad again: that is news.
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      inject(slice, 0, 1, true);
      assertThat(badBlocks(slice).unacknowledged()).isEqualTo(Extents.of(0, 1));
      assertThat(badBlocks(slice).known()).isEqualTo(Extents.ofPairs(0, 1, 100, 2));
    }
    try (Slice slice = Slices.open(temporary)) {
      assertThat(badBlocks(slice).unacknowledged()).isEqualTo(Extents.of(0, 1));
    }
  }

  @Test
  void recoveredBytesAreTold() {
    try (Slice slice = Slices.open(temporary)) {
      create(slice, "pmem", null);
      AtomicLong rewritten = new AtomicLong();
      AtomicLong zeroed = new AtomicLong();
      DataPath data =
          new DataPath(
              slice,
              1 << 20,
              1 << 20,
              (host, device, what, bytes) ->
                  (what == RecoveredData.REWRITTEN ? rewritten : zeroed).addAndGet(bytes));
      inject(slice, 0, 3, true);
      inject(slice, 8, 2, false);
      expect(data.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      expect(data.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      inject(slice, 8, 4, true);
      expect(data.clear(HOST, "d", new SectorRange(0, 12), null), 200);
      assertThat(rewritten.get()).isEqualTo(5 * 512);
      assertThat(zeroed.get()).isZero();
      expect(data.clear(HOST, "d", new SectorRange(0, 16), null), 200);
      assertThat(zeroed.get()).isEqualTo(4 * 512);
    }
  }

  /** What cannot be journalled is refused before the medium is touched. */
  @Test
  void whileChangesAreRefusedARecoveryStoresNothing() {
    SliceSettings tight = new SliceSettings(8, 1L << 40, 3, 3, 1 << 20, 1 << 20, 1 << 20);
    try (Slice slice =
        Slice.open(temporary, new DeviceCore(Slices.LIMITS), tight, InstantSource.system())) {
      create(slice, "pmem", null);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.write(HOST, "d", 0, filled(16, 1), NOBODY), 200);
      inject(slice, 8, 1, true);
      inject(slice, 9, 1, true);
      expect(data.write(HOST, "d", 0, filled(16, 2), REPAIRER), 503);
      assertThat(content(data.read(HOST, "d", new SectorRange(0, 8), NOBODY))).containsOnly(1);
      slice.backlog().published(3);
      expect(data.write(HOST, "d", 0, filled(16, 2), REPAIRER), 200);
    }
  }

  private static void publishAll(Slice slice) throws InterruptedException {
    slice.backlog().published(slice.backlog().next(1000, Duration.ZERO).getLast().number());
  }

  private static List<Extents> recovered(Slice slice) throws InterruptedException {
    List<Extents> recovered = new ArrayList<>();
    for (Backlog.Unpublished entry : slice.backlog().next(1000, Duration.ZERO)) {
      for (Event event : entry.events()) {
        if (event.data() instanceof RangeRecovered healed) {
          recovered.add(healed.ranges());
        }
      }
    }
    return recovered;
  }

  private static BadBlocks badBlocks(Slice slice) {
    return slice
        .<BadBlocks>read(HOST, state -> Objects.requireNonNull(state.device("d")).badBlocks())
        .untold(slice.backlog().untold(HOST, "d"));
  }

  private static void create(Slice slice, String kind, @Nullable Boolean clearsPoison) {
    expect(
        slice.command(
            HOST,
            new DeviceCommand.Create("d", kind, 1 << 20, null, null, clearsPoison),
            null,
            null),
        201);
  }

  private static void inject(Slice slice, long sector, long count, boolean announce) {
    expect(
        slice.command(
            HOST, new DeviceCommand.Inject("d", sector, count, announce, null), null, null),
        202);
  }

  private static byte[] filled(int sectors, int value) {
    byte[] content = new byte[sectors * Device.SECTOR_BYTES];
    Arrays.fill(content, (byte) value);
    return content;
  }

  private static byte[] content(ReadResult result) {
    assertThat(result).isInstanceOf(ReadResult.Content.class);
    return ((ReadResult.Content) result).content();
  }

  private static long firstBad(ReadResult result) {
    assertThat(result).isInstanceOf(ReadResult.Refused.class);
    return (long)
        Objects.requireNonNull(((ReadResult.Refused) result).problem().more().get("sector"));
  }

  private static String ranges(Reply reply) {
    expect(reply, 200);
    return Slices.json(reply).get("ranges").toString();
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status())
        .as(new String(reply.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
  }
}
