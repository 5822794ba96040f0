package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Claimed;
import io.faultline.device.core.DeviceFact.FaultPart;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.device.core.DeviceFact.Patrolled;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceFact.ScrubRun;
import io.faultline.device.core.DeviceFact.Share;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One device, as its facts tell it. Only {@link DeviceHost} changes it.
 *
 * <p>Poison is the union of the faults' ranges, which may overlap. That union is kept beside them,
 * known and latent apart, and changes with every part of a fault.
 */
public final class Device {

  /** Bytes of a sector, the unit of every address. */
  public static final int SECTOR_BYTES = 512;

  private final String name;
  private @Nullable Bound bound;
  private final TreeMap<String, Claimed> claims = new TreeMap<>();
  private final TreeMap<String, Fault> faults = new TreeMap<>();
  private final TreeMap<String, Share> shares = new TreeMap<>();
  private final TreeSet<String> acknowledgements = new TreeSet<>();
  private @Nullable Removal removal;
  private @Nullable ScrubRun scrub;
  private @Nullable Patrolled patrol;

  /** The ends of transient faults. */
  private final TreeSet<FaultEnd> faultEnds = new TreeSet<>();

  private final FaultCover knownCover = new FaultCover();
  private final FaultCover latentCover = new FaultCover();
  private final PartIndex partIndex = new PartIndex();
  private long faultRanges;

  /** All of {@link #knownCover}, since somebody asked; null after a change. */
  private @Nullable Extents known;

  private record FaultEnd(Instant at, String faultId) implements Comparable<FaultEnd> {
    @Override
    public int compareTo(FaultEnd other) {
      int byTime = at.compareTo(other.at);
      return byTime != 0 ? byTime : faultId.compareTo(other.faultId);
    }
  }

  Device(String name) {
    this.name = name;
  }

  public String name() {
    return name;
  }

  boolean isBound() {
    return bound != null;
  }

  /** Shape, generation and state. */
  public Bound bound() {
    return Objects.requireNonNull(bound, name);
  }

  public DeviceState state() {
    return bound().state();
  }

  public long generation() {
    return bound().generation();
  }

  public DeviceKind kind() {
    return Objects.requireNonNull(DeviceKind.labelled(bound().kind()), bound().kind());
  }

  public long sectors() {
    return bound().sizeBytes() / SECTOR_BYTES;
  }

  public SectorRange whole() {
    return new SectorRange(0, sectors());
  }

  /** Holder to claim, ascending by holder. */
  public SortedMap<String, Claimed> claims() {
    return Collections.unmodifiableSortedMap(claims);
  }

  /** Fault id to fault, ascending by id and so by age. */
  public SortedMap<String, Fault> faults() {
    return Collections.unmodifiableSortedMap(faults);
  }

  /** The faults that may have sectors of {@code range}, ascending by id. */
  SortedMap<String, Fault> faultsIn(SectorRange range) {
    TreeMap<String, Fault> found = new TreeMap<>();
    partIndex.faultsIn(range).forEach(faultId -> found.put(faultId, faults.get(faultId)));
    return found;
  }

  /** The newest removal; null if it was never removed. */
  public @Nullable Removal removal() {
    return removal;
  }

  /** Who stood on it at the newest removal, and what came back; ascending by holder. */
  public SortedMap<String, Share> shares() {
    return Collections.unmodifiableSortedMap(shares);
  }

  /** What of the newest removal's credit is where. */
  Credit credit() {
    return Credit.of(shares, removal == null ? 0 : removal.pooled());
  }

  public @Nullable ScrubRun scrub() {
    return scrub;
  }

  /** How far the patrol has come; null if it never was here. */
  @Nullable Patrolled patrol() {
    return patrol;
  }

  /** When the first of the transient faults is over; null if there is none. */
  @Nullable Instant nextFaultEnd() {
    return faultEnds.isEmpty() ? null : faultEnds.first().at();
  }

  /** The faults whose time is over, the earliest end first. */
  List<String> faultsEndingBy(Instant now) {
    return faultEnds.stream()
        .takeWhile(end -> !end.at().isAfter(now))
        .map(FaultEnd::faultId)
        .toList();
  }

  /** Whether something is to happen here when time passes, a patrol aside. */
  boolean waitsForTime() {
    return !faultEnds.isEmpty()
        || (removal != null && !removal.gone())
        || (scrub != null && scrub.state() == ScrubState.RUNNING);
  }

  boolean hasAcknowledged(String eventId) {
    return acknowledgements.contains(eventId);
  }

  Iterable<String> acknowledgements() {
    return acknowledgements;
  }

  int acknowledgementCount() {
    return acknowledgements.size();
  }

  /** Poison that is known: a copy of all ranges. To look at some, ask for those. */
  public Extents known() {
    Extents all = known;
    if (all == null) {
      all = knownCover.all();
      known = all;
    }
    return all;
  }

  /** Known poison in {@code range}. */
  public Extents known(SectorRange range) {
    return knownCover.clip(range);
  }

  /** Known poison among {@code ranges}. */
  public Extents known(Extents ranges) {
    return knownCover.intersect(ranges);
  }

  public long knownSectors() {
    return knownCover.totalSectors();
  }

  /** Poison that nobody has come upon yet: all ranges. To look at some, ask for those. */
  public Extents latent() {
    return latentCover.all().subtract(known());
  }

  /** Latent poison in {@code range}. */
  public Extents latent(SectorRange range) {
    return latentCover.clip(range).subtract(knownCover.clip(range));
  }

