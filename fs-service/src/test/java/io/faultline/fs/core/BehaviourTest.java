package io.faultline.fs.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.fs.testing.FsHarness;
import io.faultline.fs.testing.Oracle;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * What a real kernel was seen to do when a page was poisoned or a device unbound: who was
 * signalled, whether and why the filesystem stopped, and what touches of mapped pages gave
 * afterwards.
 *
 * <p>Where Faultline differs on purpose:
 *
 * <ul>
 *   <li>Debugfs and madvise poison nothing really: a load of the page still works. Here, as with a
 *       real machine check (the mce cases), it is {@code BUS_MCEERR_AR}.
 *   <li>Above device-mapper, and on partitions of a shared device, the kernel does not tell the
 *       filesystem. Here it is told and does what it does on a device of its own.
 *   <li>Memory that was unbound is still there, so a kernel that did not revoke a page leaves it
 *       readable. Here no mapping outlives its device (docs/ARCHITECTURE.md, generations).
 *   <li>SIGBUS is not queued, so a process may see fewer signals than the kernel logs; the log is
 *       compared where there is one.
 * </ul>
 */
class BehaviourTest {

  private static final int PAGE = 4096;
  private static final long F_BYTES = 24L * PAGE;
  private static final long OTHER_BYTES = 40L * PAGE;
  private static final int SECTOR = SectorRange.SECTOR_BYTES;

  /** Cases whose poison is not in the fourth page of the mapped file. */
  private static final String NOT_IN_F = ".*(unwritten|logpage|free|metadata).*";

  private static final long DM_LINEAR_BYTES = 4096L * SECTOR;

  /** Why a case is not run here; null if it is. */
  private static @Nullable String whyNot(Oracle.Case each) {
    String name = each.name();
    if (!name.matches("(poison|unbind|mce-a).*")) {
      return "tells of mounts, device-dax addresses or corrected errors, not of a loss";
    }
    if (!each.json().path("observed").path("kernelOops").isNull()) {
      return "crashed the kernel: a defect, not behaviour";
    }
    if (name.contains("ext4") || name.contains("no-filesystem") || name.contains("devdax")) {
      return "is no XFS";
    }
    if (name.contains("madvise-private")) {
      return "poisons a private copy, which is memory and no file";
    }
    if (name.contains("dax-inode")) {
      return "needs the DAX flag of a single file, which comes with files";
    }
    if (name.contains("punch") || name.contains("mce-ao-rebind")) {
      return "is about file operations, which come with a later issue";
    }
    return null;
  }

  static Stream<Oracle.Case> cases() {
    return Oracle.cases("behaviour").stream();
  }

  @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
  @MethodSource("cases")
  void processesAndFilesystemFareAsObserved(Oracle.Case each) {
    String reason = whyNot(each);
    Assumptions.assumeTrue(reason == null, () -> each.name() + ": " + reason);
    new Run(each).check();
  }

  @Test
  void mostCasesAreRun() {
    List<Oracle.Case> all = Oracle.cases("behaviour");
    Assumptions.assumeFalse(all.isEmpty(), "no behaviour cases in this folder");
    long run = all.stream().filter(each -> whyNot(each) == null).count();
    assertThat(run).isGreaterThan(all.size() / 2);
  }

  /** One case. */
  private static final class Run {
    private final String name;
    private final JsonNode json;
    private final JsonNode observed;
    private final FsHarness fs = new FsHarness();
    private final Map<String, Long> pids = new TreeMap<>();
    private final Map<String, String> roleOfPid = new TreeMap<>();
    private final List<String> unbound = new ArrayList<>();
    private final String setup;
    private final boolean onDm;
    private final boolean hasReverseMap;
    private final boolean unmounted;
    private final boolean unbind;
    private final boolean pmd;
    private final boolean dax;
    private final long sectors;

