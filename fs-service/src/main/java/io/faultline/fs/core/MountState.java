package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a filesystem fares.
 *
 * @param holdings the devices of the newest mount
 * @param mount counts mounts from 1; a process mapping belongs to one mount
 * @param shutdownReason null while it works
 * @param frozenByUser whether userspace holds a freeze
 * @param departures what the kernel holds its own freeze for; it has none where nothing is left to
 *     wait for
 * @param revoked the devices whose pages no process of this mount can reach any more
 */
public record MountState(
    List<Holding> holdings,
    long mount,
    boolean mounted,
    @Nullable ShutdownReason shutdownReason,
    boolean frozenByUser,
    List<Departure> departures,
    List<Role> revoked) {

  static final MountState NEVER =
      new MountState(List.of(), 0, false, null, false, List.of(), List.of());

  /** Whether anybody holds a freeze: then nothing changes, however it fares otherwise. */
  boolean frozen() {
    return frozenByUser || !departures.isEmpty();
  }

  boolean frozenByKernel() {
    return !departures.isEmpty();
  }

  List<FreezeHolder> frozenBy() {
    List<FreezeHolder> holders = new ArrayList<>(2);
    if (frozenByKernel()) {
      holders.add(FreezeHolder.KERNEL);
    }
    if (frozenByUser) {
      holders.add(FreezeHolder.USERSPACE);
    }
    return holders;
  }

  MountState mountedOn(List<Holding> claimed) {
    return new MountState(claimed, mount + 1, true, null, false, List.of(), List.of());
  }

  MountState unmounted() {
    return new MountState(holdings, mount, false, null, false, List.of(), List.of());
  }

  MountState withHoldings(List<Holding> claimed) {
    return new MountState(
        claimed, mount, mounted, shutdownReason, frozenByUser, departures, revoked);
  }

  MountState shutDown(ShutdownReason reason) {
    return new MountState(holdings, mount, mounted, reason, frozenByUser, departures, revoked);
  }

  MountState withFrozenByUser(boolean held) {
    return new MountState(holdings, mount, mounted, shutdownReason, held, departures, revoked);
  }

  /** The kernel holds a freeze until all of these are over. */
  MountState withDepartures(List<Departure> open) {
    return new MountState(
        holdings, mount, mounted, shutdownReason, frozenByUser, List.copyOf(open), revoked);
  }

  MountState withRevoked(Role role) {
    if (revoked.contains(role)) {
      return this;
    }
    List<Role> more = new ArrayList<>(revoked);
    more.add(role);
    return new MountState(
        holdings, mount, mounted, shutdownReason, frozenByUser, departures, List.copyOf(more));
  }
}
