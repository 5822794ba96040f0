package io.faultline.notifier.core;

import io.faultline.events.Cause;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.notifier.core.NotifierFact.CaseHead;
import io.faultline.notifier.core.NotifierFact.CaseProcess;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds cases without looking at all of them. Cases that have the same state, severity and cause
 * are one ordered set; so are those of one device, volume or filesystem. A query leaps through the
 * sets that it names, from each candidate to the next one that another set has:
 *
 * <pre>
 *   open, error, media_error   a   c d e   g h   j
 *   device pmem0                 b   d     g       k
 *   volume vol0                a b   d           j k    found: d
 * </pre>
 */
final class FaultIndex {

  /** Steps of one query; after that many it answers what it has, and where to go on. */
  static final int MAX_STEPS = 20_000;

  /** Characters compared for a pattern that count as one step. */
  private static final int CELLS_OF_A_STEP = 64;

  /** What cases have in common that every case has. */
  private record Group(CaseState state, Severity severity, @Nullable Cause cause) {}

  /**
   * @param found in their order
   * @param next after which to go on; null if there are no more
   * @param steps how much work it was
   */
  record Found(List<FaultPlace> found, @Nullable FaultPlace next, int steps) {}

  private final Map<Group, NavigableSet<FaultPlace>> groups = new HashMap<>();
  private final Map<String, NavigableSet<FaultPlace>> devices = new HashMap<>();
  private final Map<String, NavigableSet<FaultPlace>> volumes = new HashMap<>();
  private final Map<String, NavigableSet<FaultPlace>> filesystems = new HashMap<>();

  /** Cases that are not resolved, by each name that they hit. */
  private final Map<String, Integer> open = new HashMap<>();

  /**
   * How many cases that are not resolved hit something.
   *
   * @param name of a device or volume; of a filesystem with {@code fs:} before it
   */
  int openOf(String name) {
    return open.getOrDefault(name, 0);
  }

  private void countOpen(FaultCase of, CaseHead head, int sign) {
    if (head.state() != CaseState.RESOLVED) {
      Set<String> names = new HashSet<>(of.deviceNames());
      of.volumes.values().forEach(volume -> names.add(volume.volume()));
      of.filesystems.keySet().forEach(name -> names.add("fs:" + name));
      names.forEach(
          name -> open.merge(name, sign, (had, more) -> had + more == 0 ? null : had + more));
    }
  }

  /** A case is about to change, or to go. */
  void remove(FaultCase of) {
    CaseHead head = of.head;
    if (head != null) {
      countOpen(of, head, -1);
      FaultPlace place = of.place();
      drop(groups, group(head), place);
      of.deviceNames().forEach(name -> drop(devices, name, place));
      of.volumes.values().forEach(volume -> drop(volumes, volume.volume(), place));
      of.filesystems.keySet().forEach(name -> drop(filesystems, name, place));
    }
  }

  /** A case has changed, or is there now. */
  void add(FaultCase of) {
    CaseHead head = of.head;
    if (head != null) {
      countOpen(of, head, 1);
      FaultPlace place = of.place();
      put(groups, group(head), place);
      of.deviceNames().forEach(name -> put(devices, name, place));
      of.volumes.values().forEach(volume -> put(volumes, volume.volume(), place));
      of.filesystems.keySet().forEach(name -> put(filesystems, name, place));
    }
  }

  private static Group group(CaseHead head) {
    return new Group(head.state(), head.severity(), head.cause());
  }

  private static <K> void put(Map<K, NavigableSet<FaultPlace>> sets, K key, FaultPlace place) {
    sets.computeIfAbsent(key, _ -> new TreeSet<>()).add(place);
  }

  private static <K> void drop(Map<K, NavigableSet<FaultPlace>> sets, K key, FaultPlace place) {
    NavigableSet<FaultPlace> set = sets.get(key);
    if (set != null && set.remove(place) && set.isEmpty()) {
      sets.remove(key);
    }
  }

  /** How many cases there are in each state. */
  Map<CaseState, Integer> counts() {
    Map<CaseState, Integer> counts = new EnumMap<>(CaseState.class);
    groups.forEach((group, set) -> counts.merge(group.state(), set.size(), Integer::sum));
    return counts;
  }

  /**
   * Cases that a query lets through, the newest first.
   *
   * @param after the place after which to begin; null at the newest
   * @param byId gives a case
   */
  Found find(
      FaultQuery query, @Nullable FaultPlace after, int limit, Function<String, FaultCase> byId) {
    return new Search(query, byId).run(after, limit);
  }

  /** One query on its way. */
  private final class Search {
    private final FaultQuery query;
    private final Function<String, FaultCase> byId;
    private final List<PathGlob> paths;

    /** Each is a union of sets; what is wanted is in all of them. */
    private final List<List<NavigableSet<FaultPlace>>> all = new ArrayList<>();

    private long cells;
    private int steps;

