package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.below.DataPath.Caller;
import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.BadBlocks;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Random injections, reads, writes, recoveries, stores and clears of devices of every kind, with
 * crashes at the worst moment, against {@link ModelMedium}.
 */
class DataPathPropertyTest {

  private static final String HOST = "local";
  private static final String NAME = "d";
  private static final DataPath.Recovered UNCOUNTED = (host, device, data, bytes) -> {};

  @TempDir private Path temporary;

  @Test
  void aDeviceIsWhatItsSectorsAre() {
    boolean isLong = Boolean.getBoolean("faultline.long");
    Seeds.forAll(
        1,
        isLong ? 40 : 4,
        gen -> {
          try (World world = new World(Files.createTempDirectory(temporary, "slice"), gen)) {
            int steps = 10 + 5 * gen.size();
            for (int step = 0; step < steps; step++) {
              world.step();
            }
          }
        });
  }

  private static final class World implements AutoCloseable {
    private final Gen gen;
    private final ModelMedium model;
    private Path folder;
    private Slice slice;
    private DataPath data;
    private int crashes;

    /** Set before a change at whose worst moment a crash is to come. */
    private boolean crashing;

    private boolean crashed;

    World(Path folder, Gen gen) {
      this.folder = folder;
      this.gen = gen;
      this.slice = Slices.open(folder);
      this.data = data();
      String kind = gen.noted(gen.pick("pmem", "cxl", "nvme", "scsi", "ata"));
      boolean memory = kind.equals("pmem") || kind.equals("cxl");
      int blockSectors = gen.pick(1, 8);
      int unitSectors = gen.pick(blockSectors, 8, 16);
      int sectors = blockSectors * (4 + gen.below(30));
      boolean clears = !gen.onceIn(4);
      model =
          new ModelMedium(
              sectors, blockSectors, unitSectors, memory ? 8 : blockSectors, clears, memory);
      expect(
          slice.command(
              HOST,
              new DeviceCommand.Create(
                  NAME, kind, sectors * 512L, blockSectors * 512L, unitSectors * 512L, clears),
              null,
              null),
          201);
    }

    private DataPath data() {
      return new DataPath(slice, 1 << 20, 1 << 20, UNCOUNTED, this::worstMoment);
    }

    private Path crashFolder() {
      return folder.resolveSibling(folder.getFileName() + "-crash" + crashes);
    }

    private void worstMoment() {
      if (crashing) {
        Folders.copy(folder, crashFolder());
        crashed = true;
      }
    }

    void step() throws InterruptedException {
      SectorRange range = range();
      int start = (int) range.startSector();
      int end = (int) range.endSector();
      switch (gen.below(12)) {
        case 0, 1, 2 -> inject(start, end, !gen.onceIn(3));
        case 3, 4, 5 -> write(start, end, gen.flip());
        case 6 -> store(start, end);
        case 7, 8 -> clear(start, end);
        case 9, 10 -> read(start, end, gen.flip());
        default -> publish();
      }
      check();
    }

    private void inject(int start, int end, boolean announced) {
      Reply reply =
          slice.command(
              HOST,
              new DeviceCommand.Inject(NAME, start, end - start, announced, null),
              null,
              null);
      expect(reply, 202);
      model.inject(Slices.json(reply).get("faultId").asString(), start, end, announced);
    }

    private void write(int start, int end, boolean recover) {
      int value = 1 + gen.below(100);
      crashing = gen.onceIn(4);
      crashed = false;
      Reply reply =
          data.write(
              HOST, NAME, start, filled(end - start, value), new Caller(null, null, recover, null));
      crashing = false;
      String refusal = model.write(start, end, value, recover, crashed);
      expect(reply, refusal);
      if (crashed) {
        restartIn(crashFolder());
      }
    }

    private void store(int start, int end) {
      int value = 1 + gen.below(100);
      Reply reply =
          data.store(
              HOST, NAME, start, filled(end - start, value), new Caller(null, null, false, null));
      expect(reply, model.store(start, end, value));
    }

    private void clear(int start, int end) {
      crashing = gen.onceIn(4);
      crashed = false;
      Reply reply = data.clear(HOST, NAME, new SectorRange(start, end - start), null);
      crashing = false;
      expect(reply, 200);
      BitSet before = model.known();
      BitSet gone = model.clear(start, end, crashed);
      JsonNode told = Slices.json(reply);
      before.clear(0, start);
      before.clear(end, model.sectors);
      BitSet cleared = (BitSet) before.clone();
      cleared.and(gone);
      before.andNot(gone);
      assertThat(told.get("cleared").toString()).isEqualTo(pairs(cleared));
      assertThat(told.get("ranges").toString()).isEqualTo(pairs(cleared));
      assertThat(told.get("notCleared").toString()).isEqualTo(pairs(before));
      if (crashed) {
        restartIn(crashFolder());
      }
    }

