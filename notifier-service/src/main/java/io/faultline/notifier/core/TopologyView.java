package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.DeviceKnown;
import io.faultline.notifier.core.NotifierFact.FilesystemKnown;
import io.faultline.notifier.core.NotifierFact.RemovalKnown;
import io.faultline.notifier.core.NotifierFact.VolumeKnown;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Who stands on whom, as it is answered. */
final class TopologyView {

  /** Devices, volumes, filesystems and edges each that one answer shows. */
  private static final int MAX_THINGS = 1_000;

  private final NotifierState state;

  /** Who stands on a block device: {@code dm:vol0}, {@code fs:data}. */
  private final SortedMap<String, SortedSet<String>> holders = new TreeMap<>();

  /** Ranges that this answer may still show. */
  private int rangesLeft = Limits.SHOWN_RANGES_TOGETHER;

  private TopologyView(NotifierState state) {
    this.state = state;
    state.volumes.values().forEach(volume -> hold("dm:" + volume.volume(), volume.below()));
    state.filesystems.values().stream()
        .filter(FilesystemKnown::mounted)
        .forEach(mounted -> hold("fs:" + mounted.filesystem(), mounted.devices()));
  }

  private void hold(String holder, List<String> below) {
    below.forEach(device -> holders.computeIfAbsent(device, _ -> new TreeSet<>()).add(holder));
  }

  static Map<String, Object> of(NotifierState state) {
    return new TopologyView(state).view();
  }

  private Map<String, Object> view() {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("host", state.host);
    put(view, "device", state.devices.values(), this::device);
    put(view, "volume", state.volumes.values(), this::volume);
    put(view, "filesystem", state.filesystems.values(), this::filesystem);
    put(view, "edge", edges(), edge -> edge);
    put(view, "missing", missing(), this::missingView);
    Map<String, Integer> faults = new TreeMap<>();
    state.caseCounts().forEach((is, count) -> faults.put(is.text(), count));
    view.put("faults", faults);
    return view;
  }

  private static <T> void put(
      Map<String, Object> view,
      String name,
      Collection<T> things,
      Function<T, Map<String, Object>> each) {
    String plural = name.equals("missing") ? name : name + "s";
    view.put(plural, things.stream().limit(MAX_THINGS).map(each).toList());
    view.put(name + "Count", things.size());
  }

