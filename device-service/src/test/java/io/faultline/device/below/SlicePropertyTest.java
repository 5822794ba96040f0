package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.UnplugMode;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A slice on disk, with restarts in between, against devices that keep one entry for each sector;
 * and what a layer above knows by events alone against what is so.
 */
class SlicePropertyTest {

  private static final String HOST = "local";

  /** Steps grow with the size. */
  private static final int LARGEST = 16;

  private static final int CASES = Boolean.getBoolean("faultline.long") ? 25 : 1;

  /** So small that snapshots are written all the time. */
  private static final long SEGMENT_BYTES = 6000;

  private static final DataPath.Caller NOBODY = new DataPath.Caller(null, null, false, null);

  @TempDir(factory = MemoryDisk.class)
  private Path temporary;

  @Test
  void theSliceIsWhatItsSectorsAre() {
    Seeds.forAll(
        CASES,
        LARGEST,
        gen -> {
          Path folder = Files.createTempDirectory(temporary, "slice");
          try (World world = new World(folder, gen)) {
            int steps = 10 + 5 * gen.size();
            for (int step = 0; step < steps; step++) {
              world.step();
            }
            world.end();
          }
          deleteAll(folder);
        });
  }

  /** The slice, the model, and one who hears. */
  private static final class World implements AutoCloseable {
    private final Path place;
    private final Gen gen;
    private Path folder;
    private int crashes;
    private final Map<String, ModelDevice> model = new TreeMap<>();
    private final Follower follower = new Follower();
    private Slice slice;
    private DataPath data;

    World(Path folder, Gen gen) throws IOException {
      this.place = folder;
      this.folder = folder.resolve("0");
      this.gen = gen;
      this.slice = Slices.open(this.folder, SEGMENT_BYTES);
      this.data = new DataPath(slice, 1 << 20, 1 << 20);
    }

    void step() throws Exception {
      if (gen.onceIn(12)) {
        crash();
      } else {
        operation();
      }
      if (gen.onceIn(3)) {
        follower.drain(slice, gen.flip());
      }
      if (gen.onceIn(25)) {
        slice.close();
        reopen(folder);
      }
      check();
    }

    private void operation() {
      String name = gen.pick("a", "b", "c");
      ModelDevice device = model.get(name);
      if (device == null) {
        create(name);
      } else {
        switch (gen.below(17)) {
          case 0, 1, 2 -> inject(name, device, true);
          case 3, 4 -> inject(name, device, false);
          case 5, 6, 7 -> write(name, device);
          case 8, 9 -> read(name, device);
          case 10 -> clear(name, device);
          case 11 -> scrub(name, device);
          case 12 -> unplugOrPlug(name, device);
          case 13, 14 -> injectMany(name, device);
          case 15 -> claimOrRelease(name, device);
          default -> rarely(name);
        }
      }
    }

    private void create(String name) {
      int blockSectors = gen.pick(1, 8);
      String kind = gen.pick("pmem", "nvme", "scsi", "ata", "cxl");
      int sectors = blockSectors * (1 + gen.below(40));
      int unit = kind.equals("pmem") || kind.equals("cxl") ? 8 : blockSectors;
      Reply reply =
          command(new DeviceCommand.Create(name, kind, sectors * 512L, blockSectors * 512L, null));
      expect(reply, 201);
      long generation = Slices.json(reply).get("generation").asLong();
      model.put(name, new ModelDevice(sectors, blockSectors, unit, generation));
    }

    private void inject(String name, ModelDevice device, boolean announced) {
      SectorRange range = range(device);
      Reply reply =
          command(
              new DeviceCommand.Inject(
                  name, range.startSector(), range.sectorCount(), announced, null));
      if (device.removed) {
        expect(reply, 409);
      } else {
        expect(reply, 202);
        device.inject((int) range.startSector(), (int) range.endSector(), announced);
      }
    }

    private void injectMany(String name, ModelDevice device) {
      Extents ranges = gen.extents(new SectorRange(0, device.sectors));
      boolean saturate = gen.flip();
      boolean announced = gen.flip();
      Reply reply =
          command(new DeviceCommand.Inject(name, ranges, null, saturate, null, announced, null));
      if (device.removed) {
        expect(reply, 409);
      } else if (!ranges.isEmpty()) {
        expect(reply, 202);
        int unit = saturate ? device.unitSectors : device.blockSectors;
        ranges.forEach(
            (start, count) -> device.poison((int) start, (int) (start + count), unit, announced));
      }
    }

    private void claimOrRelease(String name, ModelDevice device) {
      String holder = gen.pick("dm:v", "dm:w");
      if (device.holders.contains(holder)) {
        expect(command(new DeviceCommand.Release(name, holder, null)), 204);
        device.holders.remove(holder);
      } else if (!device.removed) {
        expect(command(new DeviceCommand.Claim(name, holder)), 200);
        device.holders.add(holder);
      }
    }

