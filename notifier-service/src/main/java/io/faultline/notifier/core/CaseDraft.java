package io.faultline.notifier.core;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.FaultEvent;
import io.faultline.events.Origin;
import io.faultline.notifier.core.FaultChange.Growth;
import io.faultline.notifier.core.NotifierFact.CaseBad;
import io.faultline.notifier.core.NotifierFact.CaseCounts;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseMoment;
import io.faultline.notifier.core.NotifierFact.CaseSeen;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.Hand;
import io.faultline.notifier.core.NotifierFact.Moment;
import io.faultline.notifier.core.NotifierFact.Undone;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Decision;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A case as it is to be after one input: what changes is collected here and becomes facts at the
 * end.
 */
final class CaseDraft {

  private final FaultCase before;
  private final Map<String, @Nullable NotifierFact> entries = new LinkedHashMap<>();
  private final Map<Integer, CaseMoment> drafted = new HashMap<>();
  private final Map<String, CaseDevice> devices = new LinkedHashMap<>();

  private Instant openedAt;
  private @Nullable Cause cause;
  private @Nullable Layer causeFrom;
  private Severity severity;
  private @Nullable Hand hand;
  private @Nullable Instant recoveredAt;
  private @Nullable Origin origin;

  private final long[] events = new long[Layer.values().length];
  private int volumes;
  private int filesystems;
  private int files;
  private int metadata;
  private int processes;
  private int seen;
  private int moments;
  private boolean atLeast;
  private long pathChars;
  private boolean sectorsGrew;

  private CaseDraft(FaultCase before, Instant openedAt, Severity severity) {
    this.before = before;
    this.openedAt = openedAt;
    this.severity = severity;
    this.seen = before.seen.size();
  }

  /** Of a case that begins with an event of that time. */
  static CaseDraft opened(String id, Instant at) {
    return new CaseDraft(new FaultCase(id), at, Severity.INFO);
  }

  static CaseDraft of(FaultCase before) {
    CaseHead head = before.head();
    CaseDraft draft = new CaseDraft(before, head.openedAt(), head.severity());
    draft.cause = head.cause();
    draft.causeFrom = head.causeFrom();
    draft.hand = head.hand();
    draft.recoveredAt = head.recoveredAt();
    draft.origin = head.origin();
    CaseCounts counts = head.counts();
    for (Layer layer : Layer.values()) {
      draft.events[layer.ordinal()] = counts.events(layer);
    }
    draft.volumes = counts.volumes();
    draft.filesystems = counts.filesystems();
    draft.files = counts.files();
    draft.metadata = counts.metadata();
    draft.processes = counts.processes();
    draft.moments = counts.moments();
    draft.atLeast = counts.atLeast();
    draft.pathChars = counts.pathChars();
    return draft;
  }

  /** What the case was before this input. */
  FaultCase before() {
    return before;
  }

  @Nullable Instant recoveredAt() {
    return recoveredAt;
  }

  /** An effect counts into the case: when it began, how grave it is, what the cause was. */
  void effect(Instant at, Severity grave, @Nullable Cause told, Layer by) {
    if (at.isBefore(openedAt)) {
      openedAt = at;
    }
    severity = severity.max(grave);
    boolean fromFurtherDown = causeFrom == null || by.compareTo(causeFrom) < 0;
    if (told != null && fromFurtherDown) {
      cause = told;
      causeFrom = by;
    }
  }

  void list(Event event, Layer layer) {
    long number = events[layer.ordinal()]++;
    if (number < Limits.CASE_EVENTS) {
      entries.put(
          FaultCase.key(before.id, FaultCase.EVENT, layer.text() + "/" + number),
          new CaseEvent(
              event.id(),
              event.type(),
              event.time(),
              layer,
              event.source(),
              event.sequence(),
              Severity.of(event.data()),
              event.causationId()));
    }
  }

  /** The leaf that an upper layer names; forgotten as soon as the device itself has told. */
  void origin(@Nullable Origin named) {
    if (before.devices.isEmpty() && devices.isEmpty() && origin == null) {
      origin = named;
    }
  }

