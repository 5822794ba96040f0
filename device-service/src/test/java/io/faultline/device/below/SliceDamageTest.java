package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.below.TwinReader.Frame;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.DeviceState;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.Event;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a disk may do to a slice: to one copy, which is then repaired, and to both. */
class SliceDamageTest {

  private static final DataPath.Caller NOBODY = new DataPath.Caller(null, null, false, null);
  private static final int FAULTS = 12;

  @TempDir(factory = MemoryDisk.class)
  private Path temporary;

  private Path folder;
  private int copies;

  /** Two devices, a snapshot, a segment before and two after it; nothing is published. */
  @BeforeEach
  void aSlice() throws Exception {
    folder = temporary.resolve("slice");
    try (Slice slice = Slices.open(folder, 1500)) {
      expect(slice.command("local", create("pmem0"), null, null), 201);
      expect(slice.command("local", create("pmem1"), null, null), 201);
      for (int i = 0; i < FAULTS; i++) {
        expect(
            slice.command("local", inject(i % 2 == 0 ? "pmem0" : "pmem1", 8L * i), null, null),
            202);
        if (i == FAULTS / 2) {
          slice.snapshot();
        }
      }
    }
    assertThat(SliceFiles.journal(folder, "a")).hasSizeGreaterThan(3);
    SliceFiles.assertCopiesAreTheSame(folder);
  }

  // --- one copy is damaged ---

  @Test
  void whateverHappensToOneCopyIsRepairedFromTheOther() throws Exception {
    for (String damaged : List.of("a", "b")) {
      for (Path file : SliceFiles.journal(folder, damaged)) {
        long size = Files.size(file);
        for (long offset = 0; offset < size; offset += 149) {
          Path copy = copy();
          SliceFiles.flip(inCopy(copy, file), offset);
          assertWhole(copy);
        }
        for (long length = 0; length < size; length += 701) {
          Path copy = copy();
          SliceFiles.cut(inCopy(copy, file), length);
          assertWhole(copy);
        }
        Path copy = copy();
        Files.delete(inCopy(copy, file));
        assertWhole(copy);
      }
      Path copy = copy();
      for (Path file : SliceFiles.journal(copy, damaged)) {
        Files.delete(file);
      }
      Files.delete(copy.resolve("journal").resolve(damaged));
      assertWhole(copy);
    }
  }

  @Test
  void differentDamageInEachCopyIsRepairedFromTheOther() throws Exception {
    for (Path file : SliceFiles.journal(folder, "a")) {
      List<Frame> frames = SliceFiles.frames(folder, file);
      for (int i = 0; i + 1 < frames.size(); i++) {
        Path copy = copy();
        List<Path> both = SliceFiles.bothOf(copy, file);
        // The header here, the payload there; and the next record the other way round.
        SliceFiles.flip(both.getFirst(), frames.get(i).offset() + 20);
        SliceFiles.flip(both.getLast(), frames.get(i).end() - 2);
        SliceFiles.flip(both.getLast(), frames.get(i + 1).offset() + 1);
        SliceFiles.flip(both.getFirst(), frames.get(i + 1).end() - 2);
        assertWhole(copy);
      }
    }
  }

  @Test
  void aCrashBetweenTheTwoCopiesOfASnapshotIsOnlyHalfASnapshot() throws Exception {
    Path file =
        SliceFiles.journal(folder, "b").stream()
            .filter(each -> each.toString().contains("snapshot"))
            .findFirst()
            .orElseThrow();
    Path copy = copy();
    // The second was not renamed yet, or is still being written.
    Files.move(inCopy(copy, file), Path.of(inCopy(copy, file) + ".tmp"));
    assertWhole(copy);
    assertThat(Path.of(inCopy(copy, file) + ".tmp")).doesNotExist();

    // A new segment was made in the first copy only.
    copy = copy();
    long next = 1 + 2 + FAULTS;
    Files.createFile(copy.resolve("journal/a").resolve(Journal.segmentName(next)));
    assertWhole(copy);
  }

