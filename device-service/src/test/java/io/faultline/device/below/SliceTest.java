package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.AckVerdict;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.DeviceHost;
import io.faultline.device.core.DeviceState;
import io.faultline.device.core.UnplugMode;
import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.dataformat.cbor.CBORMapper;

class SliceTest {

  private static final DataPath.Caller NOBODY = new DataPath.Caller(null, null, false, null);

  @TempDir private Path folder;

  @Test
  void aSecondProcessDoesNotGetTheFolder() {
    try (Slice first = Slices.open(folder)) {
      assertThatThrownBy(() -> Slices.open(folder))
          .isInstanceOf(SliceException.class)
          .hasMessageContaining("in use by another process");
      assertThat(first.sliceId()).hasSize(26);
    }
    Slices.open(folder).close();
  }

  @Test
  void aFolderOfAnotherVersionIsRefusedInOneLine() throws IOException {
    Slices.open(folder).close();
    Path identity = folder.resolve("slice.json");
    String text = Files.readString(identity);
    Files.writeString(identity, text.replace("\"formatVersion\":2", "\"formatVersion\":1"));

    assertThatThrownBy(() -> Slices.open(folder))
        .isInstanceOf(SliceException.class)
        .hasMessageContaining("format version 1")
        .hasMessageNotContaining("\n");
    Files.writeString(identity, text);
    Slices.open(folder).close();
  }

  @Test
  void aFolderThatCannotBeWrittenIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");

