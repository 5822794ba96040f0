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
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

  /** Steps grow with the size; every step is forced to disk, and that is what takes the time. */
  private static final int LARGEST = 20;

  /** So small that snapshots are written all the time. */
  private static final long SEGMENT_BYTES = 6000;

  private static final DataPath.Caller NOBODY = new DataPath.Caller(null, null, false, null);

  @TempDir(factory = MemoryDisk.class)
  private Path temporary;

  @Test
  void theSliceIsWhatItsSectorsAre() {
    Seeds.forAll(
        1,
        LARGEST,
        gen -> {
          Path folder = Files.createTempDirectory(temporary, "slice");
          try (World world = new World(folder, gen)) {
            int steps = 10 + 5 * gen.size();
            for (int step = 0; step < steps; step++) {
              world.step();
            }
          }
          deleteAll(folder);
        });
  }

  /** The slice, the model, and one who hears. */
  private static final class World implements AutoCloseable {
    private final Path folder;
    private final Gen gen;
    private final Map<String, ModelDevice> model = new TreeMap<>();
    private final Follower follower = new Follower();
    private Slice slice;
    private DataPath data;

    World(Path folder, Gen gen) {
      this.folder = folder;
      this.gen = gen;
      this.slice = Slices.open(folder, SEGMENT_BYTES);
      this.data = new DataPath(slice, 1 << 20, 1 << 20);
    }

    void step() throws InterruptedException {
      String name = gen.pick("a", "b", "c");
      ModelDevice device = model.get(name);
      if (device == null) {
        create(name);
      } else {
        switch (gen.below(14)) {
          case 0, 1, 2 -> inject(name, device, true);
          case 3, 4 -> inject(name, device, false);
          case 5, 6, 7 -> write(name, device);
          case 8, 9 -> read(name, device);
          case 10 -> clear(name, device);
          case 11 -> scrub(name, device);
          case 12 -> unplugOrPlug(name, device);
          default -> rarely(name);
        }
      }
      if (gen.onceIn(3)) {
        follower.drain(slice, gen.flip());
      }
      if (gen.onceIn(25)) {
        restart();
      }
      check();
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

    private void write(String name, ModelDevice device) {
      SectorRange range = range(device);
      byte value = (byte) (1 + gen.below(100));
      byte[] content = new byte[(int) range.sectorCount() * Device.SECTOR_BYTES];
      Arrays.fill(content, value);
      Reply reply = data.write(HOST, name, range.startSector(), content, NOBODY);
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
            byte expected = device.known.get(sector) ? 0 : device.content[sector];
            byte[] found =
                Arrays.copyOfRange(content, (sector - start) * 512, (sector - start + 1) * 512);
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
        expect(command(new DeviceCommand.Delete(name)), 204);
        model.remove(name);
      }
    }

    private void restart() {
      slice.close();
      slice = Slices.open(folder, SEGMENT_BYTES);
      data = new DataPath(slice, 1 << 20, 1 << 20);
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
              return found;
            });
      }
      if (gen.onceIn(4)) {
        follower.drain(slice, gen.flip());
        for (var entry : model.entrySet()) {
          assertThat(follower.bad(entry.getKey())).isEqualTo(extents(entry.getValue().known));
          assertThat(follower.isRemoved(entry.getKey())).isEqualTo(entry.getValue().removed);
        }
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