    private void write(String name, ModelDevice device) {
      SectorRange range = range(device);
      byte value = (byte) (1 + gen.below(100));
      byte[] content = new byte[(int) range.sectorCount() * Device.SECTOR_BYTES];
      Arrays.fill(content, value);
      DataPath.Caller caller =
          device.holders.isEmpty()
              ? NOBODY
              : new DataPath.Caller(device.holders.first(), null, false, null);
      Reply reply = data.write(HOST, name, range.startSector(), content, caller);
      int start = (int) range.startSector();
      int end = (int) range.endSector();
      if (device.removed) {
        expect(reply, 409);
        return;
      }
      if (start % device.blockSectors != 0 || end % device.blockSectors != 0) {
        expect(reply, 422);
        return;
      }
      int inTheWay = device.firstInTheWay(start, end);
      device.discoverInPart(start, end);
      if (inTheWay >= 0) {
        expect(reply, 422);
        assertThat(Slices.json(reply).get("sector").asLong()).isEqualTo(inTheWay);
      } else {
        expect(reply, 200);
        device.write(start, end, value);
      }
    }

    private void read(String name, ModelDevice device) {
      SectorRange range = range(device);
      boolean recover = gen.flip();
      ReadResult result =
          data.read(HOST, name, range, new DataPath.Caller(null, null, recover, null));
      int start = (int) range.startSector();
      int end = (int) range.endSector();
      if (device.removed) {
        assertThat(result).isInstanceOf(ReadResult.Refused.class);
        return;
      }
      device.discover(start, end);
      int firstBad = device.known.nextSetBit(start);
      boolean isBad = firstBad >= 0 && firstBad < end;
      switch (result) {
        case ReadResult.Refused(var problem) -> {
          assertThat(isBad && !recover).as("%s", problem).isTrue();
          assertThat(problem.more().get("sector")).isEqualTo((long) firstBad);
        }
        case ReadResult.Content(byte[] content, Extents bad) -> {
          assertThat(isBad && !recover).isFalse();
          assertThat(bad).isEqualTo(extents(device.known).clip(range));
          for (int sector = start; sector < end; sector++) {
            byte[] found =
                Arrays.copyOfRange(content, (sector - start) * 512, (sector - start + 1) * 512);
            if (!device.known.get(sector)) {
              device.settle(sector, found[0]);
            }
            byte expected = device.known.get(sector) ? 0 : device.content[sector];
            byte[] wanted = new byte[512];
            Arrays.fill(wanted, expected);
            assertThat(found).as("sector %d", sector).isEqualTo(wanted);
          }
        }
      }
    }

    private void clear(String name, ModelDevice device) {
      SectorRange range = range(device);
      Reply reply = data.clear(HOST, name, range, null);
      expect(reply, device.removed ? 409 : 200);
      if (!device.removed) {
        device.clear((int) range.startSector(), (int) range.endSector());
      }
    }

    private void scrub(String name, ModelDevice device) {
      expect(command(new DeviceCommand.Scrub(name)), device.removed ? 409 : 202);
      if (!device.removed) {
        device.discover(0, device.sectors);
      }
    }

    private void unplugOrPlug(String name, ModelDevice device) {
      if (!device.holders.isEmpty()) {
        return;
      }
      if (device.removed) {
        Reply reply = command(new DeviceCommand.Plug(name));
        expect(reply, 200);
        assertThat(Slices.json(reply).get("generation").asLong()).isEqualTo(++device.generation);
      } else {
        UnplugMode mode = gen.pick(UnplugMode.class);
        expect(command(new DeviceCommand.Unplug(List.of(name), mode, Duration.ofSeconds(1))), 202);
      }
      device.removed = !device.removed;
    }

    private void rarely(String name) {
      if (gen.onceIn(3)) {
        boolean isHeld = !Objects.requireNonNull(model.get(name)).holders.isEmpty();
        expect(command(new DeviceCommand.Delete(name)), isHeld ? 409 : 204);
        if (!isHeld) {
          model.remove(name);
        }
      }
    }

    private void reopen(Path image) {
      folder = image;
      slice = Slices.open(folder, SEGMENT_BYTES);
      data = new DataPath(slice, 1 << 20, 1 << 20);
    }

    /**
     * The process ends in the middle of an operation that nobody has an answer to: its last bytes
     * are in the files, or some of them, or others. What was answered before is there.
     */
    private void crash() throws Exception {
      // The files of a snapshot come and go.
      slice.awaitSnapshots();
      Path before = image();
      Map<String, ModelDevice> unchanged = new TreeMap<>();
      model.forEach((name, device) -> unchanged.put(name, device.copy()));
      operation();
      slice.awaitSnapshots();
      Path after = image();
      slice.close();
      boolean isLost = tear(before, after);
      if (gen.flip()) {
        damageOneCopy(after);
      }
      deleteAll(folder);
      deleteAll(before);
      reopen(after);
      SliceFiles.assertCopiesAreTheSame(after);
      if (isLost) {
        Map<String, ModelDevice> done = new TreeMap<>(model);
        model.clear();
        model.putAll(unchanged);
        unchanged.forEach((name, device) -> device.mayHave(done.get(name)));
      }
    }

    private Path image() throws IOException {
      Path image = place.resolve(Integer.toString(++crashes));
      SliceFiles.copy(folder, image);
      return image;
    }