  @Test
  void whoTheSliceIsStandsTwiceToo() throws Exception {
    String id;
    try (Slice slice = Slices.open(copy())) {
      id = slice.sliceId();
    }
    for (String name : List.of("slice.json", "slice.copy.json")) {
      for (int what = 0; what < 3; what++) {
        Path copy = copy();
        Path file = copy.resolve(name);
        switch (what) {
          case 0 -> Files.delete(file);
          case 1 -> SliceFiles.cut(file, 9);
          default -> {
            String text = Files.readString(file);
            Files.writeString(file, text.replace(id, id.substring(1) + "0"));
          }
        }
        try (Slice slice = Slices.open(copy)) {
          assertThat(slice.sliceId()).isEqualTo(id);
        }
        SliceFiles.assertCopiesAreTheSame(copy);
      }
    }
  }

  @Test
  void aSliceWithoutAnIdentityOrWithoutAJournalIsNotTakenForANewOne() throws Exception {
    Path copy = copy();
    Files.delete(copy.resolve("slice.json"));
    SliceFiles.cut(copy.resolve("slice.copy.json"), 3);
    assertRefused(copy, "slice.copy.json is not readable");
    Files.delete(copy.resolve("slice.copy.json"));
    assertRefused(copy, "slice.json and slice.copy.json are missing");

    Path other = copy();
    for (String name : List.of("a", "b")) {
      for (Path file : SliceFiles.journal(other, name)) {
        Files.delete(file);
      }
    }
    assertRefused(other, "lost its journal");
  }

  @Test
  void theMarkMayLoseASlot() throws Exception {
    Path published = copy();
    try (Slice slice = Slices.open(published)) {
      new Follower().drain(slice, true);
      slice.backlog().published(2 + FAULTS);
    }
    for (int slot = 0; slot < 2; slot++) {
      Path copy = temporary.resolve("mark-" + slot);
      SliceFiles.copy(published, copy);
      SliceFiles.flip(copy.resolve("published"), 512L * slot + 3);
      try (Slice slice = Slices.open(copy)) {
        assertThat(slice.backlog().next(1, Duration.ZERO)).isEmpty();
      }
    }
  }

  // --- both copies are damaged ---

  @Test
  void aRecordThatIsLostTakesOutItsDeviceOnly() throws Exception {
    for (Path file : SliceFiles.journal(folder, "a")) {
      for (Frame frame : SliceFiles.frames(folder, file)) {
        if (frame.header().devices().isEmpty()) {
          continue;
        }
        Path copy = copy();
        SliceFiles.loseRecord(copy, file, frame);
        if (frame.header().kind() != FrameHeader.Kind.ENTRY) {
          // The journal before the snapshot is still there, because nothing is published.
          assertWhole(copy);
          continue;
        }
        String lost = frame.header().devices().getFirst();
        try (Slice slice = Slices.open(copy, 1500)) {
          assertThat(slice.damaged("local")).containsOnlyKeys(lost);
          assertThat(slice.damaged("local").get(lost))
              .satisfies(
                  damage -> {
                    assertThat(damage.file()).endsWith(file.getFileName().toString());
                    assertThat(damage.offsetBytes()).isEqualTo(frame.offset());
                  });
          assertIsRefused(slice, lost);
          assertGoesOn(slice, lost.equals("pmem0") ? "pmem1" : "pmem0");
          Follower follower = Follower.whoMissesSome();
          follower.drain(slice, true);
          // Its end as far as the layers above are concerned, and the fault that was just injected.
          assertThat(follower.lastSequence()).isEqualTo(2 + FAULTS + 2);
          slice.snapshot();
        }
        // It stays refused when the damaged record itself is long gone.
        try (Slice slice = Slices.open(copy, 1500)) {
          assertIsRefused(slice, lost);
          expect(slice.giveUp("local", lost, null), 204);
          expect(slice.command("local", create(lost), null, null), 201);
          Reply made = slice.command("local", create(lost), null, null);
          assertThat(Slices.json(made).get("generation").asLong()).isGreaterThan(1L << 32);
        }
        try (Slice slice = Slices.open(copy, 1500)) {
          assertThat(slice.damaged("local")).isEmpty();
          assertGoesOn(slice, lost);
          assertThat(bad(slice, lost)).isEqualTo(8);
        }
        SliceFiles.assertCopiesAreTheSame(copy);
      }
    }
  }

