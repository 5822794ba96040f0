package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseMetadata;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.VolumeKnown;
import io.faultline.ranges.Extents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A fault's way up as a tree: the ranges of its devices, what volumes made of them, the files,
 * metadata and filesystems that were hit there, and the processes that were told.
 *
 * <p>What stands above what follows from the events: each names the event that it was made from,
 * and an event of a filesystem the block device. A volume that stands on another one is told of in
 * the same step; there the tables decide. What stands on two that are hit stands under both.
 */
final class FaultPath {

  private final NotifierState state;
  private final FaultCase of;

  /** Who told an event of the case, by its id: a device or a volume. */
  private final Map<String, String> tellers = new HashMap<>();

  /** What is directly above a block device, by its name. */
  private final Map<String, Set<String>> volumesOn = new TreeMap<>();

  private final Map<String, List<CaseFile>> filesOn = new HashMap<>();
  private final Map<String, Integer> fileCounts = new HashMap<>();
  private final Map<String, List<CaseMetadata>> metadataOn = new HashMap<>();
  private final Map<String, List<CaseFilesystem>> filesystemsOn = new HashMap<>();
  private final Map<String, List<CaseProcess>> processesOf = new HashMap<>();
  private final Map<String, List<CaseProcess>> processesOn = new HashMap<>();
  private int nodesLeft = Limits.SHOWN_NODES;
  private int rangesLeft = Limits.SHOWN_RANGES_TOGETHER;

  private FaultPath(NotifierState state, FaultCase of) {
    this.state = state;
    this.of = of;
    for (CaseEvent event : of.events.values()) {
      if (event.layer() != Layer.FS) {
        tellers.put(event.id(), event.source().substring(event.source().lastIndexOf('/') + 1));
      }
    }
    placeVolumes();
    placeFiles();
    placeProcesses();
  }

  static Map<String, Object> of(NotifierState state, FaultCase of) {
    return new FaultPath(state, of).view();
  }

  private void placeVolumes() {
    Set<String> hit = new TreeSet<>();
    of.volumes.values().forEach(entry -> hit.add(entry.volume()));
    for (CaseVolume entry : of.volumes.values()) {
      for (String parent : parents(entry, hit)) {
        volumesOn.computeIfAbsent(parent, _ -> new TreeSet<>()).add(entry.volume());
      }
    }
  }

  private Set<String> parents(CaseVolume entry, Set<String> hit) {
    Set<String> parents = new TreeSet<>();
    VolumeKnown known = state.volumes.get(entry.volume());
    if (known != null) {
      for (String below : known.below()) {
        if (hit.contains(below) || of.deviceNames().contains(below)) {
          parents.add(below);
        }
      }
    }
    String teller = entry.causationId() == null ? null : tellers.get(entry.causationId());
    if (parents.isEmpty() && teller != null && !teller.equals(entry.volume())) {
      parents.add(teller);
    }
    return parents.isEmpty() ? entry.leaves() : parents;
  }

  private void placeFiles() {
    for (CaseFile file : of.files.values()) {
      filesOn.computeIfAbsent(file.device(), _ -> new ArrayList<>()).add(file);
    }
    for (CaseMetadata metadata : of.metadata.values()) {
      metadataOn.computeIfAbsent(metadata.device(), _ -> new ArrayList<>()).add(metadata);
    }
    for (CaseFilesystem filesystem : of.filesystems.values()) {
      filesystem.files().forEach((device, count) -> fileCounts.merge(device, count, Integer::sum));
      String device = deviceOf(filesystem);
      if (filesystem.shutdownReason() != null && device != null) {
        filesystemsOn.computeIfAbsent(device, _ -> new ArrayList<>()).add(filesystem);
      }
    }
  }

  private @Nullable String deviceOf(CaseFilesystem filesystem) {
    if (filesystem.device() != null) {
      return filesystem.device();
    }
    return filesystem.causationId() == null ? null : tellers.get(filesystem.causationId());
  }

  private void placeProcesses() {
    Map<String, CaseFile> byPath = new HashMap<>();
    for (CaseFile file : of.files.values()) {
      file.paths().forEach(path -> byPath.putIfAbsent(file.filesystem() + ":" + path, file));
    }
    for (CaseProcess process : of.processes.values()) {
      CaseFile file = byPath.get(process.filesystem() + ":" + process.path());
      if (file != null) {
        processesOf.computeIfAbsent(key(file), _ -> new ArrayList<>()).add(process);
        continue;
      }
      String teller = process.causationId() == null ? null : tellers.get(process.causationId());
      CaseFilesystem filesystem = of.filesystems.get(process.filesystem());
      String device = teller != null ? teller : filesystem == null ? null : deviceOf(filesystem);
      if (device != null) {
        processesOn.computeIfAbsent(device, _ -> new ArrayList<>()).add(process);
      }
    }
  }

  private static String key(CaseFile file) {
    return file.filesystem() + "/" + file.inode() + "/" + file.fork();
  }

  private Map<String, Object> view() {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("id", of.id);
    view.put("host", state.host);
    view.put("state", of.state().text());
    view.put("cause", of.head().cause());
    Set<String> roots = roots();
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (String root : roots) {
      if (nodes.size() >= Limits.SHOWN || nodesLeft <= 0) {
        break;
      }
      nodes.add(blockDevice(root, Set.of()));
    }
    view.put("path", nodes);
    view.put("count", roots.size());
    if (nodes.size() < roots.size()) {
      view.put("more", events() + "&layer=device");
    }
    return view;
  }

