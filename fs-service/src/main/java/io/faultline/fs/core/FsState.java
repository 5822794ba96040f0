package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.DamagedGroup;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Imported;
import io.faultline.fs.core.FsFact.KernelSettings;
import io.faultline.fs.core.FsFact.KnownDevice;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.fs.core.FsFact.Part;
import io.faultline.fs.core.FsFact.PresentPages;
import io.faultline.fs.core.FsFact.Signals;
import io.faultline.fs.core.FsFact.SliceProgress;
import io.faultline.fs.core.FsFact.Telling;
import io.faultline.fs.core.FsFact.Upload;
import io.faultline.runtime.core.Fact;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that is known of the filesystems of one host: the fold of its facts. */
public final class FsState {

  final String host;
  final TreeMap<String, Filesystem> filesystems = new TreeMap<>();
  final TreeMap<String, KnownDevice> devices = new TreeMap<>();
  final TreeMap<String, DeviceFaults> faults = new TreeMap<>();
  final TreeMap<String, Long> slices = new TreeMap<>();
  final TreeMap<Long, ProcessState> processes = new TreeMap<>();
  final TreeMap<String, UploadState> uploads = new TreeMap<>();
  final TreeMap<String, Telling> tellings = new TreeMap<>();

  /** By filesystem and start. */
  private final TreeMap<String, TreeMap<Long, DamagedGroup>> damaged = new TreeMap<>();

  final TreeMap<String, Contents> contents = new TreeMap<>();
  boolean earlyKill;

  FsState(String host) {
    this.host = host;
  }

  /** What is bad on a device; nothing for one that was never heard of. */
  DeviceFaults faultsOf(String device) {
    return faults.getOrDefault(device, DeviceFaults.NONE);
  }

  /** The allocation groups of a filesystem's data device that lost their trees, by start. */
  SortedMap<Long, DamagedGroup> damagedGroups(String filesystem) {
    TreeMap<Long, DamagedGroup> groups = damaged.get(filesystem);
    return groups == null ? Collections.emptySortedMap() : groups;
  }

  /** The filesystem that is mounted on a device in some role; null if none is. */
  @Nullable Filesystem mountedOn(String device) {
    for (Filesystem filesystem : filesystems.values()) {
      if (filesystem.isMounted() && roleOf(filesystem, device) != null) {
        return filesystem;
      }
    }
    return null;
  }

  static @Nullable Role roleOf(Filesystem filesystem, String device) {
    for (Role role : Role.values()) {
      if (device.equals(filesystem.spec().device(role))) {
        return role;
      }
    }
    return null;
  }

  /** The reverse map of a device: what mkfs or an import began and changes made of it since. */
  ReverseMap map(Filesystem filesystem, Role role) {
    Contents there = contentsOf(filesystem);
    ReverseMap current = there == null ? null : there.map(role);
    if (current != null) {
      return current;
    }
    UploadState upload = live(filesystem.imported().recordsUpload());
    ReverseMap imported = upload == null ? null : upload.map(role);
    if (imported != null) {
      return imported;
    }
    return switch (role) {
      case DATA, REALTIME -> ReverseMap.of(filesystem.sectors(role), SpecialOwner.FREE_SPACE);
      case LOG -> ReverseMap.of(filesystem.sectors(role), SpecialOwner.JOURNALLING_LOG);
    };
  }

  /** What was made or changed of a filesystem's contents; null if nothing was. */
  @Nullable Contents contentsOf(Filesystem filesystem) {
    String id = filesystem.contents();
    return id == null ? null : contents.get(id);
  }

  /** Whether contents belong to a filesystem; those that do not are taken away step by step. */
  boolean isLive(String id) {
    return filesystems.values().stream().anyMatch(each -> id.equals(each.contents()));
  }

  /** The names of a filesystem's files. */
  Names names(Filesystem filesystem) {
    UploadState upload = live(filesystem.imported().pathsUpload());
    PathIndex imported = upload == null ? PathIndex.EMPTY : upload.paths();
    return new Names(this, filesystem, imported);
  }

  private @Nullable UploadState live(@Nullable String upload) {
    return upload == null ? null : uploads.get(upload);
  }

  void apply(Fact<FsFact> fact) {
    FsFact value = fact.value();
    String[] key = fact.key().split("/", 3);
    if (value == null) {
      remove(fact.key(), key);
      return;
    }
    switch (value) {
      case Filesystem filesystem -> put(filesystem);
      case KnownDevice device -> devices.put(key[1], device);
      case SliceProgress progress -> slices.put(key[1], progress.sequence());
      case FsFact.BadRanges bad ->
          faults.computeIfAbsent(key[1], d -> new DeviceFaults()).put(fact.key(), bad);
      case Mapping mapping -> process(key[1]).mappings.put(mapping.id(), mapping);
      case PresentPages pages -> {
        String[] place = key[2].split("/");
        process(key[1])
            .present
            .computeIfAbsent(place[0], m -> new TreeMap<>())
            .put(Long.valueOf(place[1]), pages);
      }
      case Signals signals -> process(key[1]).signals = signals;
      case KernelSettings settings -> earlyKill = settings.memoryFailureEarlyKill();
      case Upload upload -> upload(key[1]).begin(upload);
      case Part part -> putPart(key[1], key[2], part);
      case Telling telling -> tellings.put(fact.key(), telling);
      case DamagedGroup group ->
          damaged.computeIfAbsent(key[1], name -> new TreeMap<>()).put(group.startSector(), group);
      case FileFact file -> {
        Contents there = contents.computeIfAbsent(key[1], c -> new Contents());
        ContentsFacts.put(there, key, file);
        attach(there);
      }
    }
  }