  @Test
  void aDeviceOfWhichNotEvenTheCreationIsLeftIsRefusedByName() throws Exception {
    Path own = temporary.resolve("own");
    try (Slice slice = Slices.open(own)) {
      expect(slice.command("local", create("pmem0"), null, null), 201);
      expect(slice.command("local", create("pmem1"), null, null), 201);
    }
    Path file = SliceFiles.journal(own, "a").getFirst();
    SliceFiles.loseRecord(own, file, SliceFiles.frames(own, file).getFirst());
    try (Slice slice = Slices.open(own)) {
      assertIsRefused(slice, "pmem0");
      assertGoesOn(slice, "pmem1");
    }
    try (Slice slice = Slices.open(own)) {
      assertIsRefused(slice, "pmem0");
      assertThat(own.resolve("media/local/pmem0.1")).exists();
      expect(slice.giveUp("local", "pmem0", null), 204);
      assertThat(own.resolve("media/local/pmem0.1")).doesNotExist();
      expect(slice.command("local", create("pmem0"), null, null), 201);
      assertGoesOn(slice, "pmem0");
    }
  }

  @Test
  void theLayersAboveHearThatALostDeviceIsGone() throws Exception {
    Path file = SliceFiles.journal(folder, "a").getLast();
    List<Frame> frames = SliceFiles.frames(folder, SliceFiles.journal(folder, "a").get(1));
    Path copy = copy();
    SliceFiles.loseRecord(copy, SliceFiles.journal(copy, "a").get(1), frames.getLast());
    String lost = frames.getLast().header().devices().getFirst();
    assertThat(file).exists();
    try (Slice slice = Slices.open(copy)) {
      expect(slice.giveUp("local", lost, null), 204);
      List<Event> events = new ArrayList<>();
      slice.backlog().next(100, Duration.ZERO).forEach(entry -> events.addAll(entry.events()));
      assertThat(events)
          .filteredOn(
              event ->
                  event.data() instanceof CorruptedRange gone
                      && gone.device().equals(lost)
                      && gone.whole()
                      && gone.cause() == Cause.DEVICE_REMOVED)
          .hasSize(1);
      assertThat(events.getLast().data()).isInstanceOf(DeviceRemoved.class);
    }
  }

  @Test
  void aHeaderThatIsLostRefusesTheSliceInOneLineThatSaysWhere() throws Exception {
    for (Path file : SliceFiles.journal(folder, "a")) {
      for (Frame frame : SliceFiles.frames(folder, file)) {
        Path copy = copy();
        SliceFiles.loseHeader(copy, file, frame);
        boolean isSnapshot = frame.header().kind() != FrameHeader.Kind.ENTRY;
        if (isSnapshot) {
          // The journal before it is still there, because nothing is published.
          assertWhole(copy);
        } else {
          assertRefused(
              copy,
              file.getFileName().toString(),
              "at byte " + frame.offset(),
              "entry " + frame.header().number());
        }
      }
    }
  }

  @Test
  void entriesThatAreMissingInBothCopiesRefuseTheSlice() throws Exception {
    for (Path file : SliceFiles.journal(folder, "a")) {
      if (file.toString().contains("snapshot")) {
        continue;
      }
      List<Frame> frames = SliceFiles.frames(folder, file);
      Path copy = copy();
      for (Path each : SliceFiles.bothOf(copy, file)) {
        SliceFiles.cut(each, frames.getLast().offset());
      }
      assertThatThrownBy(() -> Slices.open(copy).close()).isInstanceOf(SliceException.class);
    }
  }

