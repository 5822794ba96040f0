package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A media fault and the sectors that it still stands for. They lie in parts, so that a change
 * rewrites what it touches; a part reaches from the sector that names it to where the next begins.
 * Only {@link Device} changes it.
 */
public final class Fault {

  private @Nullable MediaFault head;
  private final TreeMap<Long, FaultPart> parts = new TreeMap<>();
  private long knownSectors;
  private long latentSectors;
  private int knownRanges;
  private int latentRanges;

  Fault() {}

  private MediaFault head() {
    return Objects.requireNonNull(head, "a fault has a head");
  }

  public Instant since() {
    return head().since();
  }

  /** When it heals by itself; null if it does not. */
  public @Nullable Instant until() {
    return head().until();
  }

  /** As {@link #until}, also while it has no head. */
  @Nullable Instant end() {
    return head == null ? null : head.until();
  }

  /** Sectors that everybody may know of. */
  public Extents known() {
    return all(FaultPart::known);
  }

  /** Sectors that nobody has come upon yet. */
  public Extents latent() {
    return all(FaultPart::latent);
  }

  public long knownSectors() {
    return knownSectors;
  }

  public long latentSectors() {
    return latentSectors;
  }

  /** Ranges of {@link #known}; two that touch where a part ends count apart. */
  public int knownRanges() {
    return knownRanges;
  }

  /** As {@link #knownRanges}, of {@link #latent}. */
  public int latentRanges() {
    return latentRanges;
  }

  /** The first {@code ranges} ranges of {@link #known}. */
  public Extents knownHead(int ranges) {
    return first(ranges, FaultPart::known);
  }

  /** The first {@code ranges} ranges of {@link #latent}. */
  public Extents latentHead(int ranges) {
    return first(ranges, FaultPart::latent);
  }

  /** The parts, by the sector that each begins at. */
  SortedMap<Long, FaultPart> parts() {
    return Collections.unmodifiableSortedMap(parts);
  }

  /** The parts that may have sectors of {@code range}. */
  NavigableMap<Long, FaultPart> partsIn(SectorRange range) {
    if (range.isEmpty()) {
      return Collections.emptyNavigableMap();
    }
    Long first = parts.floorKey(range.startSector());
    return Collections.unmodifiableNavigableMap(
        parts.subMap(first == null ? range.startSector() : first, true, range.endSector(), false));
  }

  private Extents all(Function<FaultPart, Extents> set) {
    return parts.size() == 1
        ? set.apply(parts.firstEntry().getValue())
        : first(Integer.MAX_VALUE, set);
  }

  private Extents first(int ranges, Function<FaultPart, Extents> set) {
    Extents.Builder first = Extents.builder();
    int left = ranges;
    for (Map.Entry<Long, FaultPart> part : parts.entrySet()) {
      Extents taken = set.apply(part.getValue()).head(left);
      first.addAll(taken);
      left -= taken.rangeCount();
      if (left == 0) {
        break;
      }
    }
    return first.build();
  }

  void setHead(@Nullable MediaFault next) {
    head = next;
  }

  /** Gives the part that was there before; {@link FaultPart#NONE} if none was. */
  FaultPart setPart(long startSector, @Nullable FaultPart next) {
    FaultPart old = next == null ? parts.remove(startSector) : parts.put(startSector, next);
    FaultPart before = old == null ? FaultPart.NONE : old;
    FaultPart after = next == null ? FaultPart.NONE : next;
    knownSectors += after.known().totalSectors() - before.known().totalSectors();
    latentSectors += after.latent().totalSectors() - before.latent().totalSectors();
    knownRanges += after.known().rangeCount() - before.known().rangeCount();
    latentRanges += after.latent().rangeCount() - before.latent().rangeCount();
    return before;
  }

  boolean isForgotten() {
    return head == null && parts.isEmpty();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Fault fault
        && Objects.equals(head, fault.head)
        && parts.equals(fault.parts);
  }

  @Override
  public int hashCode() {
    return Objects.hash(head, parts);
  }

  @Override
  public String toString() {
    return "known " + knownHead(8) + " latent " + latentHead(8);
  }
}
