package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.RecoveredData;
import io.faultline.fs.core.FileViews.FileView;
import io.faultline.fs.core.FileViews.LayoutView;
import io.faultline.fs.core.FileViews.ReadPiece;
import io.faultline.fs.core.FileViews.ReadPlan;
import io.faultline.fs.core.FileViews.WritePiece;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.Views.AccessView;
import io.faultline.fs.core.Views.OwnerView;
import io.faultline.fs.testing.FsHarness;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.core.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Thousands of random file operations, faults and recoveries against a model that knows nothing of
 * extents: files are arrays of bytes, one for each sector, and a device is an array of them. What
 * is read must be what was written; the reverse map must say, sector by sector, who owns what; a
 * restart must find the same. Under either policy nobody reads lost bytes as good; and nothing is
 * changed from the freeze of a planned removal to its end, nor after a shutdown, before it is
 * mounted anew.
 */
class FilesLawsTest {

  /** Operations that each case takes; {@code -Dfaultline.laws.steps=5000} for a long run. */
  private static final int STEPS = Integer.getInteger("faultline.laws.steps", 40);

  private static final int CASES = Integer.getInteger("faultline.laws.cases", 1);

  /** Says each step, to find out what led to a failure. */
  private static final boolean PRINTED = Boolean.getBoolean("faultline.laws.print");

  private static final long SECTORS = (20L << 20) / 512;
  private static final int SECTOR = 512;
  private static final String DEVICE = "pmem0";
  private static final String LOST = "lost";

  @Test
  void filesKeepWhatIsWrittenAndTheMapSaysWhoOwnsWhat() {
    Seeds.forAll(
        CASES,
        2,
        gen -> {
          World world = new World(gen);
          for (int step = 0; step < STEPS; step++) {
            world.step();
          }
          world.check();
        });
  }

  /** A byte of a file as the model knows it: its sector's, for whole sectors are written. */
  private static final class ModelFile {
    /** A letter for each byte; 0 where there is a hole or zeros. */
    private byte[] bytes = new byte[0];

    void write(int from, byte[] given) {
      if (from + given.length > bytes.length) {
        bytes = Arrays.copyOf(bytes, from + given.length);
      }
      System.arraycopy(given, 0, bytes, from, given.length);
    }
  }

  /** The filesystem, its device and the model side by side. */
  private static final class World {
    private final Gen gen;
    private final FsHarness fs = new FsHarness();
    private final int block;
    private final Spec spec;

    /** What the device holds. */
    private final byte[] media = new byte[(int) SECTORS * SECTOR];

    private final TreeMap<String, ModelFile> files = new TreeMap<>();
    private Extents bad = Extents.EMPTY;
    private Extents zeroed = Extents.EMPTY;

    /** What of {@link #bad} was no file's data when it was lost. */
    private Extents badMetadata = Extents.EMPTY;

    private int faults;
    private int letter;

    World(Gen gen) {
      this.gen = gen;
      this.block = gen.pick(1024, 4096, 4096, 16_384);
      Arrays.fill(media, (byte) 99);
      fs.added(DEVICE, SECTORS);
      this.spec =
          new Spec(
              DEVICE,
              null,
              null,
              Dax.ALWAYS,
              gen.flip() || gen.flip(),
              true,
              gen.pick(Policy.values()),
              block,
              false);
      fs.make("x", spec, SECTORS);
    }

    void step() {
      switch (gen.below(18)) {
        case 0, 1, 2, 3 -> write();
        case 4 -> truncate();
        case 5 -> punch();
        case 6 -> reflink();
        case 7 -> unlink();
        case 8 -> rename();
        case 9 -> allocate();
        case 10 -> fault();
        case 11 -> recover();
        case 12 -> attribute();
        case 13 -> store();
        case 14 -> mountAgain();
        case 15 -> loseMetadata();
        case 16 -> depart();
        default -> files.keySet().forEach(this::read);
      }
      check();
    }

    private void note(String text) {
      gen.noted(text);
      if (PRINTED) {
        System.out.println(text);
      }
    }

    private String path() {
      return gen.pick("/a", "/b", "/c", "/d/a", "/d/b", "/d/e/a");
    }