  @Test
  void aSnapshotThatIsLostWithTheJournalBeforeItRefusesTheSlice() throws Exception {
    Path published = copy();
    try (Slice slice = Slices.open(published, 300)) {
      new Follower().drain(slice, true);
      slice.snapshot();
    }
    Path snapshot =
        SliceFiles.journal(published, "a").stream()
            .filter(file -> file.toString().contains("snapshot"))
            .findFirst()
            .orElseThrow();
    List<Frame> frames = SliceFiles.frames(published, snapshot);
    Path copy = temporary.resolve("lost-snapshot");
    SliceFiles.copy(published, copy);
    SliceFiles.loseHeader(copy, snapshot, frames.get(1));
    assertRefused(copy, snapshot.getFileName().toString());
    // A fact that is lost takes out its device.
    Path lossy = temporary.resolve("lossy-snapshot");
    SliceFiles.copy(published, lossy);
    SliceFiles.loseRecord(lossy, snapshot, frames.get(1));
    String lost = frames.get(1).header().devices().getFirst();
    try (Slice slice = Slices.open(lossy)) {
      assertIsRefused(slice, lost);
      assertGoesOn(slice, lost.equals("pmem0") ? "pmem1" : "pmem0");
    }
    // What it begins and ends with stands in the headers once more.
    for (Frame frame : List.of(frames.getFirst(), frames.getLast())) {
      Path dented = temporary.resolve("dented-" + frame.offset());
      SliceFiles.copy(published, dented);
      SliceFiles.loseRecord(dented, snapshot, frame);
      try (Slice slice = Slices.open(dented)) {
        assertThat(slice.damaged("local")).isEmpty();
        assertGoesOn(slice, "pmem0");
      }
    }
  }

  // --- media ---

  @Test
  void aMediumThatIsNotWholeTakesOutItsDeviceUntilItIsBack() throws Exception {
    for (int what = 0; what < 3; what++) {
      Path copy = copy();
      Path medium = copy.resolve("media/local/pmem0.1");
      Path aside = copy.resolve("aside");
      Files.copy(medium, aside);
      switch (what) {
        case 0 -> Files.delete(medium);
        case 1 -> SliceFiles.cut(medium, 4096);
        default -> {
          Files.delete(medium);
          Files.createDirectory(medium);
        }
      }
      for (int start = 0; start < 2; start++) {
        try (Slice slice = Slices.open(copy)) {
          assertThat(slice.damaged("local")).containsOnlyKeys("pmem0");
          assertIsRefused(slice, "pmem0");
          assertGoesOn(slice, "pmem1");
        }
      }
      Files.deleteIfExists(medium);
      Files.move(aside, medium);
      try (Slice slice = Slices.open(copy)) {
        assertThat(slice.damaged("local")).isEmpty();
        assertThat(
                slice.<DeviceState>read(
                    "local", state -> Objects.requireNonNull(state.device("pmem0")).state()))
            .isEqualTo(DeviceState.REMOVED);
        expect(slice.command("local", new DeviceCommand.Plug("pmem0"), null, null), 200);
        assertGoesOn(slice, "pmem0");
        Follower follower = new Follower();
        follower.drain(slice, true);
        assertThat(follower.isRemoved("pmem0")).isFalse();
      }
    }
  }

  @Test
  void aDeviceWhoseMediumIsLostCanBeGivenUp() throws Exception {
    SliceFiles.cut(folder.resolve("media/local/pmem0.1"), 512);
    try (Slice slice = Slices.open(folder)) {
      expect(slice.giveUp("local", "pmem1", null), 409);
      expect(slice.giveUp("local", "pmem7", null), 404);
      expect(slice.giveUp("nowhere", "pmem0", null), 404);
      expect(slice.giveUp("local", "pmem0", null), 204);
      assertThat(folder.resolve("media/local/pmem0.1")).doesNotExist();
      expect(slice.command("local", create("pmem0"), null, null), 201);
      assertThat(bad(slice, "pmem0")).isZero();
      assertGoesOn(slice, "pmem0");
    }
    try (Slice slice = Slices.open(folder)) {
      assertThat(slice.damaged("local")).isEmpty();
      assertThat(bad(slice, "pmem0")).isEqualTo(8);
    }
  }

  // --- limits ---

