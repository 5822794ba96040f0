package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseBad;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseMetadata;
import io.faultline.notifier.core.NotifierFact.CaseMoment;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseSeen;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fault from its cause to its last effect, as far as it was heard of. Each list is fed by one
 * topic only (devices by the device's, volumes by dm's, files by the filesystem's), so what it
 * holds does not depend on the order in which the topics were read.
 *
 * <p>There may be a hundred thousand of them: a list that is empty takes no memory.
 */
final class FaultCase {

  /** The kinds of entries, as in {@code fault/<id>/<kind>/<key>}. */
  static final String DEVICE = "device";

  static final String VOLUME = "volume";
  static final String FILESYSTEM = "filesystem";
  static final String FILE = "file";
  static final String METADATA = "metadata";
  static final String PROCESS = "process";
  static final String SEEN = "seen";
  static final String EVENT = "event";
  static final String MOMENT = "moment";

  /** A part of what is bad: {@code device/pmem0/<sector>}, {@code volume/vol0/data_lost/…}. */
  static final String BAD = "bad";

  final String id;
  @Nullable CaseHead head;
  Map<String, CaseDevice> devices = Map.of();
  Map<String, CaseVolume> volumes = Map.of();
  Map<String, CaseFilesystem> filesystems = Map.of();
  Map<String, CaseFile> files = Map.of();
  Map<String, CaseMetadata> metadata = Map.of();
  Map<String, CaseProcess> processes = Map.of();
  Map<String, CaseSeen> seen = Map.of();
  Map<String, CaseEvent> events = Map.of();
  Map<String, CaseMoment> moments = Map.of();
  private Map<String, BadSectors> bad = Map.of();

  FaultCase(String id) {
    this.id = id;
  }

  static String key(String id) {
    return "fault/" + id;
  }

  static String key(String id, String kind, String entry) {
    return "fault/" + id + "/" + kind + "/" + entry;
  }

  static String badDevice(String device) {
    return DEVICE + "/" + device;
  }

  static String badVolume(String volume, String effect) {
    return VOLUME + "/" + volume + "/" + effect;
  }

  /** So many digits that parts are kept in the order of their sectors. */
  static String badPart(String of, long sector) {
    return of + "/" + String.format("%016x", sector);
  }

  CaseHead head() {
    return Objects.requireNonNull(head);
  }

  FaultPlace place() {
    return new FaultPlace(head().openedAt(), id);
  }

  /** The leaves that it hit; what an upper layer named before one told itself. */
  Set<String> deviceNames() {
    CaseHead now = head;
    if (!devices.isEmpty() || now == null || now.origin() == null) {
      return devices.keySet();
    }
    return Set.of(now.origin().device());
  }

  /** What is bad of a device or volume; see {@link #badDevice} and {@link #badVolume}. */
  BadSectors bad(String of) {
    BadSectors found = bad.get(of);
    return found == null ? new BadSectors() : found;
  }

  /** Keeps or (null) forgets one entry. */
  void put(String kind, String entry, @Nullable NotifierFact value) {
    switch (kind) {
      case DEVICE -> devices = put(devices, entry, value, CaseDevice.class);
      case VOLUME -> volumes = put(volumes, entry, value, CaseVolume.class);
      case FILESYSTEM -> filesystems = put(filesystems, entry, value, CaseFilesystem.class);
      case FILE -> files = put(files, entry, value, CaseFile.class);
      case METADATA -> metadata = put(metadata, entry, value, CaseMetadata.class);
      case PROCESS -> processes = put(processes, entry, value, CaseProcess.class);
      case SEEN -> seen = put(seen, entry, value, CaseSeen.class);
      case EVENT -> events = put(events, entry, value, CaseEvent.class);
      case MOMENT -> moments = put(moments, entry, value, CaseMoment.class);
      case BAD -> putBad(entry, value);
      default -> throw new IllegalArgumentException("a case has no entries of kind " + kind);
    }
  }

  private static <T> Map<String, T> put(
      Map<String, T> entries, String key, @Nullable NotifierFact value, Class<T> type) {
    if (value == null) {
      if (entries.containsKey(key)) {
        entries.remove(key);
      }
      return entries.isEmpty() ? Map.of() : entries;
    }
    Map<String, T> kept = entries.isEmpty() ? new TreeMap<>() : entries;
    kept.put(key, type.cast(value));
    return kept;
  }

  private void putBad(String entry, @Nullable NotifierFact value) {
    int end = entry.lastIndexOf('/');
    String of = entry.substring(0, end);
    if (bad.isEmpty()) {
      bad = new TreeMap<>();
    }
    BadSectors sectors = bad.computeIfAbsent(of, _ -> new BadSectors());
    sectors.put(
        Long.parseLong(entry, end + 1, entry.length(), 16),
        value instanceof CaseBad part ? part.ranges() : null);
    if (sectors.isEmpty()) {
      bad.remove(of);
    }
    if (bad.isEmpty()) {
      bad = Map.of();
    }
  }

  /** Every entry of every list: its kind and key. */
  void forEachEntry(BiConsumer<String, String> visitor) {
    lists().forEach((kind, entries) -> entries.keySet().forEach(key -> visitor.accept(kind, key)));
    bad.forEach(
        (of, sectors) ->
            sectors.parts().keySet().forEach(part -> visitor.accept(BAD, badPart(of, part))));
  }

  /** Every list of the case by its kind, but for what is bad. */
  private Map<String, Map<String, ? extends NotifierFact>> lists() {
    return Map.of(
        DEVICE, devices,
        VOLUME, volumes,
        FILESYSTEM, filesystems,
        FILE, files,
        METADATA, metadata,
        PROCESS, processes,
        SEEN, seen,
        EVENT, events,
        MOMENT, moments);
  }

  /** The case as it is now; what is bad is not copied. */
  FaultCase copy() {
    FaultCase copy = new FaultCase(id);
    copy.head = head;
    lists().forEach((kind, entries) -> entries.forEach((key, value) -> copy.put(kind, key, value)));
    copy.bad = bad;
    return copy;
  }

  boolean isEmpty() {
    return head == null && bad.isEmpty() && lists().values().stream().allMatch(Map::isEmpty);
  }

  CaseState state() {
    return head().state();
  }

  /** The entries of one volume, one for each effect. */
  List<CaseVolume> volumeEntries(String volume) {
    List<CaseVolume> entries = new ArrayList<>();
    for (CaseVolume entry : volumes.values()) {
      if (entry.volume().equals(volume)) {
        entries.add(entry);
      }
    }
    return entries;
  }

  /** The time line, oldest first. */
  List<CaseMoment> momentsInOrder() {
    return moments.values().stream().sorted(Comparator.comparingInt(CaseMoment::number)).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FaultCase that
        && id.equals(that.id)
        && Objects.equals(head, that.head)
        && bad.equals(that.bad)
        && lists().equals(that.lists());
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id + " " + head + " " + new TreeMap<>(lists()) + " " + bad;
  }
}
