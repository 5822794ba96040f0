package io.faultline.standalone.behaviour;

import io.faultline.standalone.behaviour.FileCalls.Place;
import io.faultline.standalone.behaviour.Observed.Mapper;
import io.faultline.standalone.behaviour.Observed.Signal;
import io.faultline.standalone.behaviour.Rest.Answer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What is asked after the event: each probe is a call, and its answer the observed one. */
final class Probes {

  private static final int PAGE = Placement.PAGE;
  private static final String OK = "ok";
  private static final String EIO = "EIO";
  private static final String REFUSED = "refused";

  private final Replay replay;
  private final Observed observed;
  private final Stack stack;
  private final Machine machine;
  private final Losses losses;
  private final Set<String> gone = new HashSet<>();
  private final Map<Hit.FilePage, Place> places = new HashMap<>();

  /** What was written here and could not be there. */
  private final Set<String> writtenHere = new HashSet<>();

  private @Nullable Place poisoned;
  private boolean healed;
  private boolean stopped;
  private boolean kernelGoesOn;
  private boolean mountedWhereKernelCouldNot;
  private boolean wasUnmounted;

  Probes(Replay replay, Observed observed, Stack stack, Machine machine, Losses losses) {
    this.replay = replay;
    this.observed = observed;
    this.stack = stack;
    this.machine = machine;
    this.losses = losses;
  }

  void remember(Hit.FilePage page, Place place) {
    places.put(page, place);
  }

  void rememberDevice(Place place) {
    poisoned = place;
  }

  void gone(String device) {
    gone.add(device);
  }

  /** Whether Faultline's filesystem stopped, and whether the kernel's did not. */
  void stopped(boolean ours, boolean kernelNot) {
    stopped = ours;
    kernelGoesOn = kernelNot;
  }

  void run(JsonNode probe) {
    String op = probe.path("op").asString();
    String path = probe.path("path").asString("");
    String what =
        String.join(
            " ", op, path, probe.path("offset").asString(""), probe.path("what").asString(""));
    if (probe.path("role").isString()) {
      touch(probe, op);
    } else if (path.startsWith("/dev/")) {
      ofDevice(what, probe, path, op.startsWith("write"));
    } else {
      ofFilesystem(what, probe, path, op.split(" ")[0]);
    }
  }

  private void ofFilesystem(String what, JsonNode probe, String path, String op) {
    switch (op) {
      case "statfs" -> machine.filesystem();
      case "stat" -> answer(what, probe, machine.files.stat(path));
      case "read" -> read(what, probe, path);
      case "write" -> write(what, probe, path);
      case "fsync" -> fsync(what, probe, path);
      case "readdir" -> readdir(what, probe, path);
      case "create" -> answer(what, probe, machine.files.create(path, ""));
      case "fpunch" -> punch(what, probe);
      case "umount" -> unmount(what, probe);
      case "mount" -> mount(what, probe);
      case "unbind" -> machine.unplug("pmem0");
      case "bind", "rebind" -> plug();
      case "xfs_freeze", "FITHAW" -> thaw(what, probe);
      case "file" -> fileMapping(what, probe, path);
      // The kernel's own books, and tables that it keeps of devices that are gone.
      case "syncfs", "kpageflags", "badblocks", "ndctl", "block", "dmsetup", "reload" -> {}
      default -> throw new AssertionError("a probe that nobody knows: " + op);
    }
  }

  /** What the kernel answered: {@code ok}, an errno, {@code HANG}, or {@code refused} by a tool. */
  private static String seen(JsonNode probe) {
    return switch (probe.path("result").asString("")) {
      case "ok" -> OK;
      case "HANG" -> "HANG";
      case "exception" -> REFUSED;
      default -> probe.path("errno").asString("?");
    };
  }

  private String differs(Difference difference, String instead) {
    replay.differs(difference);
    return instead;
  }

  /** What is expected of any call that is not about a lost page. */
  private String expected(JsonNode probe) {
    String seen = seen(probe);
    if (stack.isIndirect() && seen.equals("ENXIO")) {
      return differs(Difference.TOLD_ABOVE_DM, EIO);
    }
    if (stopped && seen.equals(OK) && (stack.isIndirect() || kernelGoesOn)) {
      return differs(Difference.TOLD_ABOVE_DM, EIO);
    }
    if (mountedWhereKernelCouldNot && !seen.equals(OK)) {
      return differs(Difference.VOLUMES_COME_BACK, OK);
    }
    boolean fellOver = observed.shutdownReasons().contains("CORRUPT_INCORE");
    if (fellOver && seen.equals(EIO)) {
      return differs(Difference.BAD_BLOCKS_ARE_AVOIDED, OK);
    }
    return seen;
  }

  private void answer(String what, JsonNode probe, Answer got) {
    check(what, expected(probe), got);
  }

  private void check(String what, String expected, Answer got) {
    if (expected.equals(REFUSED)) {
      replay.expect(what, false, got.isSuccess());
    } else if (!expected.equals(got.errno())) {
      replay.expect(what, expected, got);
    }
  }

