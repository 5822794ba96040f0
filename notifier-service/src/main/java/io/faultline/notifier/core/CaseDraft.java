package io.faultline.notifier.core;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.Origin;
import io.faultline.notifier.core.FaultChange.Growth;
import io.faultline.notifier.core.NotifierFact.CaseCounts;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseMoment;
import io.faultline.notifier.core.NotifierFact.CaseSeen;
import io.faultline.notifier.core.NotifierFact.Hand;
import io.faultline.runtime.core.Decision;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A case as it is to be after one input: what changes is collected here and becomes facts at the
 * end.
 */
final class CaseDraft {

  private final FaultCase before;
  private final Map<String, NotifierFact> entries = new LinkedHashMap<>();
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

  @Nullable Hand hand() {
    return hand;
  }

  void hand(@Nullable Hand said) {
    hand = said;
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
              event.type().shortName(),
              event.time(),
              layer,
              event.source(),
              event.sequence(),
              Severity.of(event.data())));
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
      moment(by.time(), "partly_recovered", null, null, by.id());
      return;
    }
    recoveredAt = by.time();
    hand = null;
    moment(by.time(), "resolved", null, null, by.id());
  }

  /** Something is bad (again) that was not, or is told although somebody called the fault done. */
  void reopen(Event by) {
    if (recoveredAt == null && hand == null) {
      return;
    }
    recoveredAt = null;
    hand = null;
    moment(by.time(), "reopened", null, null, by.id());
  }

  /** Sectors that were not hit before are. */
  void hitMore(long sectors) {
    sectorsGrew |= sectors > 0;
  }

  void moment(
      Instant time,
      String what,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String eventId) {
    CaseMoment moment = new CaseMoment(moments, time, what, by, reason, eventId);
    entries.put(
        FaultCase.key(before.id, FaultCase.MOMENT, String.valueOf(moments % Limits.MOMENTS)),
        moment);
    moments++;
  }

  void entry(String kind, String key, NotifierFact now) {
    entries.put(FaultCase.key(before.id, kind, key), now);
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
            processes,
            moments,
            atLeast,
            pathChars);
    CaseHead head =
        new CaseHead(openedAt, cause, causeFrom, severity, counts, hand, recoveredAt, origin);
    if (!head.equals(before.head)) {
      decision.fact(FaultCase.key(before.id), head);
    }
    entries.forEach(decision::fact);
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
        said == null ? null : said.reason());
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