    assertThatThrownBy(() -> Slices.open(file.resolve("slice")))
        .isInstanceOf(SliceException.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void aSliceKeepsItsIdAndANewOneHasAnother() {
    String id;
    try (Slice slice = Slices.open(folder.resolve("a"))) {
      id = slice.sliceId();
    }
    try (Slice again = Slices.open(folder.resolve("a"));
        Slice other = Slices.open(folder.resolve("b"))) {
      assertThat(again.sliceId()).isEqualTo(id);
      assertThat(other.sliceId()).isNotEqualTo(id);
    }
  }

  /**
   * A crash may leave any prefix of the last write, and any rubbish after it. What was there whole
   * is there again, what was torn is not, and the journal goes on from there.
   */
  @Test
  void aTornTailIsCutOffWhereverItTears() throws Exception {
    Path original = folder.resolve("original");
    List<Long> sizes = new ArrayList<>();
    Path journal;
    try (Slice slice = Slices.open(original)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      journal = onlySegment(original);
      sizes.add(Files.size(journal));
      for (int i = 0; i < 3; i++) {
        expect(slice.command("local", inject("pmem0", 8L * i, 8), null, null), 202);
        sizes.add(Files.size(journal));
      }
    }
    byte[] whole = Files.readAllBytes(journal);
    for (int length = Math.toIntExact(sizes.getFirst()); length <= whole.length; length += 29) {
      for (boolean rubbish : List.of(false, true)) {
        Path copy = folder.resolve("torn-" + length + rubbish);
        SliceFiles.copy(original, copy);
        for (Path file : SliceFiles.bothOf(copy, onlySegment(copy))) {
          try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
            torn.setLength(length);
            if (rubbish) {
              torn.seek(length);
              torn.write(new byte[] {0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
            }
          }
        }
        // After a loss of power the mark may be as old as it wants.
        Files.delete(copy.resolve("published"));
        int entries = length;
        long survived = sizes.stream().filter(size -> size <= entries).count() - 1;
        try (Slice slice = Slices.open(copy)) {
          assertThat(badSectors(slice)).as("%d bytes", length).isEqualTo(8 * survived);
          expect(slice.command("local", inject("pmem0", 1000, 8), null, null), 202);
        }
        try (Slice slice = Slices.open(copy)) {
          assertThat(badSectors(slice)).isEqualTo(8 * survived + 8);
          Follower follower = new Follower();
          follower.drain(slice, true);
          assertThat(follower.lastSequence()).isEqualTo(1 + survived + 1);
        }
      }
    }
  }

  @Test
  void aSnapshotStandsForTheJournalBeforeIt() throws Exception {
    try (Slice slice = Slices.open(folder, 500)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      for (int i = 0; i < 50; i++) {
        expect(slice.command("local", inject("pmem0", 16L * i, 8), "key" + i, null), 202);
      }
      new Follower().drain(slice, true);
      slice.snapshot();
      assertThat(segments(folder)).hasSize(1);
      expect(slice.command("local", inject("pmem0", 1600, 8), null, null), 202);
    }
    try (Slice slice = Slices.open(folder, 500)) {
      assertThat(badSectors(slice)).isEqualTo(51 * 8);
      List<Backlog.Unpublished> waiting = slice.backlog().next(100, Duration.ZERO);
      assertThat(waiting).hasSize(1);
      assertThat(waiting.getFirst().events().getFirst().sequence()).isEqualTo(52);
      // Three answers are kept; the newest of them is answered again and nothing happens.
      expect(slice.command("local", inject("pmem0", 16 * 49, 8), "key49", null), 202);
      assertThat(badSectors(slice)).isEqualTo(51 * 8);
    }
  }

  @Test
  void entriesThatAreNotPublishedOutliveASnapshot() throws Exception {
    try (Slice slice = Slices.open(folder, 500)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      for (int i = 0; i < 50; i++) {
        expect(slice.command("local", inject("pmem0", 16L * i, 8), null, null), 202);
      }
      slice.snapshot();
    }
    try (Slice slice = Slices.open(folder, 500)) {
      Follower follower = new Follower();
      follower.drain(slice, true);
      assertThat(follower.lastSequence()).isEqualTo(51);
    }
  }

  @Test
  void theSameIdempotencyKeyIsAnsweredTheSameAfterARestartToo() throws Exception {
    byte[] first;
    try (Slice slice = Slices.open(folder)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      first = slice.command("local", inject("pmem0", 0, 8), "k", null).body();
      assertThat(slice.command("local", inject("pmem0", 0, 8), "k", null).body()).isEqualTo(first);
    }
    try (Slice slice = Slices.open(folder)) {
      assertThat(slice.command("local", inject("pmem0", 0, 8), "k", null).body()).isEqualTo(first);
      Follower follower = new Follower();
      follower.drain(slice, true);
      assertThat(follower.lastSequence()).isEqualTo(2);
      Reply other = slice.command("local", inject("pmem0", 8, 8), "k", null);
      expect(other, 422);
      assertThat(Slices.json(other).get("type").asString())
          .isEqualTo("/problems/idempotency-key-reused");
      assertThat(badSectors(slice)).isEqualTo(8);
      // A refusal is not kept: the next try may be luckier.
      expect(slice.command("local", new DeviceCommand.Plug("pmem0"), "p", null), 409);
      unplug(slice, UnplugMode.SURPRISE);
      expect(slice.command("local", new DeviceCommand.Plug("pmem0"), "p", null), 200);
    }
  }

  /** As they were kept before commands had one: nobody knows what it is the answer to. */
  @Test
  void anAnswerThatWasKeptWithoutAFingerprintIsGivenToWhateverComes() {
    record Old(long order, int status, String contentType, byte[] body) {}
    byte[] stored =
        Json.configure(CBORMapper.builder())
            .build()
            .writeValueAsBytes(
                new Object[] {"KeptAnswer", new Old(1, 202, "text/plain", new byte[] {'x'})});
    HostSlot slot = new HostSlot("local", new DeviceCore(Slices.LIMITS));
    slot.apply(new JournalRecord.StoredFact(KeptAnswer.KEY + "k", stored));

    KeptAnswer kept = Objects.requireNonNull(slot.answer("k"));
    Reply reply = kept.reply("k", KeptAnswer.fingerprint(inject("pmem0", 0, 8)));
    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.body()).containsExactly('x');
  }

  @Test
  void ofManyWhoCreateTheSameDeviceOneMakesIt() throws Exception {
    try (Slice slice = Slices.open(folder);
        ExecutorService clients = Executors.newFixedThreadPool(8)) {
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        String kind = i % 2 == 0 ? "pmem" : "nvme";
        calls.add(
            () ->
                slice
                    .command(
                        "local",
                        new DeviceCommand.Create("d", kind, 1 << 20, null, null),
                        null,
                        null)
                    .status());
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> answer : clients.invokeAll(calls)) {
        statuses.add(answer.get());
      }
      assertThat(statuses).filteredOn(status -> status == 201).hasSize(1);
      assertThat(statuses).filteredOn(status -> status == 200).hasSize(15);
      assertThat(statuses).filteredOn(status -> status == 409).hasSize(16);
    }
  }