  @Nullable CaseDevice device(String name) {
    CaseDevice drafted = devices.get(name);
    return drafted == null ? before.devices.get(name) : drafted;
  }

  void device(CaseDevice now) {
    if (device(now.device()) == null && before.devices.size() >= Limits.CASE_DEVICES) {
      throw new IllegalStateException(
          before.id + " has " + Limits.CASE_DEVICES + " devices, the limit of one case");
    }
    devices.put(now.device(), now);
    entries.put(FaultCase.key(before.id, FaultCase.DEVICE, now.device()), now);
    origin = null;
  }

  private boolean outstanding() {
    for (CaseDevice device : before.devices.values()) {
      if (devices.getOrDefault(device.device(), device).outstanding()) {
        return true;
      }
    }
    return devices.values().stream().anyMatch(CaseDevice::outstanding);
  }

  /** Something of a device recovered: it may have been the last. */
  void settle(Event by) {
    if (recoveredAt != null) {
      return;
    }
    if (outstanding()) {
      partlyRecovered(by);
      return;
    }
    takeBackUndone(by.time());
    recoveredAt = by.time();
    hand = null;
    moment(by.time(), Moment.RESOLVED, null, null, by.id());
  }

  /** Many in a row are one moment: a fault of a million ranges may heal in a million steps. */
  private void partlyRecovered(Event by) {
    CaseMoment last = moments == 0 ? null : momentAt(moments - 1);
    if (last == null || last.what() != Moment.PARTLY_RECOVERED) {
      moment(by.time(), Moment.PARTLY_RECOVERED, null, null, by.id());
      return;
    }
    keep(
        new CaseMoment(
            last.number(),
            last.time(),
            by.time(),
            last.times() + 1,
            last.what(),
            null,
            null,
            last.eventId(),
            null));
  }

  /** Something of a device is bad again, and nothing was any more. */
  void reopen(Event by) {
    if (recoveredAt != null) {
      recoveredAt = null;
      hand = null;
      moment(by.time(), Moment.REOPENED, null, null, by.id());
    }
  }

  /**
   * A loss is told. Where that was after somebody called the fault done, and before anything else
   * happened to it, it opens the fault again; the earliest such loss is the one that counts,
   * whichever is read first.
   */
  void lost(Event by) {
    Undone now = new Undone(by.time(), by.id());
    CaseMoment done = null;
    for (int number = moments - 1; number >= Math.max(0, moments - Limits.MOMENTS); number--) {
      CaseMoment moment = momentAt(number);
      boolean isDone =
          moment != null && moment.what() == Moment.RESOLVED && moment.eventId() == null;
      boolean mayEnd = moment != null && moment.what() != Moment.PARTLY_RECOVERED;
      if (isDone && moment.time().isBefore(now.at())) {
        done = moment;
        break;
      }
      if (mayEnd && !moment.time().isAfter(now.at())) {
        return;
      }
    }
    if (done == null || (done.undone() != null && !now.isBefore(done.undone()))) {
      return;
    }
    undone(done, now);
  }

  private void undone(CaseMoment done, @Nullable Undone now) {
    keep(
        new CaseMoment(
            done.number(), done.time(), null, 1, done.what(), done.by(), done.reason(), null, now));
    if (hand != null && hand.number() == done.number()) {
      hand = new Hand(true, hand.at(), hand.by(), hand.reason(), hand.number(), now);
    }
  }

  /** All was good again before that loss was told: then it was no news. */
  private void takeBackUndone(Instant recovered) {
    if (hand != null && hand.undone() != null && !hand.undone().at().isBefore(recovered)) {
      CaseMoment done = momentAt(hand.number());
      if (done != null) {
        undone(done, null);
      }
    }
  }

  /** Somebody says something about the fault. */
  void say(boolean resolved, Instant at, @Nullable String by, @Nullable String reason) {
    hand = new Hand(resolved, at, by, reason, moments, null);
    moment(at, resolved ? Moment.RESOLVED : Moment.ACKNOWLEDGED, by, reason, null);
  }