  private Map<String, Object> device(DeviceKnown known) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", known.device());
    view.put("kind", known.kind());
    putSize(view, known.sectors());
    view.put("dax", known.dax());
    view.put("generation", known.generation());
    view.put("state", known.state());
    view.put("holders", holders(known.device()));
    view.put("openFaults", state.openCasesOf(known.device()));
    RemovalKnown removal = known.removal();
    view.put("removal", removal == null ? null : removal(known.device(), removal));
    putBad(view, "bad", state.bad(known.device()));
    return view;
  }

  private Map<String, Object> removal(String device, RemovalKnown known) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("removalId", known.removalId());
    view.put("faultId", known.faultId());
    view.put("state", known.mode() == null && known.deadline() != null ? "announced" : "removed");
    view.put("mode", known.mode());
    view.put("since", known.since());
    view.put("deadline", known.deadline());
    // A surprise asks nobody: whoever stands on the device is left standing there.
    boolean unasked = known.holders().isEmpty() && "surprise".equals(known.mode());
    view.put("holders", unasked ? holders(device) : known.holders());
    view.put("acknowledged", known.acknowledged());
    return view;
  }

  private Map<String, Object> volume(VolumeKnown known) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", known.volume());
    putSize(view, known.sectors());
    view.put("dax", known.dax());
    view.put("generation", known.generation());
    view.put("state", "active");
    view.put("targets", known.targets());
    view.put("below", known.below());
    view.put("holders", holders(known.volume()));
    view.put("openFaults", state.openCasesOf(known.volume()));
    putBad(view, "bad", state.bad(known.volume()));
    putBad(view, "redundancyLost", state.redundancyLost(known.volume()));
    return view;
  }

  private Map<String, Object> filesystem(FilesystemKnown known) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", known.filesystem());
    view.put("devices", known.devices());
    view.put("dax", known.dax());
    view.put("rmapbt", known.rmapbt());
    view.put("state", known.state());
    view.put("frozenBy", known.frozenBy());
    view.put("shutdownReason", known.shutdownReason());
    view.put("openFaults", state.openCasesOf("fs:" + known.filesystem()));
    return view;
  }

  private SortedSet<String> holders(String device) {
    return holders.getOrDefault(device, new TreeSet<>());
  }

  private static void putSize(Map<String, Object> view, @Nullable Long sectors) {
    view.put("sectors", sectors);
    view.put("sizeBytes", sectors == null ? null : sectors * SectorRange.SECTOR_BYTES);
  }

  private void putBad(Map<String, Object> view, String name, Extents bad) {
    Extents first = bad.head(Math.min(Limits.SHOWN_RANGES, rangesLeft));
    rangesLeft -= first.rangeCount();
    view.put(name + "Ranges", first);
    view.put(name + "RangeCount", bad.rangeCount());
    view.put(name + "Sectors", bad.totalSectors());
  }

  /** Who stands on what, each pair once. */
  private List<Map<String, Object>> edges() {
    List<Map<String, Object>> edges = new ArrayList<>();
    state.volumes.values().forEach(volume -> edges(edges, "dm:" + volume.volume(), volume.below()));
    state.filesystems.values().stream()
        .filter(FilesystemKnown::mounted)
        .forEach(mounted -> edges(edges, "fs:" + mounted.filesystem(), mounted.devices()));
    return edges;
  }

  private static void edges(List<Map<String, Object>> edges, String holder, List<String> below) {
    for (String device : new TreeSet<>(below)) {
      Map<String, Object> edge = new LinkedHashMap<>();
      edge.put("holder", holder);
      edge.put("on", device);
      edges.add(edge);
    }
  }

  /** Block devices that somebody stands on and that are not there (any more). */
  private List<String> missing() {
    return holders.keySet().stream()
        .filter(name -> !state.devices.containsKey(name) && !state.volumes.containsKey(name))
        .toList();
  }

  private Map<String, Object> missingView(String name) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("name", name);
    view.put("holders", holders(name));
    return view;
  }

  /**
   * How much is bad of each of {@code bins} equal pieces of a part of a block device's sectors.
   *
   * @param window the part
   * @param bins at most; fewer where the part has fewer sectors
   */
  static Map<String, Object> strip(
      NotifierState state, String device, SectorRange window, int bins) {
    long binSectors = Math.max(1, Math.ceilDiv(window.sectorCount(), bins));
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("host", state.host);
    view.put("device", device);
    view.put("sectors", sectors(state, device));
    view.put("sector", window.startSector());
    view.put("count", window.sectorCount());
    view.put("binSectors", binSectors);
    Extents bad = state.bad(device).clip(window);
    view.put("bad", binned(bad, window, binSectors));
    view.put("badSectors", bad.totalSectors());
    view.put("badRangeCount", bad.rangeCount());
    Extents weak = state.redundancyLost(device).clip(window);
    view.put("redundancyLost", binned(weak, window, binSectors));
    view.put("redundancyLostSectors", weak.totalSectors());
    if (bad.rangeCount() <= Limits.STRIP_RANGES) {
      view.put("badRanges", bad);
    }
    if (weak.rangeCount() <= Limits.STRIP_RANGES) {
      view.put("redundancyLostRanges", weak);
    }
    return view;
  }

  /** The size of a device or volume in sectors; null if it is not known. */
  static @Nullable Long sectors(NotifierState state, String device) {
    DeviceKnown leaf = state.devices.get(device);
    VolumeKnown volume = state.volumes.get(device);
    return leaf != null ? leaf.sectors() : volume == null ? null : Long.valueOf(volume.sectors());
  }

  /** Pairs of a bin and its bad sectors, for each that has any: most have none. */
  private static List<long[]> binned(Extents bad, SectorRange window, long binSectors) {
    Map<Long, long[]> bins = new LinkedHashMap<>();
    bad.forEach(
        (start, count) -> {
          long from = start;
          long end = start + count;
          while (from < end) {
            long bin = (from - window.startSector()) / binSectors;
            long to = Math.min(end, window.startSector() + (bin + 1) * binSectors);
            bins.computeIfAbsent(bin, _ -> new long[] {bin, 0})[1] += to - from;
            from = to;
          }
        });
    return List.copyOf(bins.values());
  }
}