    Run(Oracle.Case each) {
      name = each.name();
      json = each.json();
      observed = json.path("observed");
      StringBuilder text = new StringBuilder();
      json.path("setup").forEach(line -> text.append(line.asString()).append('\n'));
      setup = text.toString();
      onDm = setup.contains("dmsetup create");
      hasReverseMap = !setup.contains("rmapbt=0");
      unmounted = setup.matches("(?s).*umount \\S+\\s*");
      unbind = name.startsWith("unbind");
      pmd = name.contains("pmd");
      dax = !setup.contains("dax=never");
      sectors = json.path("pmem").path("pmem0").path("bytes").asLong() / SECTOR;
    }

    void check() {
      prepare();
      for (JsonNode inject : json.path("inject")) {
        if (inject.path("command").asString().contains("unbind")) {
          unbind(inject);
        } else {
          poison(inject);
        }
      }
      checkShutdown();
      touchAfterwards();
      assertThat(fs.core().replayed()).isEqualTo(fs.core().state());
    }

    private void prepare() {
      Spec spec =
          new Spec(
              "pmem0",
              setup.contains("logdev=") ? "pmem2" : null,
              setup.contains("rtdev=") ? "pmem1" : null,
              dax ? Dax.ALWAYS : Dax.NEVER,
              hasReverseMap,
              !setup.contains("reflink=0"),
              Policy.XFS);
      spec.devices().forEach(device -> fs.added(device, sectors));
      fs.make("x", spec, sectors);
      importMap(spec);
      fs.importPaths("x", "130 /f\n130 /d/f\n131 /other\n132 /g\n133 /un\n134 /n\n");
      fs.send(new FsCommand.SetKernel(observed.path("vmMemoryFailureEarlyKill").asInt() == 1));
      if (unmounted) {
        fs.mustSucceed(new FsCommand.UnmountFilesystem("x"));
        return;
      }
      if (!dax) {
        // The files were written through the page cache, so all of their pages are in it.
        fs.map(99, "writer", "x", "/f", 16L * PAGE);
        for (int page = 0; page < 16; page++) {
          fs.load(99, "writer", (long) page * PAGE);
        }
      }
      long pid = 100;
      for (JsonNode process : json.path("processes")) {
        mapAndTouch(process, pid++);
      }
      if (setup.contains("xfs_freeze -f")) {
        fs.mustSucceed(new FsCommand.FreezeFilesystem("x"));
      }
      fs.core().forgetPublished();
    }

    /** The files where the case has them: the poisoned page is the fourth of its file. */
    private void importMap(Spec spec) {
      TreeMap<Long, String> lines = new TreeMap<>();
      JsonNode record = observed.path("fsmapRecord");
      long fBytes = pmd ? 4L << 20 : F_BYTES;
      long otherBytes = OTHER_BYTES;
      long fLength = pmd ? 8L << 20 : 16L * PAGE;
      boolean realtime = spec.realtime() != null;
      boolean poisonsFile = !record.isObject() && !unbind && !realtime && !name.matches(NOT_IN_F);
      if (poisonsFile && !pmd) {
        fBytes = onFilesystem(json.path("inject").path(0)) - 3L * PAGE;
        otherBytes = fBytes + 16L * PAGE;
      }
      if (!realtime) {
        file(lines, fBytes, fLength, 130);
      }
      file(lines, Math.max(otherBytes, fBytes + fLength), 16L * PAGE, 131);
      if (setup.contains("falloc")) {
        file(lines, 56L * PAGE, 16L * PAGE, 133);
      }
      if (record.isObject()) {
        fsmapRecord(lines, record);
      } else if (name.contains("metadata") || name.contains("after-shutdown")) {
        long page = onFilesystem(json.path("inject").path(0)) / SECTOR;
        lines.put(page, "[" + page + ".." + (page + 7) + "]: static fs metadata 8");
      }
      StringBuilder text =
          new StringBuilder(" EXT: DEV BLOCK-RANGE OWNER FILE-OFFSET TOTAL FLAGS\n");
      int number = 0;
      if (realtime) {
        text.append(number++).append(": 1:1 [0..127]: 130 0..127 128\n");
      }
      for (String line : lines.values()) {
        for (String each : line.split("\n")) {
          text.append(number++).append(": 1:0 ").append(each).append('\n');
        }
      }
      Map<Role, String> given =
          realtime ? Map.of(Role.DATA, "1:0", Role.REALTIME, "1:1") : Map.of();
      Map<Role, Long> sizes =
          realtime
              ? Map.of(Role.DATA, sectors, Role.REALTIME, sectors)
              : Map.of(Role.DATA, sectors);
      fs.importVerbose("x", text.toString(), given, sizes);
    }

