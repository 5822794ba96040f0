package io.faultline.device.core;

import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is known of the devices of a host. Written to disk: names are for ever. */
public sealed interface DeviceFact {

  /**
   * A device.
   *
   * @param clearsPoison whether new content takes poison away; QEMU's emulated modules do not
   * @param createdGeneration the generation it was made with; with the name it names its media file
   * @param generation rises with every create and plug of that name
   * @param claimRevision rises with every claim
   */
  record Bound(
      String kind,
      long sizeBytes,
      long logicalBlockBytes,
      long clearUnitBytes,
      boolean clearsPoison,
      long createdGeneration,
      long generation,
      DeviceState state,
      long claimRevision)
      implements DeviceFact {

    Bound inState(DeviceState next) {
      return new Bound(
          kind,
          sizeBytes,
          logicalBlockBytes,
          clearUnitBytes,
          clearsPoison,
          createdGeneration,
          generation,
          next,
          claimRevision);
    }

    Bound pluggedIn() {
      return new Bound(
          kind,
          sizeBytes,
          logicalBlockBytes,
          clearUnitBytes,
          clearsPoison,
          createdGeneration,
          generation + 1,
          DeviceState.ACTIVE,
          claimRevision);
    }

    Bound claimedAgain() {
      return new Bound(
          kind,
          sizeBytes,
          logicalBlockBytes,
          clearUnitBytes,
          clearsPoison,
          createdGeneration,
          generation,
          state,
          claimRevision + 1);
    }

    boolean sameShape(Bound other) {
      return kind.equals(other.kind)
          && sizeBytes == other.sizeBytes
          && logicalBlockBytes == other.logicalBlockBytes
          && clearUnitBytes == other.clearUnitBytes
          && clearsPoison == other.clearsPoison;
    }
  }

  /**
   * Somebody stands on a device.
   *
   * @param revision of the device when it was claimed last
   * @param since when it was claimed last
   */
  record Claimed(long revision, Instant since) implements DeviceFact {}

  /**
   * A media fault. What it stands for is in its {@link FaultPart}s.
   *
   * @param until when it heals by itself; null if it does not
   */
  record MediaFault(Instant since, @Nullable Instant until) implements DeviceFact {}

  /**
   * Some of the sectors that a fault still stands for. Its key says from which sector on; it ends
   * where the fault's next part begins.
   *
   * @param known sectors that everybody may know of
   * @param latent sectors that nobody has come upon yet; none of them is known
   */
  record FaultPart(Extents known, Extents latent) implements DeviceFact {

    static final FaultPart NONE = new FaultPart(Extents.EMPTY, Extents.EMPTY);

    FaultPart without(Extents healed) {
      return new FaultPart(known.subtract(healed), latent.subtract(healed));
    }

    FaultPart discovered(Extents found) {
      return new FaultPart(known.union(latent.intersect(found)), latent.subtract(found));
    }

    FaultPart clip(SectorRange window) {
      return new FaultPart(known.clip(window), latent.clip(window));
    }

    int rangeCount() {
      return known.rangeCount() + latent.rangeCount();
    }

    long totalSectors() {
      return known.totalSectors() + latent.totalSectors();
    }

    boolean isEmpty() {
      return known.isEmpty() && latent.isEmpty();
    }

    /** From its first sector to its last. */
    SectorRange span() {
      if (known.isEmpty() || latent.isEmpty()) {
        return known.isEmpty() ? latent.span() : known.span();
      }
      return SectorRange.between(
          Math.min(known.span().startSector(), latent.span().startSector()),
          Math.max(known.span().endSector(), latent.span().endSector()));
    }
  }

