package io.faultline.device.core;

import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceFact.Claimed;
import io.faultline.device.core.DeviceFact.MediaFault;
import io.faultline.device.core.DeviceFact.Removal;
import io.faultline.device.core.DeviceFact.Scrubbed;
import io.faultline.device.core.DeviceFact.Share;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One device, as its facts tell it. Only {@link DeviceHost} changes it.
 *
 * <p>Poison is the union of the faults' ranges. That union is kept beside them and folded anew only
 * after a fault has lost ranges, because faults may overlap.
 */
public final class Device {

  /** Bytes of a sector, the unit of every address. */
  public static final int SECTOR_BYTES = 512;

  private final String name;
  private @Nullable Bound bound;
  private final TreeMap<String, Claimed> claims = new TreeMap<>();
  private final TreeMap<String, MediaFault> faults = new TreeMap<>();
  private final TreeMap<String, Share> shares = new TreeMap<>();
  private final TreeSet<String> acknowledgements = new TreeSet<>();
  private @Nullable Removal removal;
  private @Nullable Scrubbed scrub;

  /** The union of all faults' known ranges; null when it has to be folded anew. */
  private @Nullable Extents known = Extents.EMPTY;

  private @Nullable Extents latent = Extents.EMPTY;

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
  public SortedMap<String, MediaFault> faults() {
    return Collections.unmodifiableSortedMap(faults);
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

  public @Nullable Scrubbed scrub() {
    return scrub;
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

  /** Poison that is known. */
  public Extents known() {
    Extents folded = known;
    if (folded == null) {
      folded = fold(MediaFault::known);
      known = folded;
    }
    return folded;
  }

  /** Poison that nobody has come upon yet. */
  public Extents latent() {
    Extents folded = latent;
    if (folded == null) {
      folded = fold(MediaFault::latent);
      latent = folded;
    }
    return folded.subtract(known());
  }

  /** All poison, known or not. */
  public Extents poison() {
    return known().union(latent());
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

  private Extents fold(Function<MediaFault, Extents> part) {
    Extents.Builder all = Extents.builder();
    faults.values().forEach(fault -> all.addAll(part.apply(fault)));
    return all.build();
  }

  void setBound(@Nullable Bound next) {
    bound = next;
  }

  void setRemoval(@Nullable Removal next) {
    removal = next;
  }

  void setScrub(@Nullable Scrubbed next) {
    scrub = next;
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

  void setFault(String faultId, @Nullable MediaFault fault) {
    MediaFault before = fault == null ? faults.remove(faultId) : faults.put(faultId, fault);
    if (before == null && fault != null) {
      known = known == null ? null : known.union(fault.known());
      latent = latent == null ? null : latent.union(fault.latent());
    } else {
      known = null;
      latent = null;
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
        && scrub == null;
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
        && Objects.equals(scrub, device.scrub);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, bound, claims, faults, shares, acknowledgements, removal, scrub);
  }

  @Override
  public String toString() {
    return name + " " + bound + " claims " + claims.keySet() + " poison " + poison();
  }
}