    private void file(Map<Long, String> lines, long startBytes, long lengthBytes, int inode) {
      long start = startBytes / SECTOR;
      long count = lengthBytes / SECTOR;
      boolean shared = inode == 130 && setup.contains("reflink=always");
      String unwritten = inode == 133 ? " 0010000" : "";
      String range = "[" + start + ".." + (start + count - 1) + "]: ";
      String place = " 0.." + (count - 1) + " " + count;
      lines.put(
          start,
          shared
              ? range + 130 + place + " 0100000\n" + range + 132 + place + " 0100000"
              : range + inode + place + unwritten);
    }

    private static void fsmapRecord(Map<Long, String> lines, JsonNode record) {
      long start = record.path("phys").asLong() / SECTOR;
      long count = record.path("len").asLong() / SECTOR;
      long owner = record.path("owner").asLong();
      int flags = record.path("flags").asInt();
      boolean special = (flags & 16) != 0;
      String who =
          special
              ? SpecialOwner.ofCodes((int) (owner >>> 32), (int) owner).orElseThrow().kernelName()
              : (1000 + owner) + " 0.." + (count - 1);
      String flag = (flags & 2) != 0 ? " 1000000" : "";
      lines.put(start, "[" + start + ".." + (start + count - 1) + "]: " + who + " " + count + flag);
    }

    private void mapAndTouch(JsonNode process, long pid) {
      String role = process.path("role").asString();
      pids.put(role, pid);
      roleOfPid.put(process.path("pid").asString(""), role);
      fs.map(
          pid,
          "m",
          "x",
          process.path("path").asString(),
          process.path("fileOffset").asLong(),
          process.path("length").asLong(),
          process.path("flags").asString().equals("shared"),
          KillPolicy.ofWord(process.path("mceKillPolicy").asString()).orElseThrow(),
          pmd ? 2 << 20 : PAGE);
      long fourth = pmd ? (2L << 20) + (unbind ? 0 : 5L * PAGE) : 3L * PAGE;
      // What the probes did before the event, told by what they had present then.
      switch (role) {
        case "untouched", "lateComer" -> {}
        case "C-on-g-page5" -> fs.load(pid, "m", 5L * PAGE);
        case "A-readonly", "privateRead" -> fs.load(pid, "m", fourth);
        case "B-copied", "privateCopied" -> fs.store(pid, "m", fourth);
        default -> {
          boolean readOnly = process.path("prot").asString("rw").equals("r");
          if (readOnly || name.contains("clean") || name.contains("unwritten")) {
            fs.load(pid, "m", fourth);
          } else {
            fs.store(pid, "m", fourth);
          }
          if (unbind && role.equals("A")) {
            fs.load(pid, "m", pmd ? 0 : 4L * PAGE);
          }
        }
      }
    }

    /** Where the file lies that a process maps. */
    private String deviceOf(String role) {
      for (JsonNode process : json.path("processes")) {
        boolean mapsF = process.path("path").asString().equals("/f");
        if (process.path("role").asString().equals(role) && mapsF) {
          return setup.contains("rtdev=") ? "pmem1" : "pmem0";
        }
      }
      return "pmem0";
    }

    /** The device of an injection and the byte on it, as the filesystem sees them. */
    private String device(JsonNode inject) {
      return onDm ? "pmem0" : inject.path("pmem").asString("pmem0");
    }

