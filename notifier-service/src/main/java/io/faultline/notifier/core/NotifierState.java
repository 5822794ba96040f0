package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.CasesRefused;
import io.faultline.notifier.core.NotifierFact.DeviceKnown;
import io.faultline.notifier.core.NotifierFact.FilesystemKnown;
import io.faultline.notifier.core.NotifierFact.VolumeKnown;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is known of one host: its fault cases and who stands on whom. */
public final class NotifierState {

  private static final String FAULT = "fault";
  private static final String DEVICE = "device";
  private static final String VOLUME = "volume";
  private static final String FILESYSTEM = "filesystem";
  static final String REFUSED = "refused";

  final String host;
  private final TreeMap<String, FaultCase> cases = new TreeMap<>();
  final SortedMap<String, DeviceKnown> devices = new TreeMap<>();
  final SortedMap<String, VolumeKnown> volumes = new TreeMap<>();
  final SortedMap<String, FilesystemKnown> filesystems = new TreeMap<>();
  private long refusedCases;

  // Made from the cases, so that an event finds those that it touches.
  private final Map<String, Set<String>> casesByBadDevice = new TreeMap<>();
  private final Map<String, Set<String>> casesByBadVolume = new TreeMap<>();
  private final TreeSet<Recovered> recovered =
      new TreeSet<>(Comparator.comparing(Recovered::at).thenComparing(Recovered::id));

  private record Recovered(Instant at, String id) {}

  NotifierState(String host) {
    this.host = host;
  }

  static String deviceKey(String device) {
    return DEVICE + "/" + device;
  }

  static String volumeKey(String volume) {
    return VOLUME + "/" + volume;
  }

  static String filesystemKey(String filesystem) {
    return FILESYSTEM + "/" + filesystem;
  }

  @Nullable FaultCase faultCase(String id) {
    FaultCase found = cases.get(id);
    return found == null || found.head == null ? null : found;
  }

  /** Cases by id, ascending, after {@code id}; all if that is null. */
  Collection<FaultCase> casesAfter(@Nullable String id) {
    return id == null ? cases.values() : cases.tailMap(id, false).values();
  }

  /** Cases in which something of {@code device} is still bad, or all of it away. */
  List<FaultCase> casesOfBadDevice(String device) {
    return find(casesByBadDevice, device);
  }

  /** Cases in which something of {@code volume} is still bad. */
  List<FaultCase> casesOfBadVolume(String volume) {
    return find(casesByBadVolume, volume);
  }

  private List<FaultCase> find(Map<String, Set<String>> index, String name) {
    return index.getOrDefault(name, Set.of()).stream()
        .map(cases::get)
        .filter(found -> found.head != null)
        .toList();
  }

  int openCases() {
    return cases.size() - recovered.size();
  }

  int recoveredCases() {
    return recovered.size();
  }

  FaultCase firstRecovered() {
    FaultCase first = cases.get(recovered.first().id());
    if (first == null) {
      throw new IllegalStateException(recovered.first() + " is no case");
    }
    return first;
  }

  long refusedCases() {
    return refusedCases;
  }

  void apply(Fact<NotifierFact> fact) {
    String[] path = fact.key().split("/", 4);
    switch (path[0]) {
      case FAULT -> applyToCase(path, fact.value());
      case DEVICE -> put(devices, path[1], fact.value(), DeviceKnown.class);
      case VOLUME -> put(volumes, path[1], fact.value(), VolumeKnown.class);
      case FILESYSTEM -> put(filesystems, path[1], fact.value(), FilesystemKnown.class);
      case REFUSED ->
          refusedCases = fact.value() instanceof CasesRefused refused ? refused.count() : 0;
      default -> throw new IllegalArgumentException("no fact has the key " + fact.key());
    }
  }

  private static <T> void put(
      Map<String, T> things, String name, @Nullable NotifierFact value, Class<T> type) {
    if (value == null) {
      things.remove(name);
    } else {
      things.put(name, type.cast(value));
    }
  }

  private void applyToCase(String[] path, @Nullable NotifierFact value) {
    String id = path[1];
    FaultCase changed = cases.computeIfAbsent(id, FaultCase::new);
    if (path.length == 2) {
      index(changed.head, false, id);
      changed.head = (CaseHead) value;
      index(changed.head, true, id);
    } else {
      changed.put(path[2], path[3], value);
      boolean device = path[2].equals(FaultCase.DEVICE);
      if (device) {
        CaseDevice now = changed.devices.get(path[3]);
        index(casesByBadDevice, path[3], id, now != null && now.outstanding());
      }
      if (path[2].equals(FaultCase.VOLUME)) {
        String volume = path[3].substring(0, path[3].indexOf('/'));
        index(casesByBadVolume, volume, id, somethingBad(changed, volume));
      }
    }
    if (changed.isEmpty()) {
      cases.remove(id);
    }
  }

  private static boolean somethingBad(FaultCase of, String volume) {
    return of.volumes.values().stream()
        .filter(entry -> entry.volume().equals(volume))
        .map(CaseVolume::bad)
        .anyMatch(bad -> !bad.isEmpty());
  }

  private void index(@Nullable CaseHead head, boolean add, String id) {
    if (head == null || head.recoveredAt() == null) {
      return;
    }
    Recovered entry = new Recovered(head.recoveredAt(), id);
    if (add) {
      recovered.add(entry);
    } else {
      recovered.remove(entry);
    }
  }

  private static void index(
      Map<String, Set<String>> index, String name, String id, boolean present) {
    if (present) {
      index.computeIfAbsent(name, _ -> new TreeSet<>()).add(id);
      return;
    }
    Set<String> ids = index.get(name);
    if (ids != null && ids.remove(id) && ids.isEmpty()) {
      index.remove(name);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NotifierState that
        && host.equals(that.host)
        && cases.equals(that.cases)
        && devices.equals(that.devices)
        && volumes.equals(that.volumes)
        && filesystems.equals(that.filesystems)
        && refusedCases == that.refusedCases
        && casesByBadDevice.equals(that.casesByBadDevice)
        && casesByBadVolume.equals(that.casesByBadVolume)
        && recovered.equals(that.recovered);
  }

  @Override
  public int hashCode() {
    return host.hashCode();
  }

  @Override
  public String toString() {
    return host + " " + cases.values();
  }
}