    /**
     * Takes from both copies some of what was appended since {@code before}, and scribbles over
     * what is left.
     *
     * @return whether both lost it
     */
    private boolean tear(Path before, Path after) throws IOException {
      Path segment = newest(after);
      Path old = SliceFiles.bothOf(before, segment).getFirst();
      long forced = Files.exists(old) ? Files.size(old) : -1;
      long appended = Files.size(segment);
      // An operation of several entries could end between them, which is neither before nor after.
      if (forced < 0
          || forced >= appended
          || gen.onceIn(4)
          || !isWholeBetween(after, segment, forced, appended)) {
        return false;
      }
      boolean isLost = true;
      for (Path copy : SliceFiles.bothOf(after, segment)) {
        long length = gen.between(forced, appended);
        if (gen.onceIn(3)) {
          length = appended;
        }
        SliceFiles.cut(copy, length);
        boolean scribbles = length > forced && gen.flip();
        if (scribbles) {
          SliceFiles.flip(copy, gen.between(forced, length - 1));
        }
        if (gen.onceIn(4)) {
          Files.write(copy, gen.bytes(1 + gen.below(300)), StandardOpenOption.APPEND);
        }
        isLost &= length < appended || scribbles;
      }
      // Not forced, so not marked as forced, and no media deleted.
      SliceFiles.copyMissing(before.resolve("media"), after.resolve("media"));
      Files.copy(
          before.resolve("published"),
          after.resolve("published"),
          StandardCopyOption.REPLACE_EXISTING);
      return isLost && !isWholeBetween(after, segment, forced, appended);
    }

    /** Each copy may have lost another part: then there is nothing that is lost. */
    private static boolean isWholeBetween(Path after, Path segment, long forced, long appended)
        throws IOException {
      try (TwinReader in = new TwinReader(SliceFiles.bothOf(after, segment))) {
        TwinReader.Frame frame = in.look(forced);
        return frame != null && frame.payload() != null && frame.end() == appended;
      }
    }

    private static Path newest(Path folder) throws IOException {
      return SliceFiles.journal(folder, "a").stream()
          .filter(file -> file.getFileName().toString().startsWith(Journal.SEGMENT))
          .reduce((first, second) -> second)
          .orElseThrow();
    }

    /** Anything that the other copy makes good. */
    private void damageOneCopy(Path folder) throws IOException {
      List<Path> files = SliceFiles.journal(folder, gen.pick("a", "b"));
      Path file = files.get(gen.below(files.size()));
      if (file.equals(newest(folder)) || file.getFileName().equals(newest(folder).getFileName())) {
        return;
      }
      long size = Files.size(file);
      switch (gen.below(3)) {
        case 0 -> Files.delete(file);
        case 1 -> SliceFiles.cut(file, gen.between(0, size));
        default -> {
          if (size > 0) {
            SliceFiles.flip(file, gen.between(0, size - 1));
          }
        }
      }
    }

    /** Everything that was ever told was told, once and in order. */
    void end() throws InterruptedException {
      follower.drain(slice, true);
      assertFollowerKnows();
    }

    private void check() throws InterruptedException {
      List<String> names =
          slice.read(HOST, state -> state.devices().stream().map(Device::name).toList());
      assertThat(names).containsExactlyElementsOf(model.keySet());
      for (var entry : model.entrySet()) {
        ModelDevice wanted = entry.getValue();
        slice.read(
            HOST,
            state -> {
              Device found = state.device(entry.getKey());
              assertThat(found).isNotNull();
              BitSet hidden = (BitSet) wanted.latent.clone();
              hidden.andNot(wanted.known);
              assertThat(found.known()).isEqualTo(extents(wanted.known));
              assertThat(found.latent()).isEqualTo(extents(hidden));
              assertThat(found.generation()).isEqualTo(wanted.generation);
              assertThat(found.claims().keySet()).isEqualTo(wanted.holders);
              return found;
            });
      }
      if (gen.onceIn(4)) {
        follower.drain(slice, gen.flip());
        assertFollowerKnows();
      }
    }

    private void assertFollowerKnows() {
      for (var entry : model.entrySet()) {
        assertThat(follower.bad(entry.getKey())).isEqualTo(extents(entry.getValue().known));
        assertThat(follower.isRemoved(entry.getKey())).isEqualTo(entry.getValue().removed);
      }
    }

    private SectorRange range(ModelDevice device) {
      long start = gen.below(device.sectors);
      return new SectorRange(start, gen.between(1, device.sectors - start));
    }

    private Reply command(DeviceCommand command) {
      gen.noted(command);
      return slice.command(HOST, command, null, null);
    }

    @Override
    public void close() {
      slice.close();
    }
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status()).as(new String(reply.body())).isEqualTo(status);
  }

  private static Extents extents(BitSet bits) {
    Extents.Builder ranges = Extents.builder();
    for (int start = bits.nextSetBit(0); start >= 0; ) {
      int end = bits.nextClearBit(start);
      ranges.add(start, end - start);
      start = bits.nextSetBit(end);
    }
    return ranges.build();
  }

  private static void deleteAll(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
