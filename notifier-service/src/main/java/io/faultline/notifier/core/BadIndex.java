package io.faultline.notifier.core;

import io.faultline.ranges.Extents;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which cases have something bad where, on one block device: a device may have 65,536 faults, and
 * what heals one sector must not look at all of them.
 *
 * <p>Sectors fall into buckets of a mebibyte. A part that covers many of them is in none, but among
 * the few that are always looked at.
 */
final class BadIndex {

  private static final int BUCKET_SHIFT = 11;
  private static final int MAX_BUCKETS = 16;

  /** One part of what is bad because of one fault. */
  private record Part(String faultId, String part) {}

  private final NavigableMap<Long, Set<Part>> buckets = new TreeMap<>();
  private final Set<Part> wide = new HashSet<>();

  /** A part is not {@code before} any more but {@code now}; null for none. */
  void change(String faultId, String part, @Nullable Extents before, @Nullable Extents now) {
    Part changed = new Part(faultId, part);
    if (before != null) {
      remove(changed, before);
    }
    if (now != null) {
      add(changed, now);
    }
  }

  private void add(Part part, Extents ranges) {
    long first = first(ranges);
    long last = last(ranges);
    if (last - first >= MAX_BUCKETS) {
      wide.add(part);
      return;
    }
    for (long bucket = first; bucket <= last; bucket++) {
      buckets.computeIfAbsent(bucket, _ -> new HashSet<>(2)).add(part);
    }
  }

  private void remove(Part part, Extents ranges) {
    long first = first(ranges);
    long last = last(ranges);
    if (last - first >= MAX_BUCKETS) {
      wide.remove(part);
      return;
    }
    for (long bucket = first; bucket <= last; bucket++) {
      Set<Part> in = buckets.get(bucket);
      if (in != null && in.remove(part) && in.isEmpty()) {
        buckets.remove(bucket);
      }
    }
  }

  private static long first(Extents ranges) {
    return ranges.startSector(0) >>> BUCKET_SHIFT;
  }

  private static long last(Extents ranges) {
    return (ranges.endSector(ranges.rangeCount() - 1) - 1) >>> BUCKET_SHIFT;
  }

  /** The faults that may have something bad in {@code ranges}, ascending; never one too few. */
  Set<String> near(Extents ranges) {
    Set<String> found = new TreeSet<>();
    wide.forEach(part -> found.add(part.faultId()));
    for (int i = 0; i < ranges.rangeCount(); i++) {
      buckets
          .subMap(
              ranges.startSector(i) >>> BUCKET_SHIFT,
              true,
              (ranges.endSector(i) - 1) >>> BUCKET_SHIFT,
              true)
          .values()
          .forEach(parts -> parts.forEach(part -> found.add(part.faultId())));
    }
    return found;
  }

  boolean isEmpty() {
    return buckets.isEmpty() && wide.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BadIndex that && buckets.equals(that.buckets) && wide.equals(that.wide);
  }

  @Override
  public int hashCode() {
    return buckets.hashCode();
  }

  /** The indexes of all block devices of a host. */
  static final class Of {
    private final Map<String, BadIndex> byDevice = new HashMap<>();

    void change(
        String device,
        String faultId,
        String part,
        @Nullable Extents before,
        @Nullable Extents now) {
      BadIndex index = byDevice.computeIfAbsent(device, _ -> new BadIndex());
      index.change(faultId, part, before, now);
      if (index.isEmpty()) {
        byDevice.remove(device);
      }
    }

    Set<String> near(String device, Extents ranges) {
      BadIndex index = byDevice.get(device);
      return index == null ? Set.of() : index.near(ranges);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Of that && byDevice.equals(that.byDevice);
    }

    @Override
    public int hashCode() {
      return byDevice.hashCode();
    }
  }
}
