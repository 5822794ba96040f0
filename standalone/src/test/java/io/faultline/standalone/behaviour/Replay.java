package io.faultline.standalone.behaviour;

import io.faultline.standalone.behaviour.FileCalls.Place;
import io.faultline.standalone.behaviour.Observed.Mapper;
import io.faultline.standalone.behaviour.Observed.Signal;
import io.faultline.standalone.testing.StandaloneProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One case, done again on a host of its own: set-up, the touches that the processes had made
 * before, the injections with the signals that they brought, why the filesystem stopped, and then
 * every probe.
 */
public final class Replay {

  private static final long HUGE = 2L << 20;

  private final Observed observed;
  private final Stack stack;
  private final Placement placement;
  private final Machine machine;
  private final Losses losses = new Losses();
  private final Set<Difference> differences = EnumSet.noneOf(Difference.class);
  private final List<String> wrong = new ArrayList<>();

  /** Pages that a process had present before the event, by role, as offsets of its mapping. */
  private final Map<String, Set<Long>> present = new TreeMap<>();

  private final Set<String> copied = new TreeSet<>();
  private final Map<Hit.FilePage, Place> files = new HashMap<>();
  private final long pageBytes;
  private final Probes probes;

  private Replay(StandaloneProcess faultline, Observed observed) {
    this.observed = observed;
    this.stack = new Stack(observed);
    this.placement = new Placement(observed, stack);
    this.pageBytes = observed.sets("extsize 2m") ? HUGE : Placement.PAGE;
    Rest rest = new Rest(faultline, observed.name().toLowerCase(Locale.ROOT));
    this.machine = new Machine(rest, stack, pageBytes);
    this.probes = new Probes(this, observed, stack, machine, losses);
  }

  /** Why a case cannot be done again at all; null if it can. */
  public static @Nullable String whyNot(Observed observed) {
    if (observed.sets("mkfs.ext4")) {
      return "is about ext4";
    }
    if (observed.sets("-m devdax")) {
      return "is about a character device without a filesystem";
    }
    if (observed.setup().isEmpty()
        || observed.setup().stream().allMatch(l -> l.contains("sfdisk"))) {
      return "tells what mkfs and mount refuse, before there is a filesystem";
    }
    return null;
  }

  /** Does a case again; fails with all that came otherwise, and answers what is meant to. */
  public static Set<Difference> of(StandaloneProcess faultline, Observed observed) {
    Replay replay = new Replay(faultline, observed);
    try {
      replay.run();
    } catch (AssertionError | RuntimeException e) {
      replay.wrong.add(String.valueOf(e));
      AssertionError error = new AssertionError(String.join("\n", replay.wrong), e);
      throw error;
    }
    if (!replay.wrong.isEmpty()) {
      throw new AssertionError(String.join("\n", replay.wrong));
    }
    return replay.differences;
  }

  private void run() {
    machine.build(observed.earlyKill());
    Setup setup = new Setup(machine, losses);
    observed.setup().forEach(setup::run);
    for (Mapper mapper : observed.mappers()) {
      if (isThereBefore(mapper)) {
        machine.map(mapper).mustSucceed();
        touchBefore(mapper);
      }
    }
    findFiles();
    setup.afterMapping();
    inject();
    checkShutdown();
    observed.probes().forEach(probes::run);
  }

  /** A process of a device file maps no file; one that comes late maps at its first touch. */
  private boolean isThereBefore(Mapper mapper) {
    return stack.isXfs && !mapper.path().startsWith("/dev/") && !mapper.role().startsWith("late");
  }

  void differs(Difference difference) {
    differences.add(difference);
  }

  void expect(String what, Object seen, Object got) {
    if (!seen.equals(got)) {
      wrong.add(what + ": the kernel gave " + seen + ", Faultline " + got);
    }
  }

  Mapper mapper(String role) {
    return observed.mappers().stream()
        .filter(each -> each.role().equals(role))
        .findFirst()
        .orElseThrow();
  }

  boolean hadPresent(Mapper mapper, long offset) {
    return present.getOrDefault(mapper.role(), Set.of()).contains(offset / pageBytes);
  }

