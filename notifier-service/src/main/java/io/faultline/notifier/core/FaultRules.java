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
import io.faultline.events.FaultEvent;
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
import io.faultline.events.Origin;
import io.faultline.events.RecoveredData;
import io.faultline.events.RemovalAck;
import io.faultline.events.VolumeEvent;
import io.faultline.events.VolumeEvent.VolumeRemoved;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseMetadata;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.CasesRefused;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Decision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
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
  private final Capacity capacity;
  private final Map<String, CaseDraft> drafts = new LinkedHashMap<>();

  private FaultRules(NotifierState state, Event event, Capacity capacity) {
    this.state = state;
    this.event = event;
    this.capacity = capacity;
    this.layer = Layer.of(event);
  }

  /** What follows for the cases of the host, and what of it concerns people. */
  static List<FaultChange> heard(
      NotifierState state,
      Event event,
      Capacity capacity,
      Decision.Builder<NotifierFact> decision) {
    FaultRules rules = new FaultRules(state, event, capacity);
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
    if (state.openCases() >= capacity.openFaults()) {
      decision.fact(NotifierState.REFUSED, new CasesRefused(state.refusedCases() + 1));
      return null;
    }
    if (state.resolvedCases() >= capacity.resolvedFaults()) {
      forget(state.firstResolved(), decision);
    }
    CaseDraft opened = CaseDraft.opened(id, event.time());
    drafts.put(id, opened);
    return opened;
  }

  private static void forget(FaultCase old, Decision.Builder<NotifierFact> decision) {
    old.forEachEntry((kind, key) -> decision.gone(FaultCase.key(old.id, kind, key)));
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
      if (severity.atLeast(Severity.WARNING)) {
        fault.lost(event);
      }
    }
    switch (data) {
      case BlockEvent block when layer == Layer.DEVICE -> includeDevice(fault, block);
      case BlockEvent block -> includeVolume(fault, block);
      case FilesystemEvent filesystem -> includeFilesystem(fault, filesystem);
      case DeviceEvent _, VolumeEvent _, FaultEvent _, RemovalAck _ -> {}
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
      case BlockEvent _,
          DeviceEvent _,
          VolumeEvent _,
          FilesystemEvent _,
          FaultEvent _,
          RemovalAck _ ->
          null;
    };
  }

  private void includeDevice(CaseDraft fault, BlockEvent block) {
    CaseDevice before = fault.device(block.device());
    CaseDevice known =
        before == null ? new CaseDevice(block.device(), Extents.EMPTY, 0, 0, false, false) : before;
    switch (block) {
      case MfMemPreRemove leaving ->
          fault.device(hit(fault, known, leaving.ranges(), false, false));
      case CorruptedRange lost -> {
        boolean removed = lost.cause() == Cause.DEVICE_REMOVED;
        fault.device(hit(fault, known, lost.ranges(), !removed, removed));
        fault.reopen(event);
      }
      case RedundancyLost _, RangeRecovered _ -> {}
    }
  }

  /**
   * @param bad whether the ranges are bad from now on
   * @param removed whether the device is away from now on
   */
  private CaseDevice hit(
      CaseDraft fault, CaseDevice known, Extents ranges, boolean bad, boolean removed) {
    String of = FaultCase.badDevice(known.device());
    BadSectors had = fault.before().bad(of);
    Extents added = had.missing(ranges.subtract(known.hit()));
    fault.hitMore(added.totalSectors());
    Grown grown = bad ? grow(fault, of, had, ranges) : new Grown(0, false);
    return new CaseDevice(
        known.device(),
        known.hit().union(added).head(Limits.SHOWN_RANGES),
        known.hitSectors() + added.totalSectors(),
        known.badSectors() + grown.sectors(),
        known.rounded() || grown.rounded(),
        known.removed() || removed);
  }

  private record Grown(long sectors, boolean rounded) {}

  /** More is bad; where the host has too much of it already, it is rounded up, never down. */
  private Grown grow(CaseDraft fault, String of, BadSectors had, Extents ranges) {
    Map<Long, @Nullable Extents> changed = had.adding(ranges);
    boolean rounded = state.badRanges() + ranges.rangeCount() > capacity.badRanges();
    if (rounded) {
      changed.replaceAll((_, part) -> part == null ? null : Extents.of(part.span()));
    }
    return new Grown(fault.bad(of, changed), rounded);
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
            key,
            new CaseVolume(
                block.device(),
                effect,
                Extents.EMPTY,
                0,
                0,
                false,
                new TreeSet<>(),
                event.causationId()));
    String of = FaultCase.badVolume(block.device(), effect);
    BadSectors had = fault.before().bad(of);
    Extents added = had.missing(block.ranges().subtract(known.hit()));
    fault.hitMore(added.totalSectors());
    Grown grown = grow(fault, of, had, block.ranges());
    fault.entry(
        FaultCase.VOLUME,
        key,
        new CaseVolume(
            block.device(),
            effect,
            known.hit().union(added).head(Limits.SHOWN_RANGES),
            known.hitSectors() + added.totalSectors(),
            known.badSectors() + grown.sectors(),
            known.rounded() || grown.rounded(),
            leaves(known, block.origin()),
            known.causationId()));
  }

  private static SortedSet<String> leaves(CaseVolume known, @Nullable Origin origin) {
    if (origin == null
        || known.leaves().contains(origin.device())
        || known.leaves().size() >= Limits.CASE_LEAVES) {
      return known.leaves();
    }
    SortedSet<String> leaves = new TreeSet<>(known.leaves());
    leaves.add(origin.device());
    return leaves;
  }

  private void includeFilesystem(CaseDraft fault, FilesystemEvent told) {
    int files = fault.files();
    switch (told) {
      case FileRangeLost lost -> includeFile(fault, lost);
      case ProcessSignalled signalled -> includeProcess(fault, signalled);
      case MetadataLost lost ->
          includeMetadata(
              fault, told, lost.owner(), lost.device(), lost.ranges(), lost.rebuildable());
      case LogLost lost ->
          includeMetadata(fault, told, "journalling log", lost.device(), lost.ranges(), null);
      case RangeUnowned unowned ->
          includeMetadata(fault, told, unowned.owner(), unowned.device(), unowned.ranges(), null);
      case FailureUnsupported failure ->
          includeMetadata(fault, told, failure.reason(), failure.device(), failure.ranges(), null);
      case FileRangeRecovered recovered -> recoverFile(fault, recovered);
      case FilesystemFrozen _,
          FilesystemThawed _,
          FilesystemShutdown _,
          FilesystemMounted _,
          FilesystemUnmounted _ -> {}
    }
    includeFilesystemItself(fault, told, fault.files() > files);
  }

  private void includeFilesystemItself(CaseDraft fault, FilesystemEvent told, boolean newFile) {
    Map<String, CaseFilesystem> kept = fault.before().filesystems;
    String key = told.filesystem();
    if (!fault.admit(FaultCase.FILESYSTEM, key, kept, Limits.CASE_ENTRIES)) {
      return;
    }
    CaseFilesystem known =
        kept.getOrDefault(
            key,
            new CaseFilesystem(
                key,
                new TreeSet<>(),
                Severity.INFO,
                null,
                new TreeMap<>(),
                null,
                event.causationId()));
    SortedSet<String> effects = new TreeSet<>(known.effects());
    effects.add(event.type().shortName());
    SortedMap<String, Integer> files = new TreeMap<>(known.files());
    if (newFile && told instanceof FileRangeLost lost) {
      files.merge(lost.block().device(), 1, Integer::sum);
    }
    CaseFilesystem now =
        new CaseFilesystem(
            key,
            effects,
            known.severity().max(Severity.of(told)),
            told instanceof FilesystemShutdown shutdown
                ? shutdown.reason()
                : known.shutdownReason(),
            files,
            known.device() == null ? Mentions.blockDevice(told) : known.device(),
            known.causationId());
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
            lost.unwritten() && (known == null || known.unwritten()),
            known == null ? lost.block().device() : known.device()));
  }

  /** What of a file is good again is not lost any more; that the file was hit stays. */
  private static void recoverFile(CaseDraft fault, FileRangeRecovered recovered) {
    String key = recovered.filesystem() + "/" + recovered.inode() + "/" + recovered.fork();
    CaseFile known = fault.before().files.get(key);
    // Zeroes are no content, except where there was none.
    boolean good = recovered.data() != RecoveredData.ZEROED || recovered.unwritten();
    if (known == null || !good) {
      return;
    }
    Extents left =
        known.byteRanges().subtract(Extents.of(recovered.offsetBytes(), recovered.lengthBytes()));
    fault.entry(
        FaultCase.FILE,
        key,
        new CaseFile(
            known.filesystem(),
            known.inode(),
            known.paths(),
            known.pathCount(),
            known.fork(),
            left,
            // Of many ranges only the first ones are known.
            Math.max(left.totalSectors(), known.lostBytes() - recovered.lengthBytes()),
            known.shared(),
            known.unwritten(),
            known.device()));
  }

  private void includeMetadata(
      CaseDraft fault,
      FilesystemEvent told,
      String owner,
      String device,
      Extents ranges,
      @Nullable Boolean rebuildable) {
    String key = told.filesystem() + "/" + event.type().shortName() + "/" + device + "/" + owner;
    Map<String, CaseMetadata> kept = fault.before().metadata;
    if (!fault.admit(FaultCase.METADATA, key, kept, Limits.CASE_ENTRIES)) {
      return;
    }
    CaseMetadata known = kept.get(key);
    Extents before = known == null ? Extents.EMPTY : known.hit();
    Extents added = ranges.subtract(before);
    fault.entry(
        FaultCase.METADATA,
        key,
        new CaseMetadata(
            told.filesystem(),
            event.type(),
            owner,
            device,
            before.union(added).head(Limits.SHOWN_RANGES),
            (known == null ? 0 : known.hitSectors()) + added.totalSectors(),
            rebuildable));
  }

  private void includeProcess(CaseDraft fault, ProcessSignalled signalled) {
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
            known == null ? 1 : known.signals() + 1,
            known == null ? event.causationId() : known.causationId()));
  }

  /** What recovers takes its ranges out of every case that they are bad in. */
  private void recover() {
    switch (event.data()) {
      case RangeRecovered recovered when layer == Layer.DEVICE -> recoverDevice(recovered);
      case RangeRecovered recovered -> recoverVolume(recovered);
      case DeviceRemoved removed when removed.mode().equals("deleted") ->
          forgetDevice(removed.device());
      case VolumeRemoved removed -> forgetVolume(removed.volume());
      case BlockEvent _,
          DeviceEvent _,
          VolumeEvent _,
          FilesystemEvent _,
          FaultEvent _,
          RemovalAck _ -> {}
    }
  }

  private void recoverDevice(RangeRecovered recovered) {
    for (FaultCase bad : touchedBy(recovered)) {
      CaseDevice known = bad.devices.get(recovered.device());
      if (known != null && known.outstanding()) {
        recoverDevice(bad, recovered, known);
      }
    }
  }

  /** What returned is as it was before that one fault; what was written anew is good for all. */
  private List<FaultCase> touchedBy(RangeRecovered recovered) {
    String id = event.faultId();
    if (recovered.data() != RecoveredData.RETURNED) {
      return state.casesNear(recovered.device(), recovered.ranges());
    }
    if (id == null) {
      return layer == Layer.DEVICE
          ? state.casesOfBadDevice(recovered.device())
          : state.casesNear(recovered.device(), recovered.ranges());
    }
    FaultCase of = state.faultCase(id);
    return of == null ? List.of() : List.of(of);
  }

  private void recoverDevice(FaultCase bad, RangeRecovered recovered, CaseDevice known) {
    // A device that returned has the poison that it had.
    boolean isBack = recovered.cause() == Cause.DEVICE_REMOVED;
    // A transient fault is over as a whole: its last part leaves nothing, however much of it was
    // kept here.
    boolean isOver = !isBack && recovered.data() == RecoveredData.RETURNED && recovered.last();
    String of = FaultCase.badDevice(known.device());
    BadSectors sectors = bad.bad(of);
    Map<Long, @Nullable Extents> changed =
        isBack ? Map.of() : isOver ? sectors.clearing() : sectors.removing(recovered.ranges());
    boolean removed = known.removed() && !isBack;
    if (!changed.isEmpty() || removed != known.removed()) {
      deviceNow(bad, known, changed, removed);
    }
  }

  private void deviceNow(
      FaultCase bad, CaseDevice known, Map<Long, @Nullable Extents> changed, boolean removed) {
    CaseDraft draft = draft(bad);
    long left = known.badSectors() + draft.bad(FaultCase.badDevice(known.device()), changed);
    draft.device(
        new CaseDevice(
            known.device(),
            known.hit(),
            known.hitSectors(),
            left,
            known.rounded() && left > 0,
            removed));
    draft.settle(event);
  }

  /** A device that was deleted cannot recover any more; nothing of it is bad either. */
  private void forgetDevice(String device) {
    for (FaultCase bad : state.casesOfBadDevice(device)) {
      CaseDevice known = bad.devices.get(device);
      if (known != null) {
        deviceNow(bad, known, bad.bad(FaultCase.badDevice(device)).clearing(), false);
      }
    }
  }

  private void recoverVolume(RangeRecovered recovered) {
    boolean zeroed = recovered.data() == RecoveredData.ZEROED;
    for (FaultCase bad : touchedBy(recovered)) {
      for (CaseVolume known : bad.volumeEntries(recovered.device())) {
        // Zeroes can be read, but they are no copy of what the other legs hold.
        if (!(zeroed && known.effect().equals("redundancy_lost"))) {
          String of = FaultCase.badVolume(known.volume(), known.effect());
          volumeNow(bad, known, bad.bad(of).removing(recovered.ranges()));
        }
      }
    }
  }

  private void forgetVolume(String volume) {
    for (FaultCase bad : state.casesOfBadVolume(volume)) {
      for (CaseVolume known : bad.volumeEntries(volume)) {
        String of = FaultCase.badVolume(known.volume(), known.effect());
        volumeNow(bad, known, bad.bad(of).clearing());
      }
    }
  }

  private void volumeNow(FaultCase bad, CaseVolume known, Map<Long, @Nullable Extents> changed) {
    if (changed.isEmpty()) {
      return;
    }
    CaseDraft draft = draft(bad);
    long left =
        known.badSectors()
            + draft.bad(FaultCase.badVolume(known.volume(), known.effect()), changed);
    draft.entry(
        FaultCase.VOLUME,
        known.volume() + "/" + known.effect(),
        new CaseVolume(
            known.volume(),
            known.effect(),
            known.hit(),
            known.hitSectors(),
            left,
            known.rounded() && left > 0,
            known.leaves(),
            known.causationId()));
  }
}