  /** Sectors that were not hit before are. */
  void hitMore(long sectors) {
    sectorsGrew |= sectors > 0;
  }

  private void moment(
      Instant time,
      Moment what,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String eventId) {
    keep(new CaseMoment(moments, time, null, 1, what, by, reason, eventId, null));
    moments++;
  }

  private void keep(CaseMoment moment) {
    drafted.put(moment.number(), moment);
    entries.put(momentKey(moment.number()), moment);
  }

  /** Null where it is so long ago that another one has its place. */
  private @Nullable CaseMoment momentAt(int number) {
    CaseMoment now = drafted.get(number);
    CaseMoment kept = before.moments.get(String.valueOf(number % Limits.MOMENTS));
    return now != null ? now : kept != null && kept.number() == number ? kept : null;
  }

  private String momentKey(int number) {
    return FaultCase.key(before.id, FaultCase.MOMENT, String.valueOf(number % Limits.MOMENTS));
  }

  /**
   * What is bad of a device or volume changes.
   *
   * @param of as {@link FaultCase#badDevice} and {@link FaultCase#badVolume} name it
   * @param changed parts by their keys; null for those that go
   * @return by how many sectors it grows
   */
  long bad(String of, Map<Long, @Nullable Extents> changed) {
    Map<Long, Extents> kept = before.bad(of).parts();
    long growth = 0;
    for (Map.Entry<Long, @Nullable Extents> part : changed.entrySet()) {
      Extents was = kept.get(part.getKey());
      Extents now = part.getValue();
      growth += (now == null ? 0 : now.totalSectors()) - (was == null ? 0 : was.totalSectors());
      String key = FaultCase.key(before.id, FaultCase.BAD, FaultCase.badPart(of, part.getKey()));
      entries.put(key, now == null ? null : new CaseBad(now));
    }
    return growth;
  }

  void entry(String kind, String key, NotifierFact now) {
    entries.put(FaultCase.key(before.id, kind, key), now);
  }

  /** How many files there are in the case. */
  int files() {
    return files;
  }

  /**
   * Counts an entry of a list once.
   *
   * @return whether there is room to keep it
   */
  boolean admit(String kind, String key, Map<String, ?> kept, int limit) {
    if (kept.containsKey(key)) {
      return true;
    }
    if (kept.size() < limit) {
      count(kind);
      return true;
    }
    long hash = hash(kind + '/' + key);
    String text = Long.toHexString(hash);
    if (before.seen.containsKey(text)) {
      return false;
    }
    if (seen >= Limits.CASE_SEEN) {
      atLeast = true;
      return false;
    }
    seen++;
    entries.put(FaultCase.key(before.id, FaultCase.SEEN, text), new CaseSeen(hash));
    count(kind);
    return false;
  }

  private void count(String kind) {
    switch (kind) {
      case FaultCase.VOLUME -> volumes++;
      case FaultCase.FILESYSTEM -> filesystems++;
      case FaultCase.FILE -> files++;
      case FaultCase.METADATA -> metadata++;
      case FaultCase.PROCESS -> processes++;
      default -> throw new IllegalArgumentException(kind + " is not counted");
    }
  }

  /** Whether the case may keep that path as well; if so it counts. */
  boolean admitPath(String path) {
    if (pathChars + path.length() > Limits.CASE_PATH_CHARS) {
      return false;
    }
    pathChars += path.length();
    return true;
  }