  private boolean isMachineCheck() {
    return observed.injections().stream().anyMatch(each -> each.has("kind"));
  }

  private static long offset(JsonNode probe) {
    String what = probe.path("what").asString("");
    long unnamed = what.contains("poisoned") ? 3L * PAGE : what.contains("another") ? 5L * PAGE : 0;
    return probe.path("offset").asLong(unnamed);
  }

  private void read(String what, JsonNode probe, String path) {
    long offset = offset(probe);
    Answer got = machine.files.read(path, offset, probe.path("length").asLong(PAGE));
    String expected = expected(probe);
    boolean lost = losses.isLost(path, offset) && !losses.isUnwritten(path);
    if (expected.equals(OK) && lost) {
      expected =
          differs(isMachineCheck() ? Difference.NO_PAGE_CACHE : Difference.POISON_IS_REAL, EIO);
    } else if (expected.equals(EIO) && !lost && !stopped) {
      expected = differs(Difference.WRITES_HEAL, OK);
    }
    check(what, expected, got);
    String head = probe.path("value").path("head").asString("");
    boolean same = !writtenHere.contains(path + " " + offset);
    if (expected.equals(OK) && got.isSuccess() && seen(probe).equals(OK) && same) {
      checkHead(what, head.equals("<zeros>") ? "\0".repeat(24) : head, got.body());
    }
  }

  /** The first byte may be what a process stored through its mapping: here that carries none. */
  private void checkHead(String what, String head, String bytes) {
    int length = Math.min(head.length(), bytes.length());
    replay.expect(
        what + ": bytes", head.substring(1, length), bytes.substring(1, Math.max(1, length)));
  }

  private void write(String what, JsonNode probe, String path) {
    long offset = offset(probe);
    boolean lost = losses.isLost(path, offset);
    String pattern = what.contains("overwrite") ? "O" : path.contains("other") ? "other." : "f.";
    Answer got = machine.files.write(path, offset, Setup.text(pattern, PAGE));
    String expected = expected(probe);
    if (lost && !stopped && !expected.equals(OK)) {
      expected = differs(Difference.WRITES_HEAL, OK);
    }
    check(what, expected, got);
    if (!seen(probe).equals(OK)) {
      writtenHere.add(path + " " + offset);
    }
    if (got.isSuccess()) {
      losses.rewrite(path, offset);
      healed |= lost;
    }
  }

  private void fsync(String what, JsonNode probe, String path) {
    String expected = expected(probe);
    if (expected.equals(EIO) && !stopped) {
      expected = differs(Difference.NO_PAGE_CACHE, OK);
    }
    check(what, expected, machine.files.change(path, "fsync", ""));
  }

  private void readdir(String what, JsonNode probe, String path) {
    Answer got = machine.files.list(path);
    answer(what, probe, got);
    if (got.isSuccess() && seen(probe).equals(OK) && path.equals("/")) {
      long entries = probe.path("value").path("entries").asLong();
      replay.expect(what + ": entries", entries, (long) got.json().path("items").size());
    }
  }

  private void punch(String what, JsonNode probe) {
    String json = "{\"offsetBytes\":" + 3L * PAGE + ",\"lengthBytes\":" + PAGE + "}";
    answer(what, probe, machine.files.change("/f", "punch", json));
    losses.rewrite("/f", 3L * PAGE);
  }

  private void unmount(String what, JsonNode probe) {
    machine.unmapAll();
    check(what, seen(probe), machine.ofFilesystem("unmount"));
    wasUnmounted = true;
    stopped = false;
  }

  private void mount(String what, JsonNode probe) {
    String seen = seen(probe);
    String expected = seen;
    if (!seen.equals(OK) && stack.isIndirect()) {
      expected = differs(Difference.VOLUMES_COME_BACK, OK);
      mountedWhereKernelCouldNot = true;
    }
    if (expected.equals(OK)) {
      // A volume hears of its device's return by an event.
      machine.await(what, () -> machine.ofFilesystem("mount").isSuccess());
      stopped = false;
    } else {
      check(what, expected, machine.ofFilesystem("mount"));
    }
  }

  private void plug() {
    gone.forEach(machine::plug);
    if (gone.isEmpty()) {
      machine.plug("pmem0");
    }
  }

  private void thaw(String what, JsonNode probe) {
    answer(what, probe, machine.ofFilesystem("thaw"));
  }

  /** Whether the file's page lies where it lay, or was written elsewhere. */
  private void fileMapping(String what, JsonNode probe, String path) {
    for (Map.Entry<Hit.FilePage, Place> known : places.entrySet()) {
      Hit.FilePage page = known.getKey();
      if (page.path().equals(path)) {
        Place now = machine.files.placeOf(path, page.offset());
        boolean moved = isMoved(probe, page.offset());
        if (!moved && losses.isShared(path)) {
          // The kernel could not write it; here it could, and so it is a copy.
          moved = healed;
        }
        replay.expect(what + ": moved", moved, !now.equals(known.getValue()));
      }
    }
  }