  /** Whether a process has a page to itself. */
  boolean isPrivateCopy(Mapper mapper, long offset) {
    boolean poisonedCopy = placementOfCopies().contains(offset) && !mapper.shared();
    return poisonedCopy || copied.contains(mapper.role()) && hadPresent(mapper, offset);
  }

  private Set<Long> placementOfCopies() {
    Set<Long> copies = new TreeSet<>();
    for (JsonNode injection : observed.injections()) {
      if (placement.of(injection) instanceof Hit.PrivateCopy copy) {
        copies.add(copy.offset());
      }
    }
    return copies;
  }

  // What the probes did before the event. Where a case does not say it, its later loads do: they
  // give what was stored, and the pages that were signalled had been there.

  private void touchBefore(Mapper mapper) {
    String role = mapper.role();
    if (role.equals("untouched")) {
      return;
    }
    Set<Long> offsets = new TreeSet<>();
    if (unbinds()) {
      observed.signals("unbind").stream()
          .filter(signal -> signal.role().equals(role))
          .forEach(signal -> offsets.add(signal.address()));
      offsets.add(firstProbed(role));
      if (observed.signalsInLog().getOrDefault(role, 0) > offsets.size()) {
        offsets.addAll(probed(role));
      }
      while (observed.signalsInLog().getOrDefault(role, 0) > offsets.size()) {
        offsets.add(Collections.max(offsets) + pageBytes);
      }
    } else if (hitOffset(mapper) < 0) {
      offsets.add(firstProbed(role));
    } else if (hasHitPage(mapper)) {
      offsets.add(hitOffset(mapper));
    }
    offsets.addAll(placementOfCopies());
    for (long offset : offsets) {
      touchBefore(mapper, offset);
    }
  }

  private void touchBefore(Mapper mapper, long offset) {
    String role = mapper.role();
    boolean stored =
        mapper.writes() && (hasStored(mapper, offset) || placementOfCopies().contains(offset));
    machine.touch(role, stored ? "store" : "load", offset).mustSucceed();
    present.computeIfAbsent(role, r -> new TreeSet<>()).add(offset / pageBytes);
    if (stored && !mapper.shared() && !placementOfCopies().contains(offset)) {
      copied.add(role);
    }
  }

  private boolean unbinds() {
    return observed.injections().stream().anyMatch(Replay::isUnbind);
  }

  /** A later load that gives another byte than the file has shows that the process had stored. */
  private boolean hasStored(Mapper mapper, long offset) {
    for (JsonNode probe : observed.probes()) {
      boolean its =
          probe.path("role").asString("").equals(mapper.role())
              && probe.path("op").asString().equals("load")
              && probe.path("mappingOffset").asLong() == offset
              && probe.path("value").isNumber();
      if (its) {
        int value = probe.path("value").asInt();
        return value >= 'A' && value <= 'Z' && pageBytes == Placement.PAGE;
      }
    }
    return mapper.shared() && unbinds();
  }

  private List<Long> probed(String role) {
    return observed.probes().stream()
        .filter(probe -> probe.path("role").asString("").equals(role))
        .map(probe -> probe.path("mappingOffset").asLong())
        .toList();
  }

  private long firstProbed(String role) {
    List<Long> offsets = probed(role);
    if (offsets.isEmpty()) {
      return observed.signals("unbind").stream()
          .filter(signal -> signal.role().equals(role))
          .mapToLong(Signal::address)
          .findFirst()
          .orElse(3L * Placement.PAGE);
    }
    return offsets.getFirst();
  }

  /**
   * Whether a process had the page that is hit. One that asked to be told early and was not, while
   * others were, had it not.
   */
  private boolean hasHitPage(Mapper mapper) {
    if (hitOffset(mapper) < 0) {
      return false;
    }
    boolean early =
        mapper.killPolicy().equals("early")
            || mapper.killPolicy().equals("default") && observed.earlyKill();
    List<Signal> signals = observed.signals("inject");
    boolean told = signals.stream().anyMatch(signal -> signal.role().equals(mapper.role()));
    boolean tellable = early && mapper.shared() && probes.isDirect(mapper.path());
    return told || !tellable || signals.isEmpty();
  }