  /** FNV-1a, 64 bits. */
  private static long hash(String text) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    return hash;
  }

  /**
   * Makes facts of what changed.
   *
   * @param by the event that was heard; null where somebody does it by hand
   * @return what of it concerns people; null if nothing does
   */
  @Nullable FaultChange decide(@Nullable Event by, Decision.Builder<NotifierFact> decision) {
    CaseCounts counts =
        new CaseCounts(
            events[Layer.DEVICE.ordinal()],
            events[Layer.DM.ordinal()],
            events[Layer.FS.ordinal()],
            volumes,
            filesystems,
            files,
            metadata,
            processes,
            moments,
            atLeast,
            pathChars);
    CaseHead head =
        new CaseHead(openedAt, cause, causeFrom, severity, counts, hand, recoveredAt, origin);
    if (!head.equals(before.head)) {
      decision.fact(FaultCase.key(before.id), head);
    }
    entries.forEach(
        (key, value) -> {
          if (value == null) {
            decision.gone(key);
          } else {
            decision.fact(key, value);
          }
        });
    return change(head, by);
  }

  private @Nullable FaultChange change(CaseHead now, @Nullable Event by) {
    FaultChange.Kind kind = kind(now);
    Set<Growth> grown = grown(now);
    if (kind == null && grown.isEmpty()) {
      return null;
    }
    Hand said = by == null ? now.hand() : null;
    return new FaultChange(
        before.id,
        kind == null ? FaultChange.Kind.GREW : kind,
        by != null ? by.time() : said != null ? said.at() : now.openedAt(),
        now.severity(),
        grown,
        by == null ? null : by.id(),
        said == null ? null : said.by(),
        said == null ? null : said.reason(),
        told(now));
  }

  /** The case after this input, in a few words. */
  private FaultEvent.Fault told(CaseHead now) {
    Map<String, CaseDevice> all = new LinkedHashMap<>(before.devices);
    all.putAll(devices);
    Set<String> leaves =
        all.isEmpty() && now.origin() != null ? Set.of(now.origin().device()) : all.keySet();
    return new FaultEvent.Fault(
        now.state().text(),
        now.severity().text(),
        now.cause(),
        now.openedAt(),
        named(leaves.stream()),
        named(entries(before.volumes, CaseVolume.class).map(CaseVolume::volume)),
        named(entries(before.filesystems, CaseFilesystem.class).map(CaseFilesystem::filesystem)),
        named(entries(before.files, CaseFile.class).flatMap(file -> file.paths().stream())),
        all.values().stream().mapToLong(CaseDevice::hitSectors).sum(),
        now.counts().files());
  }

  private static List<String> named(Stream<String> names) {
    return names.distinct().limit(FaultEvent.Fault.MAX_NAMES).toList();
  }

  /** The entries of one list: those from before, and those that this input made. */
  private <T extends NotifierFact> Stream<T> entries(Map<String, T> kept, Class<T> type) {
    return Stream.concat(
        kept.values().stream(), entries.values().stream().filter(type::isInstance).map(type::cast));
  }

  private FaultChange.@Nullable Kind kind(CaseHead now) {
    if (before.head == null) {
      return FaultChange.Kind.OPENED;
    }
    CaseState was = before.head.state();
    CaseState is = now.state();
    if (was == is) {
      return null;
    }
    return switch (is) {
      case OPEN -> FaultChange.Kind.REOPENED;
      case ACKNOWLEDGED -> FaultChange.Kind.ACKNOWLEDGED;
      case RESOLVED -> FaultChange.Kind.RESOLVED;
    };
  }

  private Set<Growth> grown(CaseHead now) {
    CaseHead was = before.head;
    CaseCounts had = was == null ? CaseCounts.NONE : was.counts();
    Set<Growth> grown = EnumSet.noneOf(Growth.class);
    add(grown, Growth.SEVERITY, was != null && now.severity().compareTo(was.severity()) > 0);
    add(grown, Growth.SECTORS, sectorsGrew);
    add(grown, Growth.DEVICES, devices.keySet().stream().anyMatch(this::isNewDevice));
    add(grown, Growth.VOLUMES, volumes > had.volumes());
    add(grown, Growth.FILESYSTEMS, filesystems > had.filesystems());
    add(grown, Growth.FILES, files > had.files());
    add(grown, Growth.METADATA, metadata > had.metadata());
    add(grown, Growth.PROCESSES, processes > had.processes());
    return grown;
  }

  private boolean isNewDevice(String device) {
    return !before.devices.containsKey(device);
  }

  private static void add(Set<Growth> grown, Growth in, boolean did) {
    if (did) {
      grown.add(in);
    }
  }
}
