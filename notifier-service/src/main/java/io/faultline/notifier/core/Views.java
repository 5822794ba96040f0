package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseCounts;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseMetadata;
import io.faultline.notifier.core.NotifierFact.CaseMoment;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.Undone;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is answered: maps that become JSON, long lists cut, with the count and where the rest is.
 */
final class Views {

  private static final Comparator<CaseEvent> BY_TIME =
      Comparator.comparing(CaseEvent::time)
          .thenComparing(CaseEvent::layer)
          .thenComparing(CaseEvent::sequence)
          .thenComparing(CaseEvent::id);

  private static final Comparator<CaseFile> BY_INODE =
      Comparator.comparing(CaseFile::filesystem)
          .thenComparing(CaseFile::inode)
          .thenComparing(CaseFile::fork);

  /** Ranges that this answer may still show. */
  private int rangesLeft = Limits.SHOWN_RANGES_TOGETHER;

  /** The lists of a case whose entries do not show all of their ranges. */
  private final Set<String> cut = new HashSet<>();

  /** Entries that each list of a case shows. */
  private final int shownEntries;

  private Views(int shownEntries) {
    this.shownEntries = shownEntries;
  }

  /** A case as a list of cases shows it: whole, its own lists cut shorter. */
  static Map<String, Object> inList(String host, FaultCase of) {
    return new Views(Limits.SHOWN_IN_LIST).wholeOf(host, of);
  }

  /** A case whole. */
  static Map<String, Object> whole(String host, FaultCase of) {
    return new Views(Limits.SHOWN).wholeOf(host, of);
  }

  static Map<String, Object> overview(NotifierState of) {
    Map<String, Integer> states = new TreeMap<>();
    of.caseCounts().forEach((state, count) -> states.put(state.text(), count));
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("host", of.host);
    view.put("faults", states);
    view.put("refusedFaults", of.refusedCases());
    view.put("things", of.devices.size() + of.volumes.size() + of.filesystems.size());
    return view;
  }

  private Map<String, Object> summaryOf(String host, FaultCase of) {
    CaseHead head = of.head();
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("id", of.id);
    view.put("host", host);
    view.put("state", of.state().text());
    view.put("openedAt", head.openedAt());
    view.put("resolvedAt", head.resolvedAt());
    view.put("recoveredAt", head.recoveredAt());
    view.put("cause", head.cause());
    view.put("severity", head.severity().text());
    view.put("device", device(of));
    CaseDevice first = of.devices.isEmpty() ? null : of.devices.values().iterator().next();
    Extents ranges = ranges(of);
    view.put(
        "ranges",
        shown("ranges", ranges, first == null ? ranges.totalSectors() : first.hitSectors()));
    view.put("sectors", of.devices.values().stream().mapToLong(CaseDevice::hitSectors).sum());
    view.put("counts", counts(of));
    return view;
  }

  /** The first by name where there are several; what an upper layer named before it told itself. */
  private static @Nullable String device(FaultCase of) {
    if (!of.devices.isEmpty()) {
      return of.devices.keySet().iterator().next();
    }
    CaseHead head = of.head();
    return head.origin() == null ? null : head.origin().device();
  }

  private static Extents ranges(FaultCase of) {
    if (!of.devices.isEmpty()) {
      return of.devices.values().iterator().next().hit();
    }
    CaseHead head = of.head();
    return head.origin() == null ? Extents.EMPTY : head.origin().ranges();
  }

  private static Map<String, Object> counts(FaultCase of) {
    CaseCounts counts = of.head().counts();
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("devices", of.devices.size());
    view.put("volumes", counts.volumes());
    view.put("filesystems", counts.filesystems());
    view.put("files", counts.files());
    view.put("metadata", counts.metadata());
    view.put("processes", counts.processes());
    view.put("events", counts.events());
    if (counts.atLeast()) {
      view.put("atLeast", true);
    }
    return view;
  }

  private Map<String, Object> wholeOf(String host, FaultCase of) {
    Map<String, Object> view = summaryOf(host, of);
    CaseCounts counts = of.head().counts();
    put(view, "devices", of.devices.values(), device -> deviceView(of, device));
    put(view, "volumes", of.volumes.values(), volume -> volumeView(of, volume));
    put(view, "filesystems", of.filesystems.values(), Views::filesystemView);
    put(view, "files", of.files.values().stream().sorted(BY_INODE).toList(), this::fileView);
    put(view, "metadata", of.metadata.values(), this::metadataView);
    put(view, "processes", of.processes.values(), Views::processView);
    put(view, "events", of.events.values().stream().sorted(BY_TIME).toList(), Views::eventView);
    view.put("timeline", timeline(of));
    Map<String, String> more = more(of, counts);
    if (!more.isEmpty()) {
      view.put("more", more);
    }
    return view;
  }

  private <T> void put(
      Map<String, Object> view,
      String name,
      Collection<T> entries,
      Function<T, Map<String, Object>> each) {
    view.put(name, entries.stream().limit(shownEntries).map(each).toList());
  }

  /** For every list that was cut, itself or ranges in it, where all of it can be read. */
  private Map<String, String> more(FaultCase of, CaseCounts counts) {
    String events = "/v1/events?fault=" + of.id + "&from=" + of.head().openedAt();
    Map<String, String> more = new LinkedHashMap<>();
    more(more, "ranges", 0, events + "&layer=device");
    more(more, "devices", of.devices.size(), events + "&layer=device");
    more(more, "volumes", counts.volumes(), events + "&layer=dm");
    more(more, "filesystems", counts.filesystems(), events + "&layer=fs");
    more(more, "files", counts.files(), events + "&type=file_range_lost");
    more(
        more,
        "metadata",
        counts.metadata(),
        events + "&type=metadata_lost,log_lost,range_unowned,failure_unsupported");
    more(more, "processes", counts.processes(), events + "&type=process_signalled");
    more(more, "events", counts.events(), events);
    return more;
  }