  /** Where a mapping has the page that is hit; -1 if it has not. */
  private long hitOffset(Mapper mapper) {
    for (JsonNode injection : observed.injections()) {
      if (!isUnbind(injection)
          && placement.of(injection) instanceof Hit.FilePage page
          && (page.path().equals(mapper.path()) || losses.areSharers(page.path(), mapper.path()))) {
        return page.offset() - mapper.fileOffset();
      }
    }
    return -1;
  }

  private static boolean isUnbind(JsonNode injection) {
    return injection.path("command").asString().contains("unbind");
  }

  // The event.

  private void inject() {
    List<Signal> poisoned = new ArrayList<>();
    Set<Hit> hits = new HashSet<>();
    for (JsonNode injection : observed.injections()) {
      if (isUnbind(injection)) {
        unbind(injection.path("pmem").asString());
      } else if (!injection.path("kind").asString("").equals("CE")) {
        Hit hit = placement.of(injection);
        poison(injection, hit, hits.add(hit));
        poisoned.addAll(machine.newSignals());
      }
    }
    checkPoisonSignals(poisoned, hits);
  }

  /** Where the files' pages lie that will be hit, while the files still have their names. */
  private void findFiles() {
    for (JsonNode injection : observed.injections()) {
      if (!isUnbind(injection) && placement.of(injection) instanceof Hit.FilePage page) {
        files.put(page, machine.files.placeOf(page.path(), page.offset()));
      }
    }
  }

  private void poison(JsonNode injection, Hit hit, boolean first) {
    Place place =
        switch (hit) {
          case Hit.FilePage page -> Objects.requireNonNull(files.get(page));
          case Hit.Fork fork -> ofFork(fork);
          case Hit.Special special -> ofSpecial(special);
          case Hit.DeviceByte at ->
              new Place(at.device(), at.offset() / Stack.SECTOR, Stack.PAGE_SECTORS);
          case Hit.PrivateCopy ignored -> null;
        };
    if (place == null) {
      differs(Difference.PRIVATE_MEMORY);
      return;
    }
    if (hit instanceof Hit.FilePage page) {
      losses.lose(page.path(), page.offset());
      probes.remember(page, place);
    }
    probes.rememberDevice(place);
    String role = stack.roleOf(place.device());
    boolean told = first && stack.isXfs && role != null && !isBeyond(hit);
    long before = told ? machine.badSectors(role) : 0;
    machine.poison(place, consumer(injection));
    if (told) {
      machine.await("the filesystem to hear", () -> machine.badSectors(role) > before);
    }
  }

  private boolean isBeyond(Hit hit) {
    return hit instanceof Hit.DeviceByte at && stack.isBelowData(at.device());
  }

  private Place ofSpecial(Hit.Special special) {
    long group = stack.dataBytes() / 4 / Placement.PAGE * Stack.PAGE_SECTORS;
    long from = special.owner().equals("journalling log") ? 0 : special.group() * group;
    if (!stack.reverseMap) {
      // Nobody tells owners there; mkfs puts the headers first, and the trees' roots behind.
      boolean headers = special.owner().equals("static fs metadata");
      return machine.downward(from + (headers ? 0 : Stack.PAGE_SECTORS), Stack.PAGE_SECTORS);
    }
    List<Place> owned = machine.files.owned(special.owner(), from);
    if (owned.isEmpty()) {
      new MapImport(machine).withOwner(special.owner(), 3L * Stack.PAGE_SECTORS);
      owned = machine.files.owned(special.owner(), 0);
    }
    return machine.downward(owned.getFirst().sector(), Stack.PAGE_SECTORS);
  }

  private Place ofFork(Hit.Fork fork) {
    long inode = machine.files.stat(fork.path()).mustSucceed().json().path("inode").asLong();
    Place first = machine.files.fork(inode, fork.fork()).getFirst();
    return machine.downward(first.sector(), Stack.PAGE_SECTORS);
  }

  /** The process whose own load found the poison: its signal says that it must act. */
  private @Nullable String consumer(JsonNode injection) {
    boolean own =
        injection.path("kind").asString("").equals("AR")
            || injection.path("command").asString().startsWith("madvise");
    return own
        ? observed.signals("inject").stream()
            .filter(signal -> signal.code().equals("BUS_MCEERR_AR"))
            .map(Signal::role)
            .findFirst()
            .orElse(null)
        : null;
  }