  private boolean isMoved(JsonNode probe, long offset) {
    long at = stack.upward(observed.injections().getFirst().path("pmemByteOffset").asLong(-1));
    for (JsonNode extent : probe.path("result")) {
      long into = offset - extent.path("logical").asLong();
      if (into >= 0 && into < extent.path("length").asLong()) {
        return at >= 0 && extent.path("physical").asLong() + into != at;
      }
    }
    return false;
  }

  // Straight to the device.

  private void ofDevice(String what, JsonNode probe, String path, boolean write) {
    if (path.contains("/mapper/") || poisoned == null) {
      // The kernel keeps the table of a device that left; a volume here has what came back.
      replay.differs(Difference.VOLUMES_COME_BACK);
      return;
    }
    String call = "devices/" + poisoned.device() + "/data?sector=" + poisoned.sector();
    String expected = seen(probe);
    if (write) {
      Answer got =
          machine.rest.send(
              "PUT", call + "&recover=true", "application/octet-stream", "w".repeat(PAGE));
      if (!expected.equals(OK)) {
        expected = differs(Difference.WRITES_HEAL, OK);
      }
      healed = true;
      check(what, expected, got);
      return;
    }
    Answer got = machine.rest.get(call + "&count=" + poisoned.count());
    boolean lost = !healed && !isCorrected();
    if (expected.equals(OK) && lost) {
      expected = differs(Difference.POISON_IS_REAL, EIO);
    } else if (expected.equals(EIO) && !lost) {
      expected = differs(Difference.WRITES_HEAL, OK);
    }
    check(what, expected, got);
  }

  private boolean isCorrected() {
    return observed.injections().stream()
        .allMatch(each -> each.path("kind").asString("").equals("CE"));
  }

  // Processes.

  private void touch(JsonNode probe, String op) {
    String role = probe.path("role").asString();
    boolean noFile = observed.mappers().stream().noneMatch(each -> each.role().equals(role));
    if (noFile
        || replay.mapper(role).path().startsWith("/dev/")
        || probe.path("result").asString("").equals("process dead")) {
      return;
    }
    Mapper mapper = replay.mapper(role);
    if (!machine.isMapped(role)) {
      machine.map(mapper).mustSucceed();
    }
    long offset = probe.path("mappingOffset").asLong();
    Answer got = machine.touch(role, op, offset);
    String what = role + " " + op + " " + offset;
    JsonNode signal = probe.path("signals").path(0);
    String seen =
        probe.path("result").asString().equals(OK) ? OK : signal.path("codeName").asString();
    String expected = expectedOfTouch(mapper, op, offset, seen);
    String code = got.json().path("code").asString(got.isSuccess() ? OK : got.toString());
    replay.expect(what, expected, code);
    if (expected.equals(seen) && !seen.equals(OK) && got.isSuccess()) {
      Signal told = Observed.signal(signal);
      replay.expect(
          what + ": address", told.address(), got.json().path("addressOffsetBytes").asLong());
      replay.expect(what + ": lsb", told.lsb(), got.json().path("lsb").asInt());
    }
  }

  private String expectedOfTouch(Mapper mapper, String op, long offset, String seen) {
    boolean store = op.equals("store");
    long inFile = mapper.fileOffset() + offset;
    boolean direct = isDirect(mapper.path());
    boolean lost = losses.isLost(mapper.path(), inFile) && direct;
    if (replay.isPrivateCopy(mapper, offset)) {
      return seen.equals(OK) ? OK : differs(Difference.PRIVATE_MEMORY, OK);
    }
    if (seen.equals(OK) && !direct && stopped && !replay.hadPresent(mapper, offset)) {
      return differs(Difference.NO_PAGE_CACHE, "BUS_ADRERR");
    }
    if (seen.equals(OK) && isOnGoneDevice(mapper) && !wasUnmounted) {
      return differs(Difference.NO_MAPPING_OUTLIVES_ITS_DEVICE, "BUS_ADRERR");
    }
    if (seen.equals(OK) && lost && (store || !losses.isUnwritten(mapper.path()))) {
      return differs(Difference.POISON_IS_REAL, "BUS_MCEERR_AR");
    }
    if (seen.equals("BUS_MCEERR_AR") && !lost) {
      return differs(Difference.WRITES_HEAL, OK);
    }
    return seen;
  }

  boolean isDirect(String path) {
    return stack.dax.equals("always") || stack.dax.equals("inode") && path.startsWith("/d/");
  }

  /** A realtime file lies on the realtime device, every other on the data device. */
  private boolean isOnGoneDevice(Mapper mapper) {
    boolean realtime = stack.realtime != null && mapper.path().equals("/f");
    return gone.stream()
        .anyMatch(device -> realtime ? device.equals(stack.realtime) : stack.isBelowData(device));
  }
}