    private void read(int start, int end, boolean recover) {
      ReadResult result =
          data.read(
              HOST,
              NAME,
              new SectorRange(start, end - start),
              new Caller(null, null, recover, null));
      model.discover(start, end);
      BitSet known = model.known();
      int firstBad = known.nextSetBit(start);
      boolean isBad = firstBad >= 0 && firstBad < end;
      switch (result) {
        case ReadResult.Refused(var problem) -> {
          assertThat(isBad && !recover).as("%s", problem).isTrue();
          assertThat(problem.more().get("sector")).isEqualTo((long) firstBad);
        }
        case ReadResult.Content(byte[] content, Extents bad) -> {
          assertThat(isBad && !recover).isFalse();
          assertThat(bad).isEqualTo(extents(known).clip(new SectorRange(start, end - start)));
          for (int sector = start; sector < end; sector++) {
            assertThat(sector(content, sector - start))
                .as("sector %d", sector)
                .containsOnly(known.get(sector) ? 0 : model.content[sector]);
          }
        }
      }
    }

    private void publish() throws InterruptedException {
      List<Backlog.Unpublished> next = slice.backlog().next(10_000, Duration.ZERO);
      if (!next.isEmpty()) {
        slice.backlog().published(next.getLast().number());
      }
      model.published();
    }

    private void restartIn(Path survived) {
      slice.close();
      folder = survived;
      crashes++;
      slice = Slices.open(folder);
      data = data();
    }

    private void check() {
      BadBlocks bad =
          slice
              .<BadBlocks>read(
                  HOST, state -> Objects.requireNonNull(state.device(NAME)).badBlocks())
              .untold(slice.backlog().untold(HOST, NAME));
      assertThat(bad.known()).isEqualTo(extents(model.known()));
      assertThat(bad.latent()).isEqualTo(extents(model.latent()));
      assertThat(bad.unacknowledged()).isEqualTo(extents(model.unacknowledged()));
      byte[] all = raw();
      BitSet poison = model.known();
      poison.or(model.latent());
      for (int sector = poison.nextClearBit(0); sector < model.sectors; ) {
        assertThat(sector(all, sector)).as("sector %d", sector).containsOnly(model.content[sector]);
        sector = poison.nextClearBit(sector + 1);
      }
    }

    private byte[] raw() {
      try {
        return Objects.requireNonNull(slice.media(HOST, NAME))
            .read(new SectorRange(0, model.sectors));
      } catch (MediaGoneException e) {
        throw new AssertionError(e);
      }
    }

    /** Often on boundaries, where most of the rules are. */
    private SectorRange range() {
      int grain = gen.pick(1, model.blockSectors, 8);
      int start = gen.below(model.sectors) / grain * grain;
      int end = start + Math.max(1, (1 + gen.below(model.sectors - start)) / grain * grain);
      return SectorRange.between(start, Math.min(end, model.sectors));
    }

    @Override
    public void close() {
      slice.close();
    }
  }

  private static byte[] filled(int sectors, int value) {
    byte[] content = new byte[sectors * Device.SECTOR_BYTES];
    Arrays.fill(content, (byte) value);
    return content;
  }

  private static byte[] sector(byte[] content, int index) {
    return Arrays.copyOfRange(
        content, index * Device.SECTOR_BYTES, (index + 1) * Device.SECTOR_BYTES);
  }

  private static Extents extents(BitSet bits) {
    Extents.Builder ranges = Extents.builder();
    bits.stream().forEach(sector -> ranges.add(sector, 1));
    return ranges.build();
  }

  private static String pairs(BitSet bits) {
    return Arrays.toString(extents(bits).toPairs()).replace(" ", "");
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status()).as(text(reply)).isEqualTo(status);
  }

  /** That kind of problem; empty for none. */
  private static void expect(Reply reply, String refusal) {
    if (refusal.isEmpty()) {
      expect(reply, 200);
    } else {
      expect(reply, 422);
      assertThat(text(reply)).contains("/problems/" + refusal);
    }
  }

  private static String text(Reply reply) {
    return new String(reply.body(), StandardCharsets.UTF_8);
  }
}
