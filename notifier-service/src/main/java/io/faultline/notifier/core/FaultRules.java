package io.faultline.notifier.core;

import io.faultline.events.BlockEvent;
import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.BlockEvent.RedundancyLost;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.FilesystemEvent;
import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.FileRangeLost;
import io.faultline.events.FilesystemEvent.FileRangeRecovered;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemMounted;
import io.faultline.events.FilesystemEvent.FilesystemShutdown;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.FilesystemEvent.FilesystemUnmounted;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.events.FilesystemEvent.MetadataLost;
import io.faultline.events.FilesystemEvent.ProcessSignalled;
import io.faultline.events.FilesystemEvent.RangeUnowned;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import io.faultline.events.VolumeEvent.VolumeRemoved;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.CasesRefused;
import io.faultline.notifier.core.NotifierFact.Hand;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Decision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an event does to fault cases.
 *
 * <p>A fault is a case from the first event that carries its id, whichever layer that comes from:
 * topics have no order among each other. Whether it is over is the device's word alone: it resolves
 * when nothing of a device is bad any more because of it, and opens again when something is.
 */
final class FaultRules {

  /** {@code host:ulid}, and more lenient about what follows the colon. */
  private static final Pattern FAULT_ID =
      Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}:[0-9A-Za-z]{1,62}");

  private final NotifierState state;
  private final Event event;
  private final Layer layer;
  private final Map<String, CaseDraft> drafts = new LinkedHashMap<>();

  private FaultRules(NotifierState state, Event event) {
    this.state = state;
    this.event = event;
    this.layer = Layer.of(event);
  }

  /** What follows for the cases of the host, and what of it concerns people. */
  static List<FaultChange> heard(
      NotifierState state, Event event, Decision.Builder<NotifierFact> decision) {
    FaultRules rules = new FaultRules(state, event);
    CaseDraft named = rules.named(decision);
    if (named != null) {
      rules.include(named);
    }
    rules.recover();
    List<FaultChange> changes = new ArrayList<>();
    for (CaseDraft draft : rules.drafts.values()) {
      FaultChange change = draft.decide(event, decision);
      if (change != null) {
        changes.add(change);
      }
    }
    return changes;
  }

  /** The case of the fault that the event names; null if it names none, or opens none. */
  private @Nullable CaseDraft named(Decision.Builder<NotifierFact> decision) {
    String id = event.faultId();
    if (id == null) {
      return null;
    }
    if (!FAULT_ID.matcher(id).matches() || !id.startsWith(event.host() + ":")) {
      throw new IllegalArgumentException(
          "the fault id of an event is host:ulid of its own host, not " + id);
    }
    FaultCase known = state.faultCase(id);
    if (known != null) {
      return draft(known);
    }
    if (isRecovery(event.data())) {
      // It was opened by what it recovers from, which the same topic told before. So that case has
      // made room for others already.
      return null;
    }
    if (state.openCases() >= Limits.OPEN_CASES) {
      decision.fact(NotifierState.REFUSED, new CasesRefused(state.refusedCases() + 1));
      return null;
    }
    if (state.recoveredCases() >= Limits.RECOVERED_CASES) {
      forget(state.firstRecovered(), decision);
    }
    CaseDraft opened = CaseDraft.opened(id, event.time());
    drafts.put(id, opened);
    return opened;
  }

  private static void forget(FaultCase old, Decision.Builder<NotifierFact> decision) {
    old.lists()
        .forEach(
            (kind, entries) ->
                entries.keySet().forEach(key -> decision.gone(FaultCase.key(old.id, kind, key))));
    decision.gone(FaultCase.key(old.id));
  }

  private CaseDraft draft(FaultCase known) {
    return drafts.computeIfAbsent(known.id, _ -> CaseDraft.of(known));
  }

  private static boolean isRecovery(EventData data) {
    return data instanceof RangeRecovered || data instanceof FileRangeRecovered;
  }

  private void include(CaseDraft fault) {
    EventData data = event.data();
    fault.list(event, layer);
    if (!isRecovery(data)) {
      Severity severity = Severity.of(data);
      fault.effect(event.time(), severity, causeOf(data), layer);
      reopenIfNew(fault, severity);
    }
    switch (data) {
      case BlockEvent block when layer == Layer.DEVICE -> includeDevice(fault, block);
      case BlockEvent block -> includeVolume(fault, block);
      case FilesystemEvent filesystem -> includeFilesystem(fault, filesystem);
      case DeviceEvent _, VolumeEvent _, RemovalAck _ -> {}
    }
  }

  private static @Nullable Cause causeOf(EventData data) {
    return switch (data) {
      case CorruptedRange lost -> lost.cause();
      case MfMemPreRemove leaving -> leaving.cause();
      case RedundancyLost lost -> lost.cause();
      case DeviceRemoved _ -> Cause.DEVICE_REMOVED;
      case FileRangeLost lost -> lost.cause();
      case MetadataLost lost -> lost.cause();
      case LogLost lost -> lost.cause();
      case RangeUnowned unowned -> unowned.cause();
      case FailureUnsupported unsupported -> unsupported.cause();
      case BlockEvent _, DeviceEvent _, VolumeEvent _, FilesystemEvent _, RemovalAck _ -> null;
    };
  }

  /** Somebody called it done, and later something was lost to it all the same. */
  private void reopenIfNew(CaseDraft fault, Severity severity) {
    Hand hand = fault.hand();
    if (hand != null
        && hand.resolved()
        && severity.atLeast(Severity.WARNING)
        && event.time().isAfter(hand.at())) {
      fault.reopen(event);
    }
  }

  private void includeDevice(CaseDraft fault, BlockEvent block) {
    CaseDevice before = fault.device(block.device());
    CaseDevice known =
        before == null
            ? new CaseDevice(block.device(), Extents.EMPTY, 0, Extents.EMPTY, false)
            : before;
    switch (block) {
      case MfMemPreRemove leaving ->
          fault.device(hit(fault, known, leaving.ranges(), known.bad(), false));
      case CorruptedRange lost -> {
        boolean removed = lost.cause() == Cause.DEVICE_REMOVED;
        Extents bad = removed ? known.bad() : atMost(known.bad().union(lost.ranges()));
        fault.device(hit(fault, known, lost.ranges(), bad, removed));
        if (fault.recoveredAt() != null) {
          fault.reopen(event);
        }
      }
      case RedundancyLost _, RangeRecovered _ -> {}
    }
  }

  private static CaseDevice hit(
      CaseDraft fault, CaseDevice known, Extents ranges, Extents bad, boolean removed) {
    Extents added = ranges.subtract(known.hit());
    fault.hitMore(added.totalSectors());
    return new CaseDevice(
        known.device(),
        known.hit().union(added).head(Limits.SHOWN_RANGES),
        known.hitSectors() + added.totalSectors(),
        bad,
        known.removed() || removed);
  }

  /** Too many ranges become the one that they span: what is bad is rounded up, never down. */
  private static Extents atMost(Extents bad) {
    return bad.rangeCount() <= Limits.DEVICE_RANGES ? bad : Extents.of(bad.span());
  }

  private void includeVolume(CaseDraft fault, BlockEvent block) {
    fault.origin(block.origin());
    String effect =
        switch (block) {
          case CorruptedRange lost ->
              lost.cause() == Cause.MAPPING_LOST && lost.whole() ? "target_failed" : "data_lost";
          case RedundancyLost _ -> "redundancy_lost";
          case MfMemPreRemove _, RangeRecovered _ -> null;
        };
    if (effect == null) {
      return;
    }
    String key = block.device() + "/" + effect;
    Map<String, CaseVolume> kept = fault.before().volumes;
    if (!fault.admit(FaultCase.VOLUME, key, kept, Limits.CASE_VOLUMES)) {
      return;
    }
    CaseVolume known =
        kept.getOrDefault(
            key, new CaseVolume(block.device(), effect, Extents.EMPTY, 0, Extents.EMPTY));
    Extents added = block.ranges().subtract(known.hit());
    fault.hitMore(added.totalSectors());
    fault.entry(
        FaultCase.VOLUME,
        key,
        new CaseVolume(
            block.device(),
            effect,
            known.hit().union(added).head(Limits.SHOWN_RANGES),
            known.hitSectors() + added.totalSectors(),
            known.bad().union(block.ranges()).head(Limits.VOLUME_RANGES)));
  }

  private void includeFilesystem(CaseDraft fault, FilesystemEvent told) {
    includeFilesystemItself(fault, told);
    switch (told) {
      case FileRangeLost lost -> includeFile(fault, lost);
      case ProcessSignalled signalled -> includeProcess(fault, signalled);
      case FileRangeRecovered _,
          MetadataLost _,
          LogLost _,
          RangeUnowned _,
          FailureUnsupported _,
          FilesystemFrozen _,
          FilesystemThawed _,
          FilesystemShutdown _,
          FilesystemMounted _,
          FilesystemUnmounted _ -> {}
    }
  }

  private void includeFilesystemItself(CaseDraft fault, FilesystemEvent told) {
    Map<String, CaseFilesystem> kept = fault.before().filesystems;
    String key = told.filesystem();
    if (!fault.admit(FaultCase.FILESYSTEM, key, kept, Limits.CASE_ENTRIES)) {
      return;
    }
    CaseFilesystem known =
        kept.getOrDefault(key, new CaseFilesystem(key, new TreeSet<>(), Severity.INFO, null));
    SortedSet<String> effects = new TreeSet<>(known.effects());
    effects.add(event.type().shortName());
    CaseFilesystem now =
        new CaseFilesystem(
            key,
            effects,
            known.severity().max(Severity.of(told)),
            told instanceof FilesystemShutdown shutdown
                ? shutdown.reason()
                : known.shutdownReason());
    if (!now.equals(kept.get(key))) {
      fault.entry(FaultCase.FILESYSTEM, key, now);
    }
  }

  private static void includeFile(CaseDraft fault, FileRangeLost lost) {
    String key = lost.filesystem() + "/" + lost.inode() + "/" + lost.fork();
    Map<String, CaseFile> kept = fault.before().files;
    if (!fault.admit(FaultCase.FILE, key, kept, Limits.CASE_ENTRIES)) {
      return;
    }
    CaseFile known = kept.get(key);
    Extents before = known == null ? Extents.EMPTY : known.byteRanges();
    Extents added = Extents.of(lost.offsetBytes(), lost.lengthBytes()).subtract(before);
    fault.entry(
        FaultCase.FILE,
        key,
        new CaseFile(
            lost.filesystem(),
            lost.inode(),
            known == null ? lost.paths().stream().filter(fault::admitPath).toList() : known.paths(),
            lost.paths().size(),
            lost.fork(),
            before.union(added).head(Limits.SHOWN_RANGES),
            (known == null ? 0 : known.lostBytes()) + added.totalSectors(),
            lost.shared() || (known != null && known.shared()),
            lost.unwritten() && (known == null || known.unwritten())));
  }

  private static void includeProcess(CaseDraft fault, ProcessSignalled signalled) {
    String key = signalled.pid() + "/" + signalled.mapping();
    Map<String, CaseProcess> kept = fault.before().processes;
    if (!fault.admit(FaultCase.PROCESS, key, kept, Limits.CASE_ENTRIES)) {
      return;
    }
    CaseProcess known = kept.get(key);
    fault.entry(
        FaultCase.PROCESS,
        key,
        new CaseProcess(
            signalled.filesystem(),
            signalled.pid(),
            signalled.mapping(),
            signalled.signal(),
            signalled.code(),
            signalled.addressOffsetBytes(),
            signalled.lsb(),
            signalled.path(),
            known == null ? 1 : known.signals() + 1));
  }

  /** What recovers takes its ranges out of every case that they are bad in. */
  private void recover() {
    switch (event.data()) {
      case RangeRecovered recovered when layer == Layer.DEVICE -> recoverDevice(recovered);
      case RangeRecovered recovered -> recoverVolume(recovered);
      case DeviceRemoved removed when removed.mode().equals("deleted") ->
          forgetDevice(removed.device());
      case VolumeRemoved removed -> forgetVolume(removed.volume());
      case BlockEvent _, DeviceEvent _, VolumeEvent _, FilesystemEvent _, RemovalAck _ -> {}
    }
  }

  private void recoverDevice(RangeRecovered recovered) {
    for (FaultCase bad : state.casesOfBadDevice(recovered.device())) {
      if (isOfAnother(recovered, bad)) {
        continue;
      }
      CaseDevice known = bad.devices.get(recovered.device());
      if (known == null) {
        continue;
      }
      CaseDevice now = after(recovered, known);
      if (!now.equals(known)) {
        CaseDraft draft = draft(bad);
        draft.device(now);
        draft.settle(event);
      }
    }
  }

  private static CaseDevice after(RangeRecovered recovered, CaseDevice known) {
    // A device that returned has the poison that it had.
    boolean isBack = recovered.cause() == Cause.DEVICE_REMOVED;
    // A transient fault is over as a whole: its last part leaves nothing, however much of it was
    // kept here.
    boolean isOver = !isBack && recovered.data() == RecoveredData.RETURNED && recovered.last();
    Extents bad =
        isBack ? known.bad() : isOver ? Extents.EMPTY : without(known.bad(), recovered.ranges());
    return new CaseDevice(
        known.device(), known.hit(), known.hitSectors(), bad, known.removed() && !isBack);
  }

  /** What returned is as it was before that one fault; what was written anew is good for all. */
  private boolean isOfAnother(RangeRecovered recovered, FaultCase bad) {
    return recovered.data() == RecoveredData.RETURNED
        && event.faultId() != null
        && !event.faultId().equals(bad.id);
  }

  private static Extents without(Extents bad, Extents recovered) {
    Extents left = bad.subtract(recovered);
    return left.rangeCount() <= Limits.DEVICE_RANGES ? left : bad;
  }

  /** A device that was deleted cannot recover any more; nothing of it is bad either. */
  private void forgetDevice(String device) {
    for (FaultCase bad : state.casesOfBadDevice(device)) {
      CaseDevice known = bad.devices.get(device);
      if (known != null) {
        CaseDraft draft = draft(bad);
        draft.device(new CaseDevice(device, known.hit(), known.hitSectors(), Extents.EMPTY, false));
        draft.settle(event);
      }
    }
  }

  private void recoverVolume(RangeRecovered recovered) {
    boolean zeroed = recovered.data() == RecoveredData.ZEROED;
    for (FaultCase bad : state.casesOfBadVolume(recovered.device())) {
      if (isOfAnother(recovered, bad)) {
        continue;
      }
      for (CaseVolume known : volumeEntries(bad, recovered.device())) {
        // Zeroes can be read, but they are no copy of what the other legs hold.
        if (!(zeroed && known.effect().equals("redundancy_lost"))) {
          volumeNow(bad, known, known.bad().subtract(recovered.ranges()));
        }
      }
    }
  }

  private void forgetVolume(String volume) {
    for (FaultCase bad : state.casesOfBadVolume(volume)) {
      for (CaseVolume known : volumeEntries(bad, volume)) {
        volumeNow(bad, known, Extents.EMPTY);
      }
    }
  }

  private static List<CaseVolume> volumeEntries(FaultCase of, String volume) {
    List<CaseVolume> entries = new ArrayList<>();
    for (CaseVolume entry : of.volumes.values()) {
      if (entry.volume().equals(volume)) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private void volumeNow(FaultCase bad, CaseVolume known, Extents left) {
    Extents kept = left.head(Limits.VOLUME_RANGES);
    if (!kept.equals(known.bad())) {
      draft(bad)
          .entry(
              FaultCase.VOLUME,
              known.volume() + "/" + known.effect(),
              new CaseVolume(
                  known.volume(), known.effect(), known.hit(), known.hitSectors(), kept));
    }
  }
}
