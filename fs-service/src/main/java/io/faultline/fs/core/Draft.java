package io.faultline.fs.core;

import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.RemovalAck;
import io.faultline.fs.core.FsFact.DamagedGroup;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.PresentPages;
import io.faultline.fs.core.FsFact.Signal;
import io.faultline.fs.core.FsFact.Signals;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Stamp;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A decision in the making, with the values that this decision has given to filesystems, pages and
 * signals so far: a step may build on the one before it although the state has not changed yet.
 */
final class Draft {

  final FsState state;
  final Stamp stamp;
  private final Decision.Builder<FsFact> decision;
  private final Map<String, Filesystem> filesystems = new LinkedHashMap<>();
  private final Map<Long, Signals> signals = new TreeMap<>();
  private final Map<PageWindow, PresentPages> pages = new TreeMap<>();

  private final Map<String, DamagedGroup> damaged = new LinkedHashMap<>();
  private final Map<String, Transaction> changes = new LinkedHashMap<>();

  private final Set<String> forgotten = new HashSet<>();

  private @Nullable String faultId;
  private @Nullable String causationId;

  Draft(FsState state, Stamp stamp) {
    this.state = state;
    this.stamp = stamp;
    this.decision = Decision.builder(stamp);
  }

  /** A window of a mapping's pages. */
  private record PageWindow(long pid, String mapping, long window)
      implements Comparable<PageWindow> {
    @Override
    public int compareTo(PageWindow other) {
      int byPid = Long.compare(pid, other.pid);
      int byMapping = byPid != 0 ? byPid : mapping.compareTo(other.mapping);
      return byMapping != 0 ? byMapping : Long.compare(window, other.window);
    }
  }

  /** What the events from here on are effects of. */
  Draft because(@Nullable String fault, @Nullable String event) {
    faultId = fault;
    causationId = event;
    return this;
  }

  @Nullable String faultId() {
    return faultId;
  }

  @Nullable String causationId() {
    return causationId;
  }

  Draft fact(String key, FsFact value) {
    decision.fact(key, value);
    return this;
  }

  Draft gone(String key) {
    decision.gone(key);
    return this;
  }

  /** What is bad on a device; nothing if this decision has forgotten it. */
  DeviceFaults faultsOf(String device) {
    return forgotten.contains(device) ? DeviceFaults.NONE : state.faultsOf(device);
  }

  /** All that was known of a device is no longer so. */
  void forget(String device) {
    faultsOf(device).pieces().keySet().forEach(this::gone);
    forgotten.add(device);
    decision.gone(Keys.device(device));
  }

  /** The newest value of a filesystem. */
  Filesystem now(Filesystem filesystem) {
    return filesystems.getOrDefault(filesystem.name(), filesystem);
  }

  Filesystem put(Filesystem filesystem) {
    filesystems.put(filesystem.name(), filesystem);
    decision.fact(Keys.filesystem(filesystem.name()), filesystem);
    return filesystem;
  }

  /** More of an allocation group's trees is lost. */
  void damage(Filesystem filesystem, DamagedGroup group) {
    String key = Keys.damaged(filesystem.name(), group.startSector());
    DamagedGroup known = state.damagedGroups(filesystem.name()).get(group.startSector());
    DamagedGroup before = damaged.getOrDefault(key, known == null ? group : known);
    DamagedGroup after = before.withLost(before.lost().union(group.lost()));
    damaged.put(key, after);
    fact(key, after);
  }

  /** The change of a filesystem's contents that this decision makes. */
  Transaction change(Filesystem filesystem) {
    Transaction begun = changes.get(filesystem.name());
    return begun != null ? begun : begin(filesystem, Disks.of(state, filesystem));
  }

  Transaction begin(Filesystem filesystem, FileFact.Disk disk) {
    Transaction change = new Transaction(this, now(filesystem), disk);
    changes.put(filesystem.name(), change);
    return change;
  }

  /** Nothing of the change that was begun comes about. */
  void forgetChange(Filesystem filesystem) {
    changes.remove(filesystem.name());
  }

  void publish(Filesystem filesystem, EventData data) {
    publish(filesystem, data, faultId, causationId);
  }

  void publish(
      Filesystem filesystem, EventData data, @Nullable String fault, @Nullable String causation) {
    decision.publish(source(filesystem.name()), data, fault, causation);
  }

  /** Stops the filesystem; one that stopped before stays stopped for its first reason. */
  Filesystem shutDown(Filesystem filesystem, ShutdownReason reason, @Nullable String device) {
    Filesystem now = now(filesystem);
    if (now.isShutDown()) {
      return now;
    }
    publish(now, new FilesystemShutdown(state.host, now.name(), reason.name(), device));
    return put(now.with(now.state().shutDown(reason)));
  }

  /** Sends a signal to the process of a mapping. */
  void signal(Mapping mapping, String code, long addressOffsetBytes, int lsb) {
    ProcessState process = state.processes.get(mapping.pid());
    Signals before = process == null ? Signals.NONE : process.signalsOrNone();
    Signal signal = new Signal("SIGBUS", code, mapping.id(), addressOffsetBytes, lsb, faultId);
    Signals after = signals.getOrDefault(mapping.pid(), before).and(signal);
    signals.put(mapping.pid(), after);
    decision.publish(
        source(mapping.filesystem()),
        new ProcessSignalled(
            state.host,
            mapping.filesystem(),
            mapping.pid(),
            mapping.id(),
            signal.signal(),
            code,
            addressOffsetBytes,
            lsb,
            mapping.path()),
        faultId,
        causationId);
  }

  PresentPages pages(Mapping mapping, long window) {
    ProcessState process = state.processes.get(mapping.pid());
    PresentPages before =
        process == null
            ? PresentPages.NONE
            : process.present(mapping.id()).getOrDefault(window, PresentPages.NONE);
    return pages.getOrDefault(new PageWindow(mapping.pid(), mapping.id(), window), before);
  }

  void putPages(Mapping mapping, long window, PresentPages newer) {
    pages.put(new PageWindow(mapping.pid(), mapping.id(), window), newer);
  }

  void acknowledge(String device, String removalId, String filesystem, long credit, String reason) {
    decision.publish(
        source(filesystem),
        new RemovalAck(state.host, device, removalId, holder(filesystem), credit, reason),
        faultId,
        causationId);
  }

  static String holder(String filesystem) {
    return "fs:" + filesystem;
  }

  Decision<FsFact> reply(Answer answer) {
    decision.reply(answer);
    return build();
  }

  Decision<FsFact> build() {
    changes.values().forEach(Transaction::emit);
    changes.clear();
    signals.forEach((pid, newest) -> decision.fact(Keys.signals(pid), newest));
    pages.forEach(
        (place, newest) -> {
          String key = Keys.present(place.pid(), place.mapping(), place.window());
          if (newest.isEmpty()) {
            decision.gone(key);
          } else {
            decision.fact(key, newest);
          }
        });
    return decision.build();
  }

  private String source(String filesystem) {
    return "/hosts/" + state.host + "/filesystems/" + filesystem;
  }
}