  private void checkPoisonSignals(List<Signal> got, Set<Hit> hits) {
    List<String> seen = new ArrayList<>();
    for (Signal signal : observed.signals("inject")) {
      if (!hits.contains(new Hit.PrivateCopy(signal.address()))) {
        seen.add(signal.toString());
      }
    }
    if (observed.crashed()) {
      differs(Difference.KERNEL_CRASHED);
      seen = byRule(hits);
    }
    expect(
        "signals of the poison", sorted(seen), sorted(got.stream().map(Signal::toString).toList()));
  }

  /** Who is told by the rules where the kernel broke: everybody with the page who is told early. */
  private List<String> byRule(Set<Hit> hits) {
    List<String> told = new ArrayList<>();
    for (Mapper mapper : observed.mappers()) {
      boolean early = mapper.killPolicy().equals("early") || observed.earlyKill();
      boolean hit = hits.stream().anyMatch(each -> each instanceof Hit.FilePage);
      if (early && hit && hitOffset(mapper) >= 0) {
        told.add(new Signal(mapper.role(), "BUS_MCEERR_AO", hitOffset(mapper), 12, "").toString());
      }
    }
    return told;
  }

  private static List<String> sorted(List<String> signals) {
    return signals.stream().sorted().toList();
  }

  private void unbind(String device) {
    machine.newSignals();
    String role = stack.roleOf(device);
    boolean told =
        role != null
            && machine.filesystem().path("state").asString().matches("mounted|frozen|shutdown");
    machine.unplug(device);
    probes.gone(device);
    if (told) {
      long all = observed.deviceBytes(device) / Stack.SECTOR;
      machine.await("the filesystem to hear", () -> machine.badSectors(role) > all / 2);
      checkRemovalSignals(machine.newSignals());
    }
  }

  private void checkRemovalSignals(List<Signal> got) {
    Map<String, Integer> sent = new TreeMap<>();
    got.forEach(signal -> sent.merge(signal.role(), 1, Integer::sum));
    if (stack.isIndirect() && stack.dax.equals("always") && stack.reverseMap) {
      differs(Difference.TOLD_ABOVE_DM);
      Map<String, Integer> rule = new TreeMap<>();
      present.forEach((role, pages) -> rule.put(role, pages.size()));
      copied.forEach(rule::remove);
      expect("signals of the removal, by the rules", rule, sent);
      return;
    }
    List<String> all = got.stream().map(Signal::toString).toList();
    for (Signal handled : observed.signals("unbind")) {
      expect("a signal of the removal: " + handled, true, all.contains(handled.toString()));
    }
    expect("how many signals the removal sent", observed.signalsInLog(), sent);
  }

  private void checkShutdown() {
    if (!stack.isXfs) {
      return;
    }
    List<String> seen = observed.shutdownReasons();
    String expected = seen.isEmpty() ? "none" : seen.getFirst();
    boolean mounted = !machine.filesystem().path("state").asString().equals("unmounted");
    if (expected.equals("CORRUPT_INCORE")) {
      differs(Difference.BAD_BLOCKS_ARE_AVOIDED);
      expected = "none";
    } else if (stack.isIndirect() && mounted) {
      String told = toldAboveDm();
      if (!told.equals(expected)) {
        differs(Difference.TOLD_ABOVE_DM);
        expected = told;
      }
    }
    String got = machine.shutdownReason();
    expect("the shutdown", expected, got == null ? "none" : got);
    probes.stopped(!expected.equals("none"), seen.isEmpty());
  }

  /** What a filesystem straight on its device does. */
  private String toldAboveDm() {
    for (JsonNode injection : observed.injections()) {
      if (isUnbind(injection)) {
        return stack.reverseMap ? "FORCE_UMOUNT" : "DEVICE_REMOVED";
      }
      boolean metadata =
          placement.of(injection) instanceof Hit.Special special
              && !special.owner().equals("free space");
      if (metadata && stack.reverseMap) {
        return "CORRUPT_ONDISK";
      }
    }
    return "none";
  }
}