    private String known() {
      return files.isEmpty() ? "/none" : gen.pick(files.keySet().toArray(new String[0]));
    }

    private int offset() {
      int any = (int) gen.between(0, 12L * block);
      return switch (gen.below(3)) {
        case 0 -> any;
        case 1 -> any / 4096 * 4096;
        default -> any / block * block;
      };
    }

    private void write() {
      String path = path();
      int from = offset();
      int length = offset();
      boolean replace = gen.onceIn(5);
      boolean recover = gen.onceIn(4);
      note("write " + path + " " + from + "+" + length + (replace ? " replace" : ""));
      Answer answer =
          fs.send(
              new FileCommand.PlanWrite(
                  "x", path, from, length, replace, recover, true, fs.writeName()));
      if (answer instanceof Answer.Refused refused) {
        assertThat(refused.problem().kind())
            .isIn("media-error", "no-space", recover ? "invalid-argument" : "no-space");
        return;
      }
      WritePlan plan = (WritePlan) ((Answer.Done) answer).body();
      if (gen.onceIn(6)) {
        fs.mustSucceed(new FileCommand.AbandonWrite("x", plan.write(), null, Extents.EMPTY));
        // In place, what reached the device before it failed is there; here nothing did.
        return;
      }
      byte[] given = new byte[length];
      Arrays.fill(given, (byte) (1 + letter++ % 90));
      Map<Long, List<Piece>> owners = owners();
      carryOut(plan, from, given);
      commit(plan);
      mend(plan, owners);
      ModelFile file = files.computeIfAbsent(path, p -> new ModelFile());
      if (length > 0) {
        file.write(from, given);
      }
      if (replace) {
        file.bytes = Arrays.copyOf(file.bytes, from + length);
      }
    }

    /** A sector of a file. */
    private record Piece(String path, long sector) {}

    private Map<Long, List<Piece>> owners() {
      Map<Long, List<Piece>> owners = new HashMap<>();
      for (String path : files.keySet()) {
        LayoutView layout =
            fs.ask(new FileCommand.GetLayout("x", path, 1000, -1), LayoutView.class);
        layout
            .extents()
            .forEach(
                extent -> {
                  for (long i = 0; i < extent.count(); i++) {
                    owners
                        .computeIfAbsent(extent.sector() + i, s -> new ArrayList<>())
                        .add(new Piece(path, extent.offsetBytes() / SECTOR + i));
                  }
                });
      }
      return owners;
    }

    /** What was lost of a shared block and is written again is so for all that share it. */
    private void mend(WritePlan plan, Map<Long, List<Piece>> owners) {
      for (WritePiece piece : plan.pieces()) {
        for (long i = 0; i < piece.place().count(); i++) {
          long device = piece.place().sector() + i;
          for (Piece owner : owners.getOrDefault(device, List.of())) {
            byte[] bytes = Objects.requireNonNull(files.get(owner.path())).bytes;
            int at = (int) owner.sector() * SECTOR;
            if (piece.heals() && at < bytes.length) {
              System.arraycopy(mediaOf(device), 0, bytes, at, Math.min(SECTOR, bytes.length - at));
            }
          }
        }
      }
    }

    /** Moves bytes as whoever serves a plan does. */
    private void carryOut(WritePlan plan, int from, byte[] given) {
      Map<Long, byte[]> sectors = new HashMap<>();
      for (ReadPiece piece : plan.fill()) {
        for (long i = 0; i < piece.place().count(); i++) {
          long device = piece.place().sector() + i;
          assertThat(bad.contains(device)).as("a lost sector is not read").isFalse();
          sectors.put(piece.offsetBytes() / SECTOR + i, mediaOf(device));
        }
      }
      Extents.Builder healed = Extents.builder();
      for (WritePiece piece : plan.pieces()) {
        for (long i = 0; i < piece.place().count(); i++) {
          long sector = piece.offsetBytes() / SECTOR + i;
          byte[] bytes = sectors.getOrDefault(sector, new byte[SECTOR]);
          for (int at = 0; at < SECTOR; at++) {
            long offset = sector * SECTOR + at;
            bytes[at] = plan.zeros().contains(offset) ? 0 : bytes[at];
            boolean isGiven = offset >= from && offset < from + given.length;
            bytes[at] = isGiven ? given[(int) offset - from] : bytes[at];
          }
          long device = piece.place().sector() + i;
          System.arraycopy(bytes, 0, media, (int) device * SECTOR, SECTOR);
          healed.add(device, 1);
        }
      }
      Extents good = healed.build().intersect(bad);
      zeroed = zeroed.subtract(healed.build());
      if (!good.isEmpty()) {
        bad = bad.subtract(good);
        fs.recover(DEVICE, RecoveredData.REWRITTEN, false, null, good.toPairs());
      }
    }