  @Test
  void whatDoesNotFitIntoOneEntryIsRefusedByTheLimitsName() {
    SliceSettings tight = new SliceSettings(8, 1L << 40, 100, 3, 1 << 20, 600, 1 << 20);
    Path own = temporary.resolve("tight");
    try (Slice slice =
        Slice.open(own, new DeviceCore(Slices.LIMITS), tight, InstantSource.system())) {
      Reply reply = slice.command("local", create("a".repeat(60)), null, null);
      expect(reply, 413);
      assertThat(new String(reply.body(), StandardCharsets.UTF_8))
          .contains("faultline.device.limits.entry-bytes");
      assertThat(slice.hosts()).isEmpty();
      assertThat(own.resolve("media/local/" + "a".repeat(60) + ".1")).doesNotExist();
    }
  }

  // --- what is expected ---

  private Path copy() throws IOException {
    Path copy = temporary.resolve("copy-" + ++copies);
    SliceFiles.copy(folder, copy);
    return copy;
  }

  private static Path inCopy(Path copy, Path file) {
    return copy.resolve("journal")
        .resolve(Objects.requireNonNull(file.getParent()).getFileName())
        .resolve(file.getFileName());
  }

  private static void assertWhole(Path copy) throws Exception {
    try (Slice slice = Slices.open(copy, 1500)) {
      assertThat(slice.damaged("local")).isEmpty();
      assertThat(bad(slice, "pmem0")).isEqualTo(8 * FAULTS / 2);
      assertThat(bad(slice, "pmem1")).isEqualTo(8 * FAULTS / 2);
      Follower follower = new Follower();
      follower.drain(slice, false);
      assertThat(follower.lastSequence()).isEqualTo(2 + FAULTS);
    }
    SliceFiles.assertCopiesAreTheSame(copy);
  }

  private static void assertRefused(Path copy, String... says) {
    assertThatThrownBy(() -> Slices.open(copy).close())
        .isInstanceOf(SliceException.class)
        .hasMessageContainingAll(says)
        .hasMessageNotContaining("\n");
  }

  private static void assertIsRefused(Slice slice, String device) {
    DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
    for (Reply reply :
        List.of(
            slice.command("local", inject(device, 0), null, null),
            slice.command("local", create(device), null, null),
            slice.command("local", new DeviceCommand.Delete(device), null, null),
            data.write("local", device, 0, new byte[512], NOBODY),
            data.clear("local", device, new SectorRange(0, 8), null))) {
      expect(reply, 500);
      assertThat(Slices.json(reply).get("type").asString()).isEqualTo("/problems/device-damaged");
      assertThat(Slices.json(reply).get("device").asString()).isEqualTo(device);
      assertThat(Slices.json(reply).get("detail").asString())
          .contains(Slices.json(reply).get("file").asString(), "?damaged=true");
    }
    assertThat(data.read("local", device, new SectorRange(0, 1), NOBODY))
        .isInstanceOfSatisfying(
            ReadResult.Refused.class,
            refused -> assertThat(refused.problem().kind()).isEqualTo("device-damaged"));
    assertThat(slice.<Boolean>read("local", state -> state.device(device) == null)).isTrue();
  }

  private static void assertGoesOn(Slice slice, String device) {
    DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
    byte[] content = "good".repeat(128).getBytes(StandardCharsets.US_ASCII);
    expect(data.write("local", device, 1600, content, NOBODY), 200);
    assertThat(data.read("local", device, new SectorRange(1600, 1), NOBODY))
        .isInstanceOfSatisfying(
            ReadResult.Content.class, read -> assertThat(read.content()).isEqualTo(content));
    expect(slice.command("local", inject(device, 800), null, null), 202);
  }

  private static DeviceCommand create(String device) {
    return new DeviceCommand.Create(device, "pmem", 1 << 20, null, null);
  }

  private static DeviceCommand inject(String device, long sector) {
    return new DeviceCommand.Inject(device, sector, 8, true, null);
  }

  private static long bad(Slice slice, String name) {
    return slice.read(
        "local",
        state -> {
          Device device = state.device(name);
          return device == null ? -1 : device.known().totalSectors();
        });
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status())
        .as(new String(reply.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
  }
}
