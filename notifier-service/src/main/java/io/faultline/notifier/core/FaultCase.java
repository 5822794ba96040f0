package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseEvent;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseFilesystem;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseMoment;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import io.faultline.notifier.core.NotifierFact.CaseSeen;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A fault from its cause to its last effect, as far as it was heard of. Each list is fed by one
 * topic only (devices by the device's, volumes by dm's, files by the filesystem's), so what it
 * holds does not depend on the order in which the topics were read.
 */
final class FaultCase {

  /** The kinds of entries, as in {@code fault/<id>/<kind>/<key>}. */
  static final String DEVICE = "device";

  static final String VOLUME = "volume";
  static final String FILESYSTEM = "filesystem";
  static final String FILE = "file";
  static final String PROCESS = "process";
  static final String SEEN = "seen";
  static final String EVENT = "event";
  static final String MOMENT = "moment";

  final String id;
  @Nullable CaseHead head;
  final Map<String, CaseDevice> devices = new TreeMap<>();
  final Map<String, CaseVolume> volumes = new TreeMap<>();
  final Map<String, CaseFilesystem> filesystems = new TreeMap<>();
  final Map<String, CaseFile> files = new TreeMap<>();
  final Map<String, CaseProcess> processes = new TreeMap<>();
  final Map<String, CaseSeen> seen = new TreeMap<>();
  final Map<String, CaseEvent> events = new TreeMap<>();
  final Map<String, CaseMoment> moments = new TreeMap<>();

  FaultCase(String id) {
    this.id = id;
  }

  static String key(String id) {
    return "fault/" + id;
  }

  static String key(String id, String kind, String entry) {
    return "fault/" + id + "/" + kind + "/" + entry;
  }

  CaseHead head() {
    return Objects.requireNonNull(head);
  }

  /** Keeps or (null) forgets one entry. */
  void put(String kind, String entry, @Nullable NotifierFact value) {
    switch (kind) {
      case DEVICE -> put(devices, entry, value, CaseDevice.class);
      case VOLUME -> put(volumes, entry, value, CaseVolume.class);
      case FILESYSTEM -> put(filesystems, entry, value, CaseFilesystem.class);
      case FILE -> put(files, entry, value, CaseFile.class);
      case PROCESS -> put(processes, entry, value, CaseProcess.class);
      case SEEN -> put(seen, entry, value, CaseSeen.class);
      case EVENT -> put(events, entry, value, CaseEvent.class);
      case MOMENT -> put(moments, entry, value, CaseMoment.class);
      default -> throw new IllegalArgumentException("a case has no entries of kind " + kind);
    }
  }

  private static <T> void put(
      Map<String, T> entries, String key, @Nullable NotifierFact value, Class<T> type) {
    if (value == null) {
      entries.remove(key);
    } else {
      entries.put(key, type.cast(value));
    }
  }

  /** Every list of the case by its kind. */
  Map<String, Map<String, ? extends NotifierFact>> lists() {
    return Map.of(
        DEVICE, devices,
        VOLUME, volumes,
        FILESYSTEM, filesystems,
        FILE, files,
        PROCESS, processes,
        SEEN, seen,
        EVENT, events,
        MOMENT, moments);
  }

  boolean isEmpty() {
    return head == null && lists().values().stream().allMatch(Map::isEmpty);
  }

  /** Whether something of a device is still bad because of this fault. */
  boolean outstanding() {
    return devices.values().stream().anyMatch(CaseDevice::outstanding);
  }

  CaseState state() {
    return head().state();
  }

  @Nullable Instant resolvedAt() {
    CaseHead now = head();
    if (now.recoveredAt() != null) {
      return now.recoveredAt();
    }
    return now.hand() != null && now.hand().resolved() ? now.hand().at() : null;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FaultCase that
        && id.equals(that.id)
        && Objects.equals(head, that.head)
        && lists().equals(that.lists());
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id + " " + head + " " + new TreeMap<>(lists());
  }
}
