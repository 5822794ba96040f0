package io.faultline.notifier.core;

import io.faultline.notifier.core.NotifierFact.CaseBad;
import io.faultline.notifier.core.NotifierFact.CaseDevice;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseVolume;
import io.faultline.notifier.core.NotifierFact.CasesRefused;
import io.faultline.notifier.core.NotifierFact.DeviceKnown;
import io.faultline.notifier.core.NotifierFact.FilesystemKnown;
import io.faultline.notifier.core.NotifierFact.VolumeKnown;
import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Fact;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
  private final Map<String, FaultCase> cases = new HashMap<>();
  final SortedMap<String, DeviceKnown> devices = new TreeMap<>();
  final SortedMap<String, VolumeKnown> volumes = new TreeMap<>();
  final SortedMap<String, FilesystemKnown> filesystems = new TreeMap<>();
  private long refusedCases;

  // Made from the cases, so that an event or a query finds those that it touches.
  private final FaultIndex index = new FaultIndex();
  private final BadIndex.Of badSectors = new BadIndex.Of();
  private final Map<String, Set<String>> casesByBadDevice = new TreeMap<>();
  private final Map<String, Set<String>> casesByBadVolume = new TreeMap<>();
  private final TreeSet<Resolved> resolved =
      new TreeSet<>(Comparator.comparing(Resolved::at).thenComparing(Resolved::id));
  private long badRanges;

  /** What {@link #bad} answered, until something of that device changes. */
  private final Map<String, Extents> unions = new HashMap<>();

  private record Resolved(Instant at, String id) {}

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

  /** Cases that a query lets through, the newest first; see {@link FaultIndex}. */
  FaultIndex.Found find(FaultQuery query, @Nullable FaultPlace after, int limit) {
    return index.find(query, after, limit, id -> Objects.requireNonNull(cases.get(id)));
  }

  /** How many cases that are not resolved hit something; see {@link FaultIndex#openOf}. */
  int openCasesOf(String name) {
    return index.openOf(name);
  }

  /** What cannot be read of a device or volume now, whichever faults that is because of. */
  Extents bad(String device) {
    return union(device, false);
  }

  /** What of a volume can be read, but from fewer copies than it should be. */
  Extents redundancyLost(String volume) {
    return union(volume, true);
  }

  private Extents union(String device, boolean redundancy) {
    return unions.computeIfAbsent(
        device + "/" + redundancy,
        _ -> {
          Extents.Builder all = Extents.builder();
          if (!redundancy) {
            String of = FaultCase.badDevice(device);
            casesOfBadDevice(device)
                .forEach(fault -> fault.bad(of).parts().values().forEach(all::addAll));
          }
          for (FaultCase fault : casesOfBadVolume(device)) {
            for (CaseVolume entry : fault.volumeEntries(device)) {
              if (entry.effect().equals("redundancy_lost") == redundancy) {
                String of = FaultCase.badVolume(device, entry.effect());
                fault.bad(of).parts().values().forEach(all::addAll);
              }
            }
          }
          return all.build();
        });
  }

  /** How many cases there are in each state. */
  public Map<CaseState, Integer> caseCounts() {
    return index.counts();
  }

  /** Bad ranges of all cases together. */
  long badRanges() {
    return badRanges;
  }

  /** Cases that may have something bad in these ranges of a device or volume. */
  List<FaultCase> casesNear(String device, Extents ranges) {
    return cases(badSectors.near(device, ranges));
  }

  /** Cases in which something of {@code device} is still bad, or all of it away. */
  List<FaultCase> casesOfBadDevice(String device) {
    return find(casesByBadDevice, device);
  }

  /** Cases in which something of {@code volume} is still bad. */
  List<FaultCase> casesOfBadVolume(String volume) {
    return find(casesByBadVolume, volume);
  }

  private List<FaultCase> find(Map<String, Set<String>> byName, String name) {
    return cases(byName.getOrDefault(name, Set.of()));
  }

  private List<FaultCase> cases(Set<String> ids) {
    return ids.stream().map(cases::get).filter(found -> found.head != null).toList();
  }

  int openCases() {
    return cases.size() - resolved.size();
  }

  int resolvedCases() {
    return resolved.size();
  }

  FaultCase firstResolved() {
    return Objects.requireNonNull(cases.get(resolved.first().id()));
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
      applyHead(changed, (CaseHead) value);
    } else if (path[2].equals(FaultCase.BAD)) {
      applyBad(changed, path[3], (CaseBad) value);
    } else {
      applyEntry(changed, path[2], path[3], value);
    }
    if (changed.isEmpty()) {
      cases.remove(id);
    }
  }

  private void applyHead(FaultCase changed, @Nullable CaseHead now) {
    CaseHead before = changed.head;
    boolean found = before == null || now == null || !before.isFoundAs(now);
    if (found) {
      index.remove(changed);
    }
    indexResolved(before, changed.id, false);
    changed.head = now;
    indexResolved(now, changed.id, true);
    if (found) {
      index.add(changed);
    }
  }

  private void indexResolved(@Nullable CaseHead head, String id, boolean add) {
    Instant at = head == null ? null : head.resolvedAt();
    if (at != null) {
      Resolved entry = new Resolved(at, id);
      if (add) {
        resolved.add(entry);
      } else {
        resolved.remove(entry);
      }
    }
  }

  private void applyBad(FaultCase changed, String entry, @Nullable CaseBad now) {
    int end = entry.lastIndexOf('/');
    long key = Long.parseLong(entry, end + 1, entry.length(), 16);
    Extents before = changed.bad(entry.substring(0, end)).parts().get(key);
    Extents after = now == null ? null : now.ranges();
    String device = entry.split("/", 3)[1];
    badSectors.change(device, changed.id, entry, before, after);
    unions.remove(device + "/false");
    unions.remove(device + "/true");
    badRanges +=
        (after == null ? 0 : after.rangeCount()) - (before == null ? 0 : before.rangeCount());
    changed.put(FaultCase.BAD, entry, now);
  }

  private void applyEntry(
      FaultCase changed, String kind, String key, @Nullable NotifierFact value) {
    boolean found =
        switch (kind) {
          case FaultCase.DEVICE -> changed.devices.containsKey(key) != (value != null);
          case FaultCase.VOLUME -> changed.volumes.containsKey(key) != (value != null);
          case FaultCase.FILESYSTEM -> changed.filesystems.containsKey(key) != (value != null);
          default -> false;
        };
    if (found) {
      index.remove(changed);
    }
    changed.put(kind, key, value);
    if (found) {
      index.add(changed);
    }
    if (kind.equals(FaultCase.DEVICE)) {
      index(
          casesByBadDevice, key, changed.id, value instanceof CaseDevice now && now.outstanding());
    } else if (kind.equals(FaultCase.VOLUME)) {
      String volume = key.substring(0, key.indexOf('/'));
      index(casesByBadVolume, volume, changed.id, somethingBad(changed, volume));
    }
  }

  private static boolean somethingBad(FaultCase of, String volume) {
    return of.volumeEntries(volume).stream().anyMatch(entry -> entry.badSectors() > 0);
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
        && resolved.equals(that.resolved)
        && index.equals(that.index)
        && badSectors.equals(that.badSectors)
        && badRanges == that.badRanges;
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