    private byte[] mediaOf(long sector) {
      return Arrays.copyOfRange(media, (int) sector * SECTOR, (int) (sector + 1) * SECTOR);
    }

    /** Carries out what a change answered; whether it came about. */
    private boolean finish(Answer answer, String... kinds) {
      if (answer instanceof Answer.Refused refused) {
        assertThat(refused.problem().kind()).isIn((Object[]) kinds);
        return false;
      }
      if (((Answer.Done) answer).body() instanceof WritePlan plan) {
        assertThat(answer.status()).isEqualTo(202);
        carryOut(plan, 0, new byte[0]);
        commit(plan);
      } else if (((Answer.Done) answer).body() instanceof FileView told) {
        isSo(told);
      }
      return true;
    }

    private void commit(WritePlan plan) {
      isSo(fs.ask(new FileCommand.CommitWrite("x", plan.write()), FileView.class));
    }

    /** A change answers what the file is after it, not what it was before. */
    private void isSo(FileView told) {
      FileView now = fs.ask(new FileCommand.StatFile("x", told.path()), FileView.class);
      assertThat(told).as("the answer of a change").isEqualTo(now);
    }

    private void truncate() {
      String path = known();
      int size = offset();
      note("truncate " + path + " " + size);
      if (finish(
          fs.send(new FileCommand.Truncate("x", path, size)),
          "not-found",
          "media-error",
          "no-space")) {
        ModelFile file = Objects.requireNonNull(files.get(path));
        file.bytes = Arrays.copyOf(file.bytes, size);
      }
    }

    private void punch() {
      String path = known();
      int from = offset();
      int length = 1 + offset();
      note("punch " + path + " " + from + "+" + length);
      if (finish(
          fs.send(new FileCommand.Punch("x", path, from, length)),
          "not-found",
          "media-error",
          "no-space")) {
        byte[] bytes = Objects.requireNonNull(files.get(path)).bytes;
        if (from < bytes.length) {
          Arrays.fill(bytes, from, Math.min(bytes.length, from + length), (byte) 0);
        }
      }
    }

    private void allocate() {
      String path = known();
      int from = offset();
      int length = 1 + offset();
      boolean keep = gen.flip();
      note("allocate " + path + " " + from + "+" + length + (keep ? " keep" : ""));
      if (finish(
          fs.send(new FileCommand.Allocate("x", path, from, length, keep)),
          "not-found",
          "no-space",
          "media-error")) {
        ModelFile file = Objects.requireNonNull(files.get(path));
        if (!keep && from + length > file.bytes.length) {
          file.bytes = Arrays.copyOf(file.bytes, from + length);
        }
      }
    }

    private void reflink() {
      String path = known();
      String to = path();
      int from = gen.flip() ? 0 : offset() / block * block;
      int into = gen.flip() ? 0 : offset() / block * block;
      note("reflink " + path + " " + from + " to " + to + " " + into);
      if (!finish(
          fs.send(new FileCommand.Reflink("x", path, to, from, into, 0)),
          "not-found",
          "invalid-argument",
          "no-space")) {
        return;
      }
      byte[] source = Objects.requireNonNull(files.get(path)).bytes;
      byte[] shared =
          from < source.length ? Arrays.copyOfRange(source, from, source.length) : new byte[0];
      ModelFile file = files.computeIfAbsent(to, p -> new ModelFile());
      file.write(into, shared);
    }

    private void unlink() {
      String path = known();
      note("unlink " + path);
      if (finish(fs.send(new FileCommand.Unlink("x", path)), "not-found")) {
        files.remove(path);
      }
    }