    private long onFilesystem(JsonNode inject) {
      // madvise says the page, not the byte: pmem0 begins at 4 GiB.
      long bytes =
          inject.path("pmemByteOffset").isNumber()
              ? inject.path("pmemByteOffset").asLong()
              : (json.path("poisonedPages").path("target").asLong() << 12) - (4L << 30);
      return setup.contains("linear") ? bytes - DM_LINEAR_BYTES : bytes;
    }

    private void poison(JsonNode inject) {
      long sector = onFilesystem(inject) / SECTOR;
      String consumer =
          pids.containsKey("spinner") ? "spinner" : pids.containsKey("injector") ? "injector" : "";
      String fault = "fault-" + sector;
      List<Event> events =
          consumer.isEmpty()
              ? fs.poison(device(inject), fault, sector, PAGE / SECTOR)
              : fs.consume(device(inject), fault, pids.get(consumer), "m", sector, PAGE / SECTOR);
      List<String> signals = new ArrayList<>();
      for (JsonNode signal : observed.path("signals")) {
        if (signal.path("phase").asString().equals("inject")) {
          signals.add(describe(signal));
        }
      }
      if (!unbind) {
        assertThat(signals(events)).containsExactlyInAnyOrderElementsOf(signals);
      }
    }

    private void unbind(JsonNode inject) {
      String device = device(inject);
      unbound.add(device);
      List<Event> events = fs.preRemove(device, sectors, Map.of("fs:x", 77L));
      assertThat(events)
          .last()
          .extracting(event -> event.type().shortName())
          .isEqualTo("removal_acknowledged");
      if (!onDm) {
        checkRemovalSignals(events);
      }
      fs.removed(device, sectors);
    }

    /** Handlers saw no signal that was not sent; the log has a line for each that was. */
    private void checkRemovalSignals(List<Event> events) {
      List<String> handled = new ArrayList<>();
      for (JsonNode signal : observed.path("signals")) {
        if (signal.path("phase").asString().equals("unbind")) {
          handled.add(describe(signal));
        }
      }
      assertThat(signals(events)).containsAll(handled);
      Map<String, Integer> logged = new TreeMap<>();
      for (JsonNode line : observed.path("dmesg")) {
        String text = line.asString();
        int at = text.indexOf("Sending SIGBUS to ");
        if (at > 0) {
          String pid = text.substring(text.indexOf(':', at) + 1).split(" ")[0];
          logged.merge(roleOfPid.get(pid), 1, Integer::sum);
        }
      }
      Map<String, Integer> sent = new TreeMap<>();
      for (String signal : signals(events)) {
        sent.merge(signal.split(" ")[0], 1, Integer::sum);
      }
      assertThat(sent).isEqualTo(logged);
    }

    private static String describe(JsonNode signal) {
      return signal.path("role").asString()
          + " "
          + signal.path("codeName").asString()
          + " "
          + signal.path("addrOffset").asLong()
          + " "
          + signal.path("lsb").asInt();
    }

    private List<String> signals(List<Event> events) {
      return events.stream()
          .map(Event::data)
          .filter(ProcessSignalled.class::isInstance)
          .map(ProcessSignalled.class::cast)
          .map(
              signal ->
                  roleOf(signal.pid())
                      + " "
                      + signal.code()
                      + " "
                      + signal.addressOffsetBytes()
                      + " "
                      + signal.lsb())
          .toList();
    }

    private String roleOf(long pid) {
      return pids.entrySet().stream()
          .filter(entry -> entry.getValue() == pid)
          .findFirst()
          .orElseThrow()
          .getKey();
    }

    private void checkShutdown() {
      List<String> reasons =
          fs.core().published(FilesystemShutdown.class).stream()
              .map(FilesystemShutdown::reason)
              .toList();
      if (onDm) {
        // The kernel never tells it; ours does as on a device of its own.
        List<String> told =
            unmounted
                ? List.of()
                : unbind
                    ? List.of("FORCE_UMOUNT")
                    : name.contains("metadata") ? reasons : List.of();
        assertThat(reasons).isEqualTo(told);
        return;
      }
      assertThat(reasons).isEqualTo(observedReasons());
    }