  private void more(Map<String, String> more, String list, long count, String where) {
    if (count > shownEntries || cut.contains(list)) {
      more.put(list, where);
    }
  }

  private Map<String, Object> deviceView(FaultCase of, CaseDevice device) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("device", device.device());
    view.put("ranges", shown("devices", device.hit(), device.hitSectors()));
    view.put("sectors", device.hitSectors());
    putBad(view, "devices", of.bad(FaultCase.badDevice(device.device())));
    view.put("badSectors", device.badSectors());
    putRounded(view, device.rounded());
    view.put("removed", device.removed());
    return view;
  }

  private static void putRounded(Map<String, Object> view, boolean rounded) {
    if (rounded) {
      view.put("rounded", true);
    }
  }

  private Map<String, Object> volumeView(FaultCase of, CaseVolume volume) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("volume", volume.volume());
    view.put("effect", volume.effect());
    view.put("ranges", shown("volumes", volume.hit(), volume.hitSectors()));
    view.put("sectors", volume.hitSectors());
    putBad(view, "volumes", of.bad(FaultCase.badVolume(volume.volume(), volume.effect())));
    view.put("badSectors", volume.badSectors());
    putRounded(view, volume.rounded());
    return view;
  }

  private static Map<String, Object> filesystemView(CaseFilesystem filesystem) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("filesystem", filesystem.filesystem());
    view.put("effects", filesystem.effects());
    view.put("severity", filesystem.severity().text());
    view.put("shutdownReason", filesystem.shutdownReason());
    return view;
  }

  private Map<String, Object> fileView(CaseFile file) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("filesystem", file.filesystem());
    view.put("inode", file.inode());
    view.put("paths", file.paths());
    if (file.pathCount() > file.paths().size()) {
      view.put("pathCount", file.pathCount());
    }
    view.put("fork", file.fork());
    view.put("byteRanges", shown("files", file.byteRanges(), file.lostBytes()));
    view.put("lostBytes", file.lostBytes());
    view.put("shared", file.shared());
    view.put("unwritten", file.unwritten());
    return view;
  }

  private Map<String, Object> metadataView(CaseMetadata metadata) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("filesystem", metadata.filesystem());
    view.put("effect", metadata.type().shortName());
    view.put("owner", metadata.owner());
    view.put("device", metadata.device());
    view.put("ranges", shown("metadata", metadata.hit(), metadata.hitSectors()));
    view.put("sectors", metadata.hitSectors());
    if (metadata.rebuildable() != null) {
      view.put("rebuildable", metadata.rebuildable());
    }
    return view;
  }

  private static Map<String, Object> processView(CaseProcess process) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("pid", process.pid());
    view.put("filesystem", process.filesystem());
    view.put("mapping", process.mapping());
    view.put("path", process.path());
    view.put("signal", process.signal());
    view.put("code", process.code());
    view.put("addressOffsetBytes", process.addressOffsetBytes());
    view.put("lsb", process.lsb());
    view.put("signals", process.signals());
    return view;
  }

  private static Map<String, Object> eventView(CaseEvent event) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("id", event.id());
    view.put("type", event.type().ceType());
    view.put("time", event.time());
    view.put("layer", event.layer().text());
    view.put("source", event.source());
    view.put("severity", event.severity().text());
    if (event.causationId() != null) {
      view.put("causationId", event.causationId());
    }
    return view;
  }

  private static List<Map<String, Object>> timeline(FaultCase of) {
    List<Map<String, Object>> lines = new ArrayList<>();
    Map<String, Object> opened = new LinkedHashMap<>();
    opened.put("time", of.head().openedAt());
    opened.put("what", "opened");
    lines.add(opened);
    int forgotten = of.head().counts().moments() - of.moments.size();
    if (forgotten > 0) {
      opened.put("forgotten", forgotten);
    }
    for (CaseMoment moment : of.momentsInOrder()) {
      lines.add(momentView(moment));
      Undone undone = moment.undone();
      if (undone != null) {
        lines.add(line(undone.at(), "reopened", null, null, undone.eventId()));
      }
    }
    return lines;
  }

  private static Map<String, Object> momentView(CaseMoment moment) {
    Map<String, Object> view =
        line(moment.time(), moment.what().text(), moment.by(), moment.reason(), moment.eventId());
    if (moment.times() > 1) {
      view.put("times", moment.times());
      view.put("until", moment.until());
    }
    return view;
  }

  private static Map<String, Object> line(
      Instant time,
      String what,
      @Nullable String by,
      @Nullable String reason,
      @Nullable String eventId) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("time", time);
    view.put("what", what);
    view.put("by", by);
    view.put("reason", reason);
    view.put("event", eventId);
    return view;
  }

  private void putBad(Map<String, Object> view, String list, BadSectors bad) {
    Extents head = bad.head(SectorRange.between(0, Long.MAX_VALUE), Limits.SHOWN_RANGES);
    view.put("badRanges", shown(list, head, bad.sectors()));
    view.put("badRangeCount", bad.ranges());
  }

  /**
   * The first ranges, so that an answer still fits into a record.
   *
   * @param list whose they are
   * @param total how long all ranges are together, those too that were not kept
   */
  private Extents shown(String list, Extents ranges, long total) {
    Extents first = ranges.head(Math.min(Limits.SHOWN_RANGES, rangesLeft));
    rangesLeft -= first.rangeCount();
    if (first.totalSectors() < Math.max(total, ranges.totalSectors())) {
      cut.add(list);
    }
    return first;
  }
}