    private void rename() {
      String path = known();
      String to = path();
      note("rename " + path + " " + to);
      if (finish(fs.send(new FileCommand.Rename("x", path, to)), "not-found", "no-space")) {
        files.put(to, Objects.requireNonNull(files.remove(path)));
      }
    }

    private void attribute() {
      String path = known();
      int length = (int) gen.between(0, 3L * block);
      String name = gen.pick("user.a", "user.b");
      note("xattr " + path + " " + length);
      finish(
          fs.send(new FileCommand.SetXattr("x", path, name, new byte[length])),
          "not-found",
          "no-space");
    }

    /** A process stores to a page what is there already: the file reads as before. */
    private void store() {
      String path = known();
      if (!files.containsKey(path)) {
        return;
      }
      note("store " + path);
      fs.map(7, "m", "x", path, 12L * block + 4096);
      long offset = offset() / 4096 * 4096L;
      FsCommand.TouchPage touch = new FsCommand.TouchPage(7, "m", offset, true);
      Answer answer = fs.send(touch);
      if (answer instanceof Answer.Done done && done.body() instanceof WritePlan plan) {
        carryOut(plan, 0, new byte[0]);
        fs.mustSucceed(new FileCommand.CommitWrite("x", plan.write()));
        assertThat(fs.send(touch).status()).isEqualTo(200);
      }
      if (gen.onceIn(4) && files.size() > 1) {
        fs.mustSucceed(new FileCommand.Unlink("x", path));
        files.remove(path);
      }
      fs.mustSucceed(new FsCommand.UnmapFile(7, "m"));
    }

    private void mountAgain() {
      note("mount again");
      fs.mustSucceed(new FsCommand.UnmountFilesystem("x"));
      FsCommand mount = new FsCommand.MountFilesystem("x", fs.claims(spec, SECTORS));
      Extents needed = neededToMount().intersect(bad);
      if (!needed.isEmpty()) {
        assertThat(fs.refused(mount).kind()).isEqualTo("media-error");
        bad = bad.subtract(needed);
        badMetadata = badMetadata.subtract(needed);
        fs.recover(DEVICE, RecoveredData.REWRITTEN, false, null, needed.toPairs());
      }
      fs.mustSucceed(mount);
    }

    /** The primary superblock and the log. */
    private Extents neededToMount() {
      Extents.Builder needed = Extents.builder().add(0, block < 4096 ? 1 : 8);
      records(record -> record.special() == SpecialOwner.JOURNALLING_LOG)
          .forEach(record -> needed.add(record.startSector(), record.sectorCount()));
      return needed.build();
    }

    private void fault() {
      List<OwnerView> owners = fs.owners("x", Role.DATA, 0, SECTORS, 1000);
      List<OwnerView> hit =
          owners.stream()
              .filter(each -> each.owner().equals("inode") || each.owner().equals("free space"))
              .toList();
      if (hit.isEmpty()) {
        return;
      }
      OwnerView one = hit.get(gen.below(hit.size()));
      long sector = one.sector() + gen.between(0, one.count() - 1);
      long count = Math.min(gen.between(1, 24), SECTORS - sector);
      Extents range = Extents.of(sector, count);
      boolean mine =
          owners.stream()
              .filter(each -> range.intersects(new SectorRange(each.sector(), each.count())))
              .allMatch(each -> each.owner().equals("free space") || "data".equals(each.fork()));
      if (mine) {
        note("fault " + range);
        lose(range);
      }
    }

    private void lose(Extents range) {
      bad = bad.union(range);
      zeroed = zeroed.subtract(range);
      fs.corrupt(DEVICE, Cause.MEDIA_ERROR, false, "fault-" + ++faults, range.toPairs());
    }