  /** The devices; and whatever something stands on that told nothing (that was read) itself. */
  private Set<String> roots() {
    Set<String> below = new TreeSet<>(of.deviceNames());
    below.addAll(volumesOn.keySet());
    below.addAll(filesOn.keySet());
    below.addAll(metadataOn.keySet());
    below.addAll(filesystemsOn.keySet());
    below.addAll(processesOn.keySet());
    volumesOn.values().forEach(below::removeAll);
    return below;
  }

  private Map<String, Object> blockDevice(String name, Set<String> way) {
    nodesLeft--;
    Map<String, Object> node = new LinkedHashMap<>();
    CaseDevice leaf = of.devices.get(name);
    List<CaseVolume> effects = of.volumeEntries(name);
    node.put("kind", effects.isEmpty() ? "device" : "volume");
    node.put("name", name);
    if (leaf != null) {
      node.put("ranges", shown(leaf.hit()));
      node.put("sectors", leaf.hitSectors());
      node.put("removed", leaf.removed());
    } else if (!effects.isEmpty()) {
      putEffects(node, effects);
    } else if (of.head().origin() != null && of.head().origin().device().equals(name)) {
      node.put("ranges", shown(of.head().origin().ranges()));
    }
    Set<String> further = new TreeSet<>(way);
    further.add(name);
    Children children = new Children();
    for (String volume : volumesOn.getOrDefault(name, Set.of())) {
      if (!further.contains(volume)) {
        children.add(() -> blockDevice(volume, further));
      }
    }
    filesystemsOn.getOrDefault(name, List.of()).forEach(it -> children.add(() -> filesystem(it)));
    metadataOn.getOrDefault(name, List.of()).forEach(it -> children.add(() -> metadata(it)));
    List<CaseFile> files = filesOn.getOrDefault(name, List.of());
    files.forEach(file -> children.add(() -> file(file)));
    children.hidden(fileCounts.getOrDefault(name, 0) - files.size());
    processesOn.getOrDefault(name, List.of()).forEach(it -> children.add(() -> process(it)));
    children.into(node, events() + "&device=" + name);
    return node;
  }

  /** One node for a volume, whatever happened to it: its effects stand side by side. */
  private void putEffects(Map<String, Object> node, List<CaseVolume> effects) {
    List<Map<String, Object>> views = new ArrayList<>();
    for (CaseVolume entry : effects) {
      Map<String, Object> view = new LinkedHashMap<>();
      view.put("effect", entry.effect());
      view.put("ranges", shown(entry.hit()));
      view.put("sectors", entry.hitSectors());
      views.add(view);
    }
    node.put("effects", views);
  }

  private Map<String, Object> filesystem(CaseFilesystem filesystem) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("kind", "filesystem");
    node.put("filesystem", filesystem.filesystem());
    node.put("effect", "filesystem_shutdown");
    node.put("shutdownReason", filesystem.shutdownReason());
    return node;
  }

  private Map<String, Object> metadata(CaseMetadata metadata) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("kind", "metadata");
    node.put("filesystem", metadata.filesystem());
    node.put("effect", metadata.type().shortName());
    node.put("owner", metadata.owner());
    node.put("ranges", shown(metadata.hit()));
    node.put("sectors", metadata.hitSectors());
    return node;
  }

  private Map<String, Object> file(CaseFile file) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("kind", "file");
    node.put("filesystem", file.filesystem());
    node.put("inode", file.inode());
    node.put("paths", file.paths());
    node.put("fork", file.fork());
    node.put("byteRanges", shown(file.byteRanges()));
    node.put("lostBytes", file.lostBytes());
    Children children = new Children();
    processesOf.getOrDefault(key(file), List.of()).forEach(it -> children.add(() -> process(it)));
    children.into(node, events() + "&type=process_signalled");
    return node;
  }

  private Map<String, Object> process(CaseProcess process) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("kind", "process");
    node.put("pid", process.pid());
    node.put("mapping", process.mapping());
    node.put("path", process.path());
    node.put("signal", process.signal());
    node.put("code", process.code());
    return node;
  }

  private String events() {
    return "/v1/events?fault=" + of.id + "&from=" + of.head().openedAt();
  }

  private Extents shown(Extents ranges) {
    Extents first = ranges.head(Math.min(Limits.SHOWN_RANGES, rangesLeft));
    rangesLeft -= first.rangeCount();
    return first;
  }

  @FunctionalInterface
  private interface Node {
    Map<String, Object> view();
  }

  /** What is above a node: the first of it, and how much there is. */
  private final class Children {
    private final List<Map<String, Object>> shown = new ArrayList<>();
    private int count;

    void add(Node child) {
      count++;
      if (shown.size() < Limits.SHOWN && nodesLeft > 0) {
        nodesLeft--;
        shown.add(child.view());
      }
    }

    /** So many more are only counted. */
    void hidden(int more) {
      count += Math.max(0, more);
    }

    void into(Map<String, Object> node, String where) {
      node.put("children", shown);
      node.put("count", count);
      if (count > shown.size()) {
        node.put("more", where);
      }
    }
  }
}