  /**
   * The newest removal of a device.
   *
   * @param faultId the fault that it is to the layers above; the same for all devices that leave
   *     together
   * @param mode as it was asked for last: a device may be pulled while it is being drained
   * @param deadline when it goes in any case; null unless it was planned
   * @param pooled credit that came back and is nobody's share in particular, see {@link Credit}
   * @param ended null while it is announced
   * @param pluggedAt when the device was bound again; null if it was not
   */
  record Removal(
      String removalId,
      String faultId,
      UnplugMode mode,
      Instant since,
      @Nullable Instant deadline,
      long pooled,
      AckCounts acks,
      @Nullable Ended ended,
      @Nullable Instant pluggedAt)
      implements DeviceFact {

    /** Whether the device has left. */
    boolean gone() {
      return ended != null;
    }

    /** Whether all credit had come back when it left. */
    boolean acknowledged() {
      return ended != null && ended.acknowledged();
    }

    Removal counting(AckVerdict verdict) {
      return new Removal(
          removalId, faultId, mode, since, deadline, pooled, acks.with(verdict), ended, pluggedAt);
    }

    Removal withPooled(long credit) {
      return new Removal(removalId, faultId, mode, since, deadline, credit, acks, ended, pluggedAt);
    }

    Removal endedBy(RemovalEnd end, Instant at, boolean acknowledged) {
      UnplugMode last = end == RemovalEnd.SURPRISE ? UnplugMode.SURPRISE : mode;
      return new Removal(
          removalId,
          faultId,
          last,
          since,
          deadline,
          pooled,
          acks,
          new Ended(end, at, acknowledged),
          pluggedAt);
    }

    Removal plugged(Instant at) {
      return new Removal(removalId, faultId, mode, since, deadline, pooled, acks, ended, at);
    }
  }

  /** How a device left. */
  record Ended(RemovalEnd end, Instant at, boolean acknowledged) {}

  /** How many acknowledgements came for the removal of a device, by what became of them. */
  record AckCounts(long counted, long repeated, long late, long unknown) {

    static final AckCounts NONE = new AckCounts(0, 0, 0, 0);

    AckCounts with(AckVerdict verdict) {
      return switch (verdict) {
        case COUNTED -> new AckCounts(counted + 1, repeated, late, unknown);
        case REPEATED -> new AckCounts(counted, repeated + 1, late, unknown);
        case LATE -> new AckCounts(counted, repeated, late + 1, unknown);
        case UNKNOWN -> new AckCounts(counted, repeated, late, unknown + 1);
      };
    }
  }

  /**
   * What one holder was given when the removal of a device was announced.
   *
   * @param credit 0 where nobody was asked
   * @param outstanding what it has not returned
   * @param writtenOff what it had not returned when it gave the device back: not waited for any
   *     more, and taken if it comes after all
   */
  record Share(long credit, long outstanding, long writtenOff) implements DeviceFact {}

  /** An acknowledgement that was counted already. */
  record Acknowledged(long credit) implements DeviceFact {}

  /**
   * The newest scrub of a device. While it runs, its restart point.
   *
   * @param startSector of what was asked for
   * @param endSector of what was asked for
   * @param sectors how many it reads in all
   * @param scrubbedSectors how many of them it has read
   * @param sector that it reads next
   * @param foundSectors latent sectors that it made known
   * @param generation of the device that it reads
   * @param movedAt when it was at {@code sector}
   * @param finishedAt null while it runs
   */
  record ScrubRun(
      ScrubMode mode,
      long startSector,
      long endSector,
      long sectors,
      long scrubbedSectors,
      long sector,
      long foundSectors,
      long generation,
      Instant startedAt,
      Instant movedAt,
      @Nullable Instant finishedAt,
      ScrubState state)
      implements DeviceFact {

    static ScrubRun full(SectorRange range, long generation, Instant now) {
      return new ScrubRun(
          ScrubMode.FULL,
          range.startSector(),
          range.endSector(),
          range.sectorCount(),
          0,
          range.startSector(),
          0,
          generation,
          now,
          now,
          null,
          ScrubState.RUNNING);
    }

    ScrubRun movedTo(long position, long newlyFound, Instant now) {
      return new ScrubRun(
          mode,
          startSector,
          endSector,
          sectors,
          scrubbedSectors + position - sector,
          position,
          foundSectors + newlyFound,
          generation,
          startedAt,
          now,
          null,
          state);
    }

    ScrubRun endedAt(Instant now, ScrubState how) {
      return new ScrubRun(
          mode,
          startSector,
          endSector,
          sectors,
          scrubbedSectors,
          sector,
          foundSectors,
          generation,
          startedAt,
          movedAt,
          now,
          how);
    }
  }

  /**
   * How far the patrol of a device has come.
   *
   * @param sector that it reads next
   * @param movedAt when it was there
   */
  record Patrolled(long sector, Instant movedAt) implements DeviceFact {}

  /**
   * @param highestOfDeleted the highest generation of a device that is no more, so that one of the
   *     same name starts above it
   */
  record Generations(long highestOfDeleted) implements DeviceFact {}
}