    /** The filesystem stops as its policy has it, or goes on without what it can make anew. */
    private void loseMetadata() {
      List<MapRecord> metadata = records(record -> !isData(record));
      MapRecord one = metadata.get(gen.below(metadata.size()));
      long sector = one.startSector() + gen.between(0, one.sectorCount() - 1);
      Extents range = Extents.of(sector, Math.min(gen.between(1, 24), SECTORS - sector));
      Extents news = range.subtract(bad);
      boolean stops = spec.rmapbt() && stops(news);
      note("lose metadata " + range + (stops ? " and stop" : ""));
      Answer planned = gen.flip() ? fs.send(anyWrite()) : Answer.noContent();
      records(record -> !isData(record))
          .forEach(
              record ->
                  badMetadata =
                      badMetadata.union(
                          range.clip(new SectorRange(record.startSector(), record.sectorCount()))));
      lose(range);
      assertThat(fs.get("x").shutdownReason()).isEqualTo(stops ? "CORRUPT_ONDISK" : null);
      if (stops) {
        refusesChanges(planned);
        refusesReads();
        mountAgain();
      } else if (planned instanceof Answer.Done done && done.body() instanceof WritePlan plan) {
        fs.mustSucceed(new FileCommand.AbandonWrite("x", plan.write(), null, Extents.EMPTY));
      }
    }

    private List<MapRecord> records(Predicate<MapRecord> condition) {
      FsState state = fs.core().state();
      List<MapRecord> found = new ArrayList<>();
      state
          .map(Objects.requireNonNull(state.filesystems.get("x")), Role.DATA)
          .forEachOverlapping(
              0,
              SECTORS,
              record -> {
                if (!record.isFree() && condition.test(record.unshared())) {
                  found.add(record.unshared());
                }
                return true;
              });
      return found;
    }

    private static boolean isData(MapRecord record) {
      return record.special() == null && record.fork() == Fork.DATA;
    }

    private boolean stops(Extents lost) {
      List<MapRecord> hit =
          records(
              record ->
                  !isData(record)
                      && lost.intersects(
                          new SectorRange(record.startSector(), record.sectorCount())));
      if (spec.policy() == Policy.XFS) {
        return !hit.isEmpty();
      }
      FsState state = fs.core().state();
      FsFact.Filesystem filesystem = Objects.requireNonNull(state.filesystems.get("x"));
      boolean known = Damage.closed(state, filesystem).isEmpty();
      long superblock = block < 4096 ? 1 : 8;
      return lost.intersects(new SectorRange(0, superblock))
          || known
              && hit.stream()
                  .anyMatch(
                      record ->
                          record.special() == SpecialOwner.INODES
                              || record.special() == SpecialOwner.JOURNALLING_LOG);
    }

    /** The device goes, planned or not, and comes back. */
    private void depart() {
      boolean announced = !gen.onceIn(3);
      boolean held = gen.onceIn(3);
      note("depart" + (announced ? " announced" : "") + (held ? " while frozen" : ""));
      String mapped = known();
      if (files.containsKey(mapped)) {
        fs.map(7, "m", "x", mapped, 4096);
        fs.send(new FsCommand.TouchPage(7, "m", 0, false));
      }
      Answer planned = fs.send(anyWrite());
      if (held) {
        fs.mustSucceed(new FsCommand.FreezeFilesystem("x"));
        refusesChanges(planned);
      }
      if (announced) {
        fs.preRemove(DEVICE, SECTORS, Map.of("fs:x", 5L));
        if (spec.rmapbt()) {
          refusesChanges(planned);
          refusesStores(mapped);
        }
        if (spec.rmapbt() && spec.policy() == Policy.XFS) {
          refusesReads();
        } else {
          files.keySet().forEach(this::read);
        }
      }
      fs.removed(DEVICE, SECTORS);
      refusesAll(planned, mapped);
      fs.recover(DEVICE, RecoveredData.RETURNED, true, "removal-fault", 0, SECTORS);
      refusesAll(planned, mapped);
      mountAgain();
      if (files.containsKey(mapped)) {
        fs.mustSucceed(new FsCommand.UnmapFile(7, "m"));
      }
    }

    private FileCommand.PlanWrite anyWrite() {
      return new FileCommand.PlanWrite(
          "x", path(), offset(), offset(), gen.flip(), gen.flip(), true, fs.writeName());
    }

    private void refusesAll(Answer planned, String mapped) {
      refusesChanges(planned);
      refusesReads();
      refusesStores(mapped);
    }