    private List<String> observedReasons() {
      List<String> reasons = new ArrayList<>();
      for (JsonNode line : observed.path("shutdownLines")) {
        String text = line.asString();
        if (text.contains("User initiated shutdown")) {
          reasons.add("FORCE_UMOUNT");
        } else if (text.contains("on-disk metadata (0x10)")) {
          reasons.add("CORRUPT_ONDISK");
        } else if (text.contains("device removal (0x20)")) {
          reasons.add("DEVICE_REMOVED");
        }
      }
      return reasons;
    }

    private void touchAfterwards() {
      if (unmounted) {
        return;
      }
      for (JsonNode probe : observed.path("probes")) {
        String op = probe.path("op").asString();
        if (op.equals("xfs_freeze -u") && probe.path("result").asString().equals("ok")) {
          fs.mustSucceed(new FsCommand.ThawFilesystem("x"));
        }
        if (op.startsWith("FITHAW")) {
          checkThaw(probe);
        }
        if (op.contains("overwrite") || op.equals("write") && isOfPoisonedPage(probe)) {
          // File operations heal or move the page; they come with a later issue.
          return;
        }
        if (probe.path("role").isString() && (op.equals("load") || op.equals("store"))) {
          touch(probe, op.equals("store"));
        }
      }
    }

    private void checkThaw(JsonNode probe) {
      FsCommand thaw = new FsCommand.ThawFilesystem("x");
      if (probe.path("result").asString().equals("ok")) {
        fs.mustSucceed(thaw);
      } else {
        Problem refused = fs.refused(thaw);
        assertThat(refused.detail()).contains(probe.path("errno").asString());
      }
    }

    private static boolean isOfPoisonedPage(JsonNode probe) {
      return probe.path("what").asString("").contains("poisoned");
    }

    private void touch(JsonNode probe, boolean store) {
      String role = probe.path("role").asString();
      if (probe.path("result").asString().equals("process dead")) {
        return;
      }
      long pid = pids.get(role);
      long offset = probe.path("mappingOffset").asLong();
      Views.AccessView ours = store ? fs.store(pid, "m", offset) : fs.load(pid, "m", offset);
      String seen =
          probe.path("result").asString().equals("ok")
              ? "ok"
              : probe.path("signals").path(0).path("codeName").asString();
      String got = ours.code() == null ? "ok" : ours.code();
      if (seen.equals("ok")) {
        assertThat(got)
            .as("%s %s %d", name, role, offset)
            .isEqualTo(whereTheKernelSaidOk(role, offset, store));
      } else {
        assertThat(got).as("%s %s %d", name, role, offset).isEqualTo(seen);
        assertThat(ours.addressOffsetBytes())
            .isEqualTo(probe.path("signals").path(0).path("addrOffset").asLong());
        assertThat(ours.lsb()).isEqualTo(probe.path("signals").path(0).path("lsb").asInt());
      }
    }

    private String whereTheKernelSaidOk(String role, long offset, boolean store) {
      boolean copied = role.equals("B-copied") || role.equals("privateCopied");
      if (unbind) {
        return copied || !unbound.contains(deviceOf(role)) ? "ok" : "BUS_ADRERR";
      }
      return copied || !isPoisoned(offset, store) ? "ok" : "BUS_MCEERR_AR";
    }

    /** Whether the touched page is one that was really lost, for a file whose pages are memory. */
    private boolean isPoisoned(long offset, boolean store) {
      if (!dax) {
        return false;
      }
      if (name.contains("unwritten") && !store) {
        return false;
      }
      boolean hitsFile =
          !observed.path("fsmapRecord").isObject()
              && (name.contains("unwritten") || !name.matches(NOT_IN_F));
      long fourth = pmd ? (2L << 20) + 5L * PAGE : 3L * PAGE;
      return hitsFile && offset == fourth;
    }
  }
}
