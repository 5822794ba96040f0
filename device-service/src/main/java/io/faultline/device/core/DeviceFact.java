package io.faultline.device.core;

import io.faultline.ranges.Extents;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is known of the devices of a host. Written to disk: names are for ever. */
public sealed interface DeviceFact {

  /**
   * A device.
   *
   * @param createdGeneration the generation it was made with; with the name it names its media file
   * @param generation rises with every create and plug of that name
   * @param claimRevision rises with every claim
   */
  record Bound(
      String kind,
      long sizeBytes,
      long logicalBlockBytes,
      long clearUnitBytes,
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
          createdGeneration,
          generation,
          state,
          claimRevision + 1);
    }

    boolean sameShape(Bound other) {
      return kind.equals(other.kind)
          && sizeBytes == other.sizeBytes
          && logicalBlockBytes == other.logicalBlockBytes
          && clearUnitBytes == other.clearUnitBytes;
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
   * A media fault and the sectors that it still stands for.
   *
   * @param known sectors that everybody may know of
   * @param latent sectors that nobody has come upon yet
   */
  record MediaFault(Extents known, Extents latent, Instant since) implements DeviceFact {

    MediaFault without(Extents healed) {
      return new MediaFault(known.subtract(healed), latent.subtract(healed), since);
    }

    MediaFault discovered(Extents found) {
      return new MediaFault(known.union(found), latent.subtract(found), since);
    }

    boolean isClosed() {
      return known.isEmpty() && latent.isEmpty();
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
   * The newest scrub of a device.
   *
   * @param foundSectors latent sectors that it made known
   */
  record Scrubbed(Instant startedAt, Instant finishedAt, long scrubbedSectors, long foundSectors)
      implements DeviceFact {}

  /**
   * @param highestOfDeleted the highest generation of a device that is no more, so that one of the
   *     same name starts above it
   */
  record Generations(long highestOfDeleted) implements DeviceFact {}
}