    /** No change is accepted, and what was planned before does not come about. */
    private void refusesChanges(Answer planned) {
      String path = known();
      List<FileCommand> changes =
          new ArrayList<>(
              List.of(
                  anyWrite(),
                  new FileCommand.Truncate("x", path, offset()),
                  new FileCommand.Punch("x", path, offset(), 1 + offset()),
                  new FileCommand.Allocate("x", path, offset(), 1 + offset(), gen.flip()),
                  new FileCommand.Reflink("x", path, path(), 0, 0, 0),
                  new FileCommand.Rename("x", path, path()),
                  new FileCommand.Unlink("x", path),
                  new FileCommand.SetXattr("x", path, "user.a", new byte[1])));
      if (planned instanceof Answer.Done done && done.body() instanceof WritePlan plan) {
        changes.add(new FileCommand.CommitWrite("x", plan.write()));
      }
      for (FileCommand change : changes) {
        assertThat(fs.refused(change).kind())
            .as(String.valueOf(change))
            .isIn("frozen", "filesystem-shutdown");
      }
    }

    private void refusesReads() {
      for (String path : files.keySet()) {
        assertThat(fs.refused(new FileCommand.PlanRead("x", path, 0, 1, true)).kind())
            .isEqualTo("filesystem-shutdown");
      }
    }

    private void refusesStores(String mapped) {
      if (files.containsKey(mapped)) {
        Answer answer = fs.send(new FsCommand.TouchPage(7, "m", 0, true));
        boolean waits = answer.status() == 423;
        boolean signalled =
            answer instanceof Answer.Done done
                && done.body() instanceof AccessView view
                && view.result().equals("signal");
        assertThat(waits || signalled).as(String.valueOf(answer)).isTrue();
      }
    }

    private void recover() {
      if (bad.isEmpty()) {
        return;
      }
      int range = gen.below(bad.rangeCount());
      Extents healed = Extents.of(bad.startSector(range), bad.sectorCount(range));
      note("recovered " + healed);
      Extents written = healed.intersect(badMetadata);
      bad = bad.subtract(healed);
      badMetadata = badMetadata.subtract(written);
      if (!written.isEmpty()) {
        fs.recover(DEVICE, RecoveredData.REWRITTEN, false, null, written.toPairs());
      }
      zero(healed.subtract(written));
    }

    private void zero(Extents healed) {
      if (healed.isEmpty()) {
        return;
      }
      healed.forEach(
          (start, count) ->
              Arrays.fill(media, (int) start * SECTOR, (int) (start + count) * SECTOR, (byte) 0));
      zeroed = zeroed.union(healed);
      fs.recover(DEVICE, RecoveredData.ZEROED, false, null, healed.toPairs());
    }

    /** What is read is what was written, or told to be lost. */
    private void read(String path) {
      byte[] expected = Objects.requireNonNull(files.get(path)).bytes;
      ReadPlan plan =
          fs.ask(
              new FileCommand.PlanRead("x", path, 0, expected.length + 10L, true), ReadPlan.class);
      assertThat(plan.sizeBytes()).as(path).isEqualTo(expected.length);
      byte[] found = new byte[(expected.length / SECTOR + 1) * SECTOR];
      for (ReadPiece piece : plan.pieces()) {
        for (long i = 0; i < piece.place().count(); i++) {
          long device = piece.place().sector() + i;
          assertThat(bad.contains(device)).as("a lost sector is not read").isFalse();
          assertThat(zeroed.contains(device)).as("nor one that was zeroed").isFalse();
          System.arraycopy(
              mediaOf(device), 0, found, (int) (piece.offsetBytes() + i * SECTOR), SECTOR);
        }
      }
      for (int i = 0; i < expected.length; i++) {
        if (!plan.lost().contains(i) && found[i] != expected[i]) {
          throw new AssertionError(
              path + " has " + found[i] + " at " + i + " instead of " + expected[i]);
        }
      }
      boolean refuses =
          fs.send(new FileCommand.PlanRead("x", path, 0, expected.length, false))
              instanceof Answer.Refused;
      assertThat(refuses).as(LOST).isEqualTo(!plan.lost().isEmpty());
    }

    void check() {
      files.keySet().forEach(this::read);
      // Each sector is free or owned; data only by several, and each file's as it says itself.
      new KeptCounts(fs.core().state(), "x").check();
      if (gen.onceIn(8)) {
        fs.core().pass(Duration.ofSeconds(1));
        assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
        if (gen.onceIn(3)) {
          fs.core().restart();
        }
      }
    }
  }
}