  /** Gives contents that began with an import their map, as soon as both are there. */
  private void attach(Contents there) {
    FileFact.Disk disk = there.disk();
    String upload = disk == null ? null : disk.upload();
    if (upload != null && !there.isAttached()) {
      UploadState state = uploads.get(upload);
      Map<Role, ReverseMap> built = state == null ? null : state.maps();
      if (built != null) {
        there.attach(built);
      }
    }
  }

  private void put(Filesystem filesystem) {
    Filesystem before = filesystems.put(filesystem.name(), filesystem);
    if (before != null) {
      forgetIfDead(before.imported());
    }
    Imported imported = filesystem.imported();
    finish(filesystem, imported.recordsUpload());
    finish(filesystem, imported.pathsUpload());
    attachContents(filesystem);
  }

  private void attachContents(Filesystem filesystem) {
    Contents there = contentsOf(filesystem);
    if (there != null) {
      attach(there);
    }
  }

  private void finish(Filesystem filesystem, @Nullable String upload) {
    if (upload != null) {
      upload(upload).finish(filesystem, upload);
    }
  }

  private void putPart(String id, String place, Part part) {
    String[] numbers = place.split("/");
    upload(id).add(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), part);
    // While a state is replayed the filesystem may be there before the parts of its map.
    Filesystem owner = ownerOf(id);
    if (owner != null) {
      upload(id).finish(owner, id);
      attachContents(owner);
    }
  }

  /** The filesystem that an upload is live for; null if for none. */
  @Nullable Filesystem ownerOf(String upload) {
    for (Filesystem filesystem : filesystems.values()) {
      Imported imported = filesystem.imported();
      if (upload.equals(imported.recordsUpload()) || upload.equals(imported.pathsUpload())) {
        return filesystem;
      }
    }
    return null;
  }

  private void remove(String wholeKey, String[] key) {
    switch (key[0]) {
      case Keys.FILESYSTEM -> {
        Filesystem before = filesystems.remove(key[1]);
        if (before != null) {
          forgetIfDead(before.imported());
        }
      }
      case Keys.DEVICE -> devices.remove(key[1]);
      case Keys.SLICE -> slices.remove(key[1]);
      case Keys.BAD -> removeBad(wholeKey, key[1]);
      case Keys.MAPPING, Keys.PRESENT, Keys.SIGNALS -> removeFromProcess(key);
      case Keys.KERNEL -> earlyKill = false;
      case Keys.UPLOAD -> {
        UploadState upload = uploads.get(key[1]);
        if (upload != null) {
          upload.begin(null);
        }
        forgetIfDead(key[1]);
      }
      case Keys.PART -> forgetIfDead(key[1]);
      case Keys.TELLING -> tellings.remove(wholeKey);
      case Keys.DAMAGED ->
          damaged.computeIfPresent(
              key[1],
              (name, groups) -> {
                groups.remove(Long.valueOf(key[2]));
                return groups.isEmpty() ? null : groups;
              });
      case Keys.DISK, Keys.EXTENT, Keys.INODE, Keys.ENTRY, Keys.XATTR, Keys.WRITE ->
          removeFromContents(key);
      default -> throw new IllegalStateException("no fact has the key " + wholeKey);
    }
  }

  private void removeFromContents(String[] key) {
    Contents there = contents.get(key[1]);
    if (there != null) {
      ContentsFacts.remove(there, key);
      if (there.isEmpty()) {
        contents.remove(key[1]);
      }
    }
  }

  private void removeBad(String wholeKey, String device) {
    DeviceFaults known = faults.get(device);
    if (known != null) {
      known.remove(wholeKey);
      if (known.isEmpty()) {
        faults.remove(device);
      }
    }
  }

  private void removeFromProcess(String[] key) {
    Long pid = Long.valueOf(key[1]);
    ProcessState process = processes.get(pid);
    if (process == null) {
      return;
    }
    switch (key[0]) {
      case Keys.MAPPING -> process.mappings.remove(key[2]);
      case Keys.SIGNALS -> process.signals = null;
      default -> {
        String[] place = key[2].split("/");
        TreeMap<Long, PresentPages> windows = process.present.get(place[0]);
        if (windows != null) {
          windows.remove(Long.valueOf(place[1]));
          if (windows.isEmpty()) {
            process.present.remove(place[0]);
          }
        }
      }
    }
    if (process.isEmpty()) {
      processes.remove(pid);
    }
  }

  private void forgetIfDead(Imported imported) {
    if (imported.recordsUpload() != null) {
      forgetIfDead(imported.recordsUpload());
    }
    if (imported.pathsUpload() != null) {
      forgetIfDead(imported.pathsUpload());
    }
  }

  /** An upload that nobody refers to any more goes as a whole. */
  private void forgetIfDead(String upload) {
    UploadState state = uploads.get(upload);
    if (state != null && state.upload() == null && ownerOf(upload) == null) {
      uploads.remove(upload);
    }
  }

  private UploadState upload(String id) {
    return uploads.computeIfAbsent(id, u -> new UploadState());
  }

  private ProcessState process(String pid) {
    return processes.computeIfAbsent(Long.valueOf(pid), p -> new ProcessState());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FsState state
        && host.equals(state.host)
        && filesystems.equals(state.filesystems)
        && devices.equals(state.devices)
        && faults.equals(state.faults)
        && slices.equals(state.slices)
        && processes.equals(state.processes)
        && uploads.equals(state.uploads)
        && tellings.equals(state.tellings)
        && damaged.equals(state.damaged)
        && contents.equals(state.contents)
        && earlyKill == state.earlyKill;
  }

  @Override
  public int hashCode() {
    return Objects.hash(host, filesystems, devices, slices);
  }
}