  @Test
  void manyAtOnceShareForcesAndKeepOrder() throws Exception {
    try (Slice slice = Slices.open(folder, 4000);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      expect(slice.command("a", create("pmem0", 1 << 20), null, null), 201);
      expect(slice.command("b", create("pmem0", 1 << 20), null, null), 201);
      List<Future<Reply>> answers = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        String host = i % 2 == 0 ? "a" : "b";
        long sector = i;
        answers.add(
            clients.submit(() -> slice.command(host, inject("pmem0", sector, 1), null, null)));
      }
      for (Future<Reply> answer : answers) {
        expect(answer.get(), 202);
      }
      Follower follower = new Follower();
      follower.drain(slice, true);
      assertThat(follower.lastSequence()).isEqualTo(502);
    }
  }

  @Test
  void anInterruptedCallerDoesNotHarmTheSlice() throws Exception {
    try (Slice slice = Slices.open(folder)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      Thread interrupted =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                slice.command("local", inject("pmem0", 0, 8), null, null);
                data.write("local", "pmem0", 0, new byte[4096], NOBODY);
              });
      interrupted.start();
      interrupted.join();

      expect(slice.command("local", inject("pmem0", 8, 8), null, null), 202);
      expect(data.write("local", "pmem0", 8, new byte[4096], NOBODY), 200);
      assertThat(badSectors(slice)).isZero();
    }
  }

  @Test
  void aTerabyteCostsWhatWasWrittenToIt() throws Exception {
    try (Slice slice = Slices.open(folder)) {

      expect(slice.command("local", create("huge", 1L << 40), null, null), 201);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 30);
      long last = (1L << 40) / 512 - 8;
      byte[] content = "end".repeat(4096).substring(0, 4096).getBytes(StandardCharsets.US_ASCII);
      expect(data.write("local", "huge", last, content, NOBODY), 200);

      assertThat(data.read("local", "huge", new SectorRange(last, 100), NOBODY))
          .isInstanceOfSatisfying(
              ReadResult.Content.class, read -> assertThat(read.content()).isEqualTo(content));
      // Clearing what was never written makes no zeroes on the disk either.
      expect(slice.command("local", inject("huge", 0, 1 << 20), null, null), 202);
      expect(data.clear("local", "huge", new SectorRange(0, 1 << 20), null), 200);
      assertThat(Files.size(folder.resolve("media/local/huge.1"))).isEqualTo(1L << 40);
      assertThat(allocatedBytes(folder.resolve("media/local/huge.1"))).isLessThan(1 << 20);
    }
  }

  @Test
  void roomThatIsNotThereIsAProblemAndNothingIsChanged() throws Exception {
    try (Slice slice = Slices.open(folder)) {
      expect(slice.command("local", create("a", 2L << 40), null, null), 201);
      expect(slice.command("local", create("b", 2L << 40), null, null), 201);
      Reply full = slice.command("local", create("c", 1L << 30), null, null);
      expect(full, 507);
      assertThat(new String(full.body(), StandardCharsets.UTF_8)).contains("limits.media-bytes");
      List<Device> devices = slice.read("local", DeviceHost::devices);
      assertThat(devices).hasSize(2);
      expect(slice.command("local", new DeviceCommand.Delete("a"), null, null), 204);
      expect(slice.command("local", create("c", 1L << 30), null, null), 201);
      for (int i = 0; i < 7; i++) {
        expect(slice.command("h" + i, create("d", 512), null, null), 201);
      }
      expect(slice.command("h7", create("d", 512), null, null), 507);
    }
  }

  @Test
  void aDeletedDeviceGivesItsSpaceBackAndANewOneIsEmpty() throws Exception {
    try (Slice slice = Slices.open(folder)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      byte[] content = new byte[512];
      content[0] = 7;
      expect(data.write("local", "pmem0", 3, content, NOBODY), 200);
      expect(slice.command("local", new DeviceCommand.Delete("pmem0"), null, null), 204);
      assertThat(folder.resolve("media/local/pmem0.1")).doesNotExist();

      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      assertThat(data.read("local", "pmem0", new SectorRange(3, 1), NOBODY))
          .isInstanceOfSatisfying(
              ReadResult.Content.class,
              read -> assertThat(read.content()).isEqualTo(new byte[512]));
    }
  }

  @Test
  void aClaimKeepsStrangersFromWriting() throws Exception {
    try (Slice slice = Slices.open(folder)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      expect(slice.command("local", new DeviceCommand.Claim("pmem0", "fs:data"), null, null), 200);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      byte[] sector = new byte[512];

      Reply stranger = data.write("local", "pmem0", 0, sector, NOBODY);
      expect(stranger, 409);
      assertThat(Slices.json(stranger).get("holder").asString()).isEqualTo("fs:data");
      expect(data.write("local", "pmem0", 0, sector, caller("fs:other", null, false)), 409);
      expect(data.write("local", "pmem0", 0, sector, caller("fs:data", null, false)), 200);
      expect(data.write("local", "pmem0", 0, sector, caller(null, null, true)), 200);
      expect(data.write("local", "pmem0", 0, sector, caller("fs:data", 1L, false)), 200);
      Reply stale = data.write("local", "pmem0", 0, sector, caller("fs:data", 2L, false));
      expect(stale, 409);
      assertThat(Slices.json(stale).get("type").asString()).isEqualTo("/problems/stale-generation");
    }
  }

  @Test
  void onlyWholeSectorsInsideTheDeviceAreStored() throws Exception {
    try (Slice slice = Slices.open(folder)) {
      expect(
          slice.command(
              "local", new DeviceCommand.Create("n", "nvme", 1 << 20, 4096L, null), null, null),
          201);
      DataPath data = new DataPath(slice, 8192, 4096);
      expect(data.write("local", "n", 0, new byte[0], NOBODY), 422);
      expect(data.write("local", "n", 0, new byte[100], NOBODY), 422);
      expect(data.write("local", "n", 0, new byte[512], NOBODY), 422);
      expect(data.write("local", "n", 1, new byte[4096], NOBODY), 422);
      expect(data.write("local", "n", 2040, new byte[8192], NOBODY), 422);
      expect(data.write("local", "nothing", 0, new byte[512], NOBODY), 404);
      expect(data.clear("local", "n", new SectorRange(2040, 9), null), 422);
      assertThat(data.read("local", "n", new SectorRange(5000, 10), NOBODY))
          .isInstanceOfSatisfying(
              ReadResult.Content.class, read -> assertThat(read.content()).isEmpty());
      assertThat(data.read("local", "n", new SectorRange(0, 17), NOBODY))
          .isInstanceOfSatisfying(
              ReadResult.Refused.class,
              refused -> assertThat(refused.problem().detail()).contains("data-bytes-per-call"));
    }
  }

  @Test
  void aPlannedRemovalEndsByAcknowledgementOrDeadlineAlsoAfterARestart() throws Exception {
    AtomicReference<Instant> clock = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    String removalId;
    try (Slice slice = Slices.open(folder, 1 << 20, clock::get)) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      expect(slice.command("local", new DeviceCommand.Claim("pmem0", "fs:data"), null, null), 200);
      removalId = unplug(slice, UnplugMode.PLANNED);
      assertThat(slice.hear(ack("e1", removalId, 5))).isEqualTo(AckVerdict.COUNTED);
    }
    try (Slice slice = Slices.open(folder, 1 << 20, clock::get)) {
      assertThat(slice.hear(ack("e1", removalId, 5))).isEqualTo(AckVerdict.REPEATED);
      assertThat(slice.hear(ack("e2", "local:other", 5))).isEqualTo(AckVerdict.UNKNOWN);
      slice.tick();
      assertThat(state(slice)).isEqualTo(DeviceState.LEAVING);
      clock.updateAndGet(now -> now.plusSeconds(60));
      slice.tick();
      assertThat(state(slice)).isEqualTo(DeviceState.REMOVED);
      assertThat(slice.hear(ack("e3", removalId, 5))).isEqualTo(AckVerdict.LATE);
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      expect(data.write("local", "pmem0", 0, new byte[512], caller("fs:data", null, false)), 409);
      assertThat(data.read("local", "pmem0", new SectorRange(0, 1), NOBODY))
          .isInstanceOfSatisfying(
              ReadResult.Refused.class,
              refused -> assertThat(refused.problem().kind()).isEqualTo("device-removed"));
    }
  }

  @Test
  void whenTooMuchWaitsForKafkaChangesAreRefusedAndNothingHappens() {
    SliceSettings tight = new SliceSettings(8, 1L << 40, 3, 3, 1 << 20, 1 << 20, 1 << 20);
    try (Slice slice =
        Slice.open(folder, new DeviceCore(Slices.LIMITS), tight, InstantSource.system())) {
      expect(slice.command("local", create("pmem0", 1 << 20), null, null), 201);
      expect(slice.command("local", inject("pmem0", 0, 8), null, null), 202);
      expect(slice.command("local", inject("pmem0", 8, 8), null, null), 202);
      expect(slice.command("local", inject("pmem0", 16, 8), null, null), 503);
      assertThat(badSectors(slice)).isEqualTo(16);
      slice.backlog().published(3);
      expect(slice.command("local", inject("pmem0", 16, 8), null, null), 202);
    }
  }

  private static DataPath.Caller caller(
      @Nullable String holder, @Nullable Long generation, boolean recover) {
    return new DataPath.Caller(holder, generation, recover, null);
  }

  private static String unplug(Slice slice, UnplugMode mode) {
    Reply reply =
        slice.command(
            "local",
            new DeviceCommand.Unplug(List.of("pmem0"), mode, Duration.ofSeconds(30)),
            null,
            null);
    expect(reply, 202);
    return Slices.json(reply).get("removalId").asString();
  }

  private static DeviceState state(Slice slice) {
    return slice.<DeviceState>read(
        "local", state -> Objects.requireNonNull(state.device("pmem0")).state());
  }

  private static Event ack(String id, String removalId, long credit) {
    return new Event(
        id,
        "/hosts/local/filesystems/data",
        Instant.EPOCH,
        null,
        null,
        1,
        "fs:1",
        null,
        new RemovalAck("local", "pmem0", removalId, "fs:data", credit, "gone"));
  }

  private static DeviceCommand create(String device, long sizeBytes) {
    return new DeviceCommand.Create(device, "pmem", sizeBytes, null, null);
  }

  private static DeviceCommand inject(String device, long sector, long count) {
    return new DeviceCommand.Inject(device, sector, count, true, null);
  }

  private static long badSectors(Slice slice) {
    return slice.read(
        "local",
        state -> {
          Device device = state.device("pmem0");
          return device == null ? 0 : device.known().totalSectors();
        });
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status())
        .as(new String(reply.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
  }

  private static long allocatedBytes(Path file) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return 512 * Long.parseLong(blocks.trim());
  }

  private static Path onlySegment(Path folder) throws IOException {
    List<Path> segments = segments(folder);
    assertThat(segments).hasSize(1);
    return segments.getFirst();
  }

  private static List<Path> segments(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("journal/a"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("journal-"))
          .sorted()
          .toList();
    }
  }
}