  /** Whether a fault has latent sectors among these; another one may know them. */
  boolean hasLatent(Extents ranges) {
    for (int i = 0; i < ranges.rangeCount(); i++) {
      if (latentCover.intersects(SectorRange.between(ranges.startSector(i), ranges.endSector(i)))) {
        return true;
      }
    }
    return false;
  }

  /** The first sector from {@code sector} on that is latent for a fault; -1 if there is none. */
  long firstLatentFrom(long sector) {
    return latentCover.firstFrom(sector);
  }

  /** All poison, known or not. */
  public Extents poison() {
    return known().union(latentCover.all());
  }

  /** All poison in {@code range}, known or not. */
  public Extents poison(SectorRange range) {
    return knownCover.clip(range).union(latentCover.clip(range));
  }

  /** How many faults stand for something that is known. */
  public long openFaults() {
    return faults.values().stream().filter(fault -> fault.knownSectors() > 0).count();
  }

  /** Ranges of all faults together, overlapping or not. */
  long faultRanges() {
    return faultRanges;
  }

  /** What is bad at this moment. */
  public BadBlocks badBlocks() {
    Map<String, Extents> byFault = new HashMap<>();
    faults.forEach((faultId, fault) -> byFault.put(faultId, fault.known()));
    return new BadBlocks(name, bound(), known(), latent(), byFault, Map.of());
  }

  /** Where a write that recovers poison begins and ends, in sectors. */
  long recoveryUnitSectors() {
    return kind().recoveryUnitBytes(bound().logicalBlockBytes()) / SECTOR_BYTES;
  }

  /** What goes bad is rounded out to this many sectors. */
  long poisonUnitSectors() {
    return kind().poisonUnitBytes(bound().logicalBlockBytes()) / SECTOR_BYTES;
  }

  /**
   * The sectors of {@code range} that lie in clear units which it covers whole. The last unit ends
   * with the device.
   */
  public SectorRange wholeClearUnits(SectorRange range) {
    long unitSectors = bound().clearUnitBytes() / SECTOR_BYTES;
    long start = Math.ceilDiv(range.startSector(), unitSectors) * unitSectors;
    long end =
        range.endSector() == sectors()
            ? sectors()
            : range.endSector() - range.endSector() % unitSectors;
    return start < end ? SectorRange.between(start, end) : new SectorRange(start, 0);
  }

  void setBound(@Nullable Bound next) {
    bound = next;
  }

  void setRemoval(@Nullable Removal next) {
    removal = next;
  }

  void setScrub(@Nullable ScrubRun next) {
    scrub = next;
  }

  void setPatrol(@Nullable Patrolled next) {
    patrol = next;
  }

  void setClaim(String holder, @Nullable Claimed claim) {
    if (claim == null) {
      claims.remove(holder);
    } else {
      claims.put(holder, claim);
    }
  }

  void setShare(String holder, @Nullable Share share) {
    if (share == null) {
      shares.remove(holder);
    } else {
      shares.put(holder, share);
    }
  }

  void setAcknowledged(String eventId, boolean counted) {
    if (counted) {
      acknowledgements.add(eventId);
    } else {
      acknowledgements.remove(eventId);
    }
  }

  void setFault(String faultId, @Nullable MediaFault head) {
    Fault fault = faults.computeIfAbsent(faultId, _ -> new Fault());
    Instant end = fault.end();
    if (end != null) {
      faultEnds.remove(new FaultEnd(end, faultId));
    }
    fault.setHead(head);
    if (head != null && head.until() != null) {
      faultEnds.add(new FaultEnd(head.until(), faultId));
    }
    dropIfForgotten(faultId, fault);
  }

  void setFaultPart(String faultId, long startSector, @Nullable FaultPart next) {
    Fault fault = faults.computeIfAbsent(faultId, _ -> new Fault());
    FaultPart before = fault.setPart(startSector, next);
    FaultPart after = next == null ? FaultPart.NONE : next;
    partIndex.remove(faultId, before);
    partIndex.add(faultId, after);
    faultRanges += after.rangeCount() - before.rangeCount();
    knownCover.add(after.known().subtract(before.known()));
    knownCover.remove(before.known().subtract(after.known()));
    latentCover.add(after.latent().subtract(before.latent()));
    latentCover.remove(before.latent().subtract(after.latent()));
    known = null;
    dropIfForgotten(faultId, fault);
  }

  private void dropIfForgotten(String faultId, Fault fault) {
    if (fault.isForgotten()) {
      faults.remove(faultId);
    }
  }

  /** Whether no fact is left of it. */
  boolean isForgotten() {
    return bound == null
        && claims.isEmpty()
        && faults.isEmpty()
        && shares.isEmpty()
        && acknowledgements.isEmpty()
        && removal == null
        && scrub == null
        && patrol == null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Device device
        && name.equals(device.name)
        && Objects.equals(bound, device.bound)
        && claims.equals(device.claims)
        && faults.equals(device.faults)
        && shares.equals(device.shares)
        && acknowledgements.equals(device.acknowledgements)
        && Objects.equals(removal, device.removal)
        && Objects.equals(scrub, device.scrub)
        && Objects.equals(patrol, device.patrol);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        name, bound, claims, faults, shares, acknowledgements, removal, scrub, patrol);
  }

  @Override
  public String toString() {
    return name + " " + bound + " claims " + claims.keySet() + " faults " + faults;
  }
}