    /** After which to go on, when the steps were used up. */
    private @Nullable FaultPlace unfinished;

    Search(FaultQuery query, Function<String, FaultCase> byId) {
      this.query = query;
      this.byId = byId;
      this.paths = query.paths().stream().map(PathGlob::new).toList();
      narrow(query.devices(), name -> sets(devices.get(name), volumes.get(name)));
      narrow(query.volumes(), name -> sets(volumes.get(name)));
      narrow(query.filesystems(), name -> sets(filesystems.get(name)));
      all.add(
          groups.entrySet().stream()
              .filter(entry -> wanted(entry.getKey()))
              .map(Map.Entry::getValue)
              .toList());
    }

    private void narrow(
        Set<String> names, Function<String, List<NavigableSet<FaultPlace>>> setsOf) {
      if (!names.isEmpty()) {
        all.add(names.stream().map(setsOf).flatMap(Collection::stream).toList());
      }
    }

    @SafeVarargs
    private static List<NavigableSet<FaultPlace>> sets(@Nullable NavigableSet<FaultPlace>... sets) {
      List<NavigableSet<FaultPlace>> there = new ArrayList<>();
      for (NavigableSet<FaultPlace> set : sets) {
        if (set != null) {
          there.add(set);
        }
      }
      return there;
    }

    private boolean wanted(Group group) {
      return (query.states().isEmpty() || query.states().contains(group.state()))
          && (query.severity() == null || group.severity().atLeast(query.severity()))
          && (query.causes().isEmpty()
              || (group.cause() != null && query.causes().contains(group.cause())));
    }

    Found run(@Nullable FaultPlace after, int limit) {
      List<FaultPlace> found = new ArrayList<>();
      FaultPlace last = begin(after);
      @Nullable FaultPlace at = next(last, false);
      while (at != null && !isTooOld(at)) {
        if (found.size() == limit || steps + cells / CELLS_OF_A_STEP >= MAX_STEPS) {
          return new Found(found, last, steps());
        }
        if (hasPath(byId.apply(at.id()))) {
          found.add(at);
        }
        last = at;
        at = next(at, false);
      }
      return new Found(found, unfinished, steps());
    }

    private int steps() {
      return (int) Math.min(Integer.MAX_VALUE, steps + cells / CELLS_OF_A_STEP);
    }

    private @Nullable FaultPlace begin(@Nullable FaultPlace after) {
      Instant until = query.until();
      FaultPlace first = until == null ? null : FaultPlace.before(until);
      if (after == null || first == null) {
        return after == null ? first : after;
      }
      return after.compareTo(first) > 0 ? after : first;
    }

    private boolean isTooOld(FaultPlace place) {
      Instant since = query.since();
      return since != null && place.openedAt().isBefore(since);
    }

    /** The next place that is in every union. */
    private @Nullable FaultPlace next(@Nullable FaultPlace from, boolean inclusive) {
      FaultPlace candidate = null;
      FaultPlace floor = from;
      boolean including = inclusive;
      int agreed = 0;
      int union = 0;
      while (agreed < all.size()) {
        if (steps >= MAX_STEPS) {
          unfinished = candidate == null ? from : candidate.justBefore();
          return null;
        }
        FaultPlace place = seek(all.get(union), floor, including);
        if (place == null) {
          return null;
        }
        agreed = place.equals(candidate) ? agreed + 1 : 1;
        candidate = place;
        floor = place;
        including = true;
        union = (union + 1) % all.size();
      }
      return candidate;
    }

    private @Nullable FaultPlace seek(
        List<NavigableSet<FaultPlace>> union, @Nullable FaultPlace from, boolean inclusive) {
      FaultPlace nearest = null;
      for (NavigableSet<FaultPlace> set : union) {
        steps++;
        FaultPlace place =
            from == null ? set.first() : inclusive ? set.ceiling(from) : set.higher(from);
        if (place != null && (nearest == null || place.compareTo(nearest) < 0)) {
          nearest = place;
        }
      }
      return nearest;
    }

    private boolean hasPath(FaultCase of) {
      if (paths.isEmpty()) {
        return true;
      }
      for (CaseFile file : of.files.values()) {
        for (String path : file.paths()) {
          if (matches(path)) {
            return true;
          }
        }
      }
      for (CaseProcess process : of.processes.values()) {
        if (process.path() != null && matches(process.path())) {
          return true;
        }
      }
      return false;
    }

    private boolean matches(String path) {
      for (PathGlob glob : paths) {
        if (glob.canMatch(path)) {
          cells += (long) glob.pattern().length() * path.length();
          if (glob.matches(path)) {
            return true;
          }
        }
      }
      return false;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FaultIndex that
        && groups.equals(that.groups)
        && open.equals(that.open)
        && devices.equals(that.devices)
        && volumes.equals(that.volumes)
        && filesystems.equals(that.filesystems);
  }

  @Override
  public int hashCode() {
    return groups.hashCode();
  }
}
