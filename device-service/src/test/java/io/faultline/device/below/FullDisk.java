package io.faultline.device.below;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.below.DataPath.ReadResult;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.Reply;
import io.faultline.runtime.testing.Awaiting;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** A slice on a disk that fills up and gets room again, in whatever process starts it. */
final class FullDisk {

  private static final DataPath.Caller NOBODY = new DataPath.Caller(null, null, false, null);
  private static final DataPath.Caller RECOVERS = new DataPath.Caller(null, null, true, null);
  private static final int PAGE_BYTES = 4096;
  private static final int SECTORS = 512;

  /** Of the answers to what was tried with little room, so many were refused at least. */
  private static final int FEWEST_REFUSED = 20;

  /** How room is taken and given back. */
  private interface Disk {
    void leave(int pages) throws IOException;

    void makeRoom() throws IOException;
  }

  private final Path folder;
  private final Disk disk;
  private final byte[] content = new byte[SECTORS];
  private final BitSet bad = new BitSet();
  private final TreeSet<String> others = new TreeSet<>();
  private final Follower follower = new Follower();
  private int refused;

  private FullDisk(Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /** {@code filesystem} or {@code limit}, and the folder. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[1]);
    Disk disk = arguments[0].equals("limit") ? new Limit() : new Ballast(folder.resolve("ballast"));
    new FullDisk(folder.resolve("slice"), disk).run();
  }

  private void run() throws Exception {
    Slice slice = Slices.open(folder, 8192);
    expect(slice.command("local", create("pmem0", SECTORS * 512L), null, null), 201);
    var random = new SplittableRandom(7);
    for (int round = 0; round < 60; round++) {
      disk.leave(random.nextInt(6));
      DataPath data = new DataPath(slice, 1 << 20, 1 << 20);
      for (int step = 0; step < 12; step++) {
        step(slice, data, random);
        check(slice, data);
        assertThat(slice.failure()).isNull();
      }
      disk.makeRoom();
      // Everything goes on, without a restart.
      int sector = random.nextInt(SECTORS / 8) * 8;
      expect(inject(slice, sector, 1), 202);
      bad.set(sector);
      expect(write(data, sector, 8, (byte) round), 200);
      written(sector, 8, (byte) round);
      slice.snapshot();
      // One that the slice takes by itself may be under way.
      Awaiting.awaitAsserted(
          () ->
              assertThat(SliceFiles.journal(folder, "a"))
                  .noneMatch(file -> file.toString().endsWith(TwinFolder.TEMPORARY)));
      check(slice, data);
      if (round % 10 == 9) {
        slice.close();
        SliceFiles.assertCopiesAreTheSame(folder);
        slice = Slices.open(folder, 8192);
        check(slice, new DataPath(slice, 1 << 20, 1 << 20));
      }
    }
    follower.drain(slice, true);
    slice.close();
    assertThat(refused).isGreaterThan(FEWEST_REFUSED);
  }

  private void step(Slice slice, DataPath data, SplittableRandom random) throws Exception {
    int sector = random.nextInt(SECTORS / 8) * 8;
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> {
        int count = 1 + random.nextInt(8);
        if (isDone(inject(slice, sector, count))) {
          bad.set(sector, sector + count);
        }
      }
      case 3, 4, 5 -> {
        int count = Math.min(8 * (1 + random.nextInt(4)), SECTORS - sector);
        byte value = (byte) (1 + random.nextInt(100));
        if (isDone(write(data, sector, count, value))) {
          written(sector, count, value);
        }
      }
      case 6 -> {
        if (isDone(data.clear("local", "pmem0", new SectorRange(sector, 8), null))) {
          for (int at = sector; at < sector + 8; at++) {
            content[at] = bad.get(at) ? 0 : content[at];
          }
          bad.clear(sector, sector + 8);
        }
      }
      case 7 -> slice.snapshot();
      case 8 -> {
        String name = "other" + random.nextInt(4);
        boolean exists = others.contains(name);
        if (exists) {
          if (isDone(slice.command("local", new DeviceCommand.Delete(name), null, null))) {
            others.remove(name);
          }
        } else if (isDone(slice.command("local", create(name, 1 << 16), null, null))) {
          others.add(name);
        }
      }
      default -> follower.drain(slice, true);
    }
  }

  private boolean isDone(Reply reply) {
    if (reply.status() == 507) {
      refused++;
      return false;
    }
    assertThat(reply.status())
        .as(new String(reply.body(), StandardCharsets.UTF_8))
        .isBetween(200, 204);
    return true;
  }

  private void written(int sector, int count, byte value) {
    Arrays.fill(content, sector, sector + count, value);
    bad.clear(sector, sector + count);
  }

  private void check(Slice slice, DataPath data) {
    BitSet found = new BitSet();
    slice.read(
        "local",
        state -> {
          assertThat(
                  state.devices().stream().map(Device::name).filter(name -> !name.equals("pmem0")))
              .containsExactlyElementsOf(others);
          Device device = state.device("pmem0");
          assertThat(device).isNotNull();
          device.known().forEach((start, count) -> found.set((int) start, (int) (start + count)));
          return device;
        });
    assertThat(found).isEqualTo(bad);
    ReadResult read = data.read("local", "pmem0", new SectorRange(0, SECTORS), RECOVERS);
    assertThat(read).isInstanceOf(ReadResult.Content.class);
    byte[] bytes = ((ReadResult.Content) read).content();
    for (int sector = 0; sector < SECTORS; sector++) {
      byte wanted = bad.get(sector) ? 0 : content[sector];
      for (int at = sector * 512; at < (sector + 1) * 512; at++) {
        if (bytes[at] != wanted) {
          throw new AssertionError(
              "sector " + sector + " has " + bytes[at] + " instead of " + wanted);
        }
      }
    }
  }

  private static Reply inject(Slice slice, int sector, int count) {
    return slice.command(
        "local", new DeviceCommand.Inject("pmem0", sector, count, true, null), null, null);
  }

  private static Reply write(DataPath data, int sector, int count, byte value) {
    byte[] bytes = new byte[count * 512];
    Arrays.fill(bytes, value);
    return data.write("local", "pmem0", sector, bytes, NOBODY);
  }

  private static DeviceCommand create(String name, long sizeBytes) {
    return new DeviceCommand.Create(name, "pmem", sizeBytes, null, null);
  }

  private static void expect(Reply reply, int status) {
    assertThat(reply.status())
        .as(new String(reply.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
  }

  /** Fills the filesystem with a file. */
  private record Ballast(Path file) implements Disk {

    @Override
    public void leave(int pages) throws IOException {
      try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
        byte[] page = new byte[PAGE_BYTES];
        out.seek(out.length());
        try {
          while (true) {
            out.write(page);
          }
        } catch (IOException full) {
          long whole = out.length() / PAGE_BYTES - pages;
          out.setLength(Math.max(0, whole) * PAGE_BYTES);
        }
      }
    }

    @Override
    public void makeRoom() throws IOException {
      Files.delete(file);
    }
  }

  /** Says how large files may get. */
  private static final class Limit implements Disk {

    @Override
    public void leave(int pages) throws IOException {
      limit(Long.toString((2L + pages) * PAGE_BYTES));
    }

    @Override
    public void makeRoom() throws IOException {
      limit("unlimited");
    }

    private static void limit(String bytes) throws IOException {
      try {
        Process process =
            new ProcessBuilder(
                    "prlimit", "--fsize=" + bytes + ":", "--pid=" + ProcessHandle.current().pid())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
          throw new IOException("prlimit answered " + process.exitValue());
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }
}
