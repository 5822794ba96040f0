package io.faultline.fs.core;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.Origin;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A device says that it is about to leave ({@code MF_MEM_PRE_REMOVE}). In the kernel's order:
 * freeze, walk and signal every process that has a page present, invalidate, shut down with {@code
 * FORCE_UMOUNT}, thaw the kernel's hold and userspace's as well. Then the credit goes back.
 *
 * <p>{@link Policy#PRECISE} lets readers go on until the device is gone, and only then stops and
 * thaws: the kernel keeps its freeze in between, so that writers wait, and the credit goes back at
 * once.
 *
 * <p>Whoever has nothing to do returns it at once: a filesystem that is gone, not mounted or shut
 * down already, one that this device is only the log of, one without a reverse map. Those stop when
 * the device is gone, with {@code DEVICE_REMOVED}.
 */
final class Removals {

  /**
   * How long a freeze outlives the device that it was for where nothing was lost with it: the
   * volume may have moved off it meanwhile. What it lost comes by another topic and is waited for.
   */
  static final Duration GRACE = Duration.ofSeconds(10);

  private Removals() {}

  static void announced(Draft draft, Event event, MfMemPreRemove leaving) {
    leaving
        .credits()
        .forEach(
            (holder, credit) -> {
              if (holder.startsWith("fs:")) {
                draft.because(event.faultId(), event.id());
                String name = holder.substring("fs:".length());
                String reason = prepare(draft, name, event, leaving);
                draft.acknowledge(leaf(leaving), leaving.removalId(), name, credit, reason);
              }
            });
  }

  /** Does what the kernel does; answers why the credit comes back. */
  private static String prepare(Draft draft, String name, Event event, MfMemPreRemove leaving) {
    Filesystem filesystem = draft.state.filesystems.get(name);
    if (filesystem == null) {
      return "gone";
    }
    Role role = FsState.roleOf(filesystem, leaving.device());
    if (!filesystem.isMounted() || role == null || filesystem.isOlderThanMount(role, event)) {
      return "not_held";
    }
    if (filesystem.isShutDown()) {
      return "shut_down_already";
    }
    if (role == Role.LOG) {
      return "log_device";
    }
    if (!filesystem.isWalkable(role)) {
      return "no_reverse_map";
    }
    return switch (filesystem.spec().policy()) {
      case XFS -> {
        freezeAndShutDown(draft, filesystem, role, leaving);
        yield "frozen_and_shut_down";
      }
      case PRECISE -> {
        freezeUntilGone(draft, filesystem, role, leaving);
        yield "frozen";
      }
    };
  }

  private static void freezeAndShutDown(
      Draft draft, Filesystem filesystem, Role role, MfMemPreRemove leaving) {
    tellFrozen(draft, filesystem);
    MemoryFailure.leaving(draft, filesystem, role, ranges(filesystem, role, leaving));
    shutDownAndThaw(draft, filesystem, role, leaving.device());
  }

  private static void freezeUntilGone(
      Draft draft, Filesystem filesystem, Role role, MfMemPreRemove leaving) {
    Filesystem now = draft.now(filesystem);
    if (!now.state().frozenByKernel()) {
      tellFrozen(draft, filesystem);
    }
    List<Departure> open = new ArrayList<>(now.state().departures());
    open.add(new Departure(leaving.removalId(), leaf(leaving), role, null));
    draft.put(now.with(now.state().withDepartures(open)));
    MemoryFailure.leaving(draft, filesystem, role, ranges(filesystem, role, leaving));
  }

  private static void tellFrozen(Draft draft, Filesystem filesystem) {
    draft.publish(
        filesystem,
        new FilesystemFrozen(draft.state.host, filesystem.name(), FreezeHolder.KERNEL.word()));
  }

  /** The end of a planned removal: nobody reaches a page any more, and no freeze is left. */
  private static void shutDownAndThaw(
      Draft draft, Filesystem filesystem, Role role, String device) {
    Filesystem now = draft.now(filesystem);
    draft.put(now.with(now.state().withRevoked(role)));
    now = draft.shutDown(filesystem, ShutdownReason.FORCE_UMOUNT, device);
    tellThawed(draft, now, FreezeHolder.KERNEL);
    if (now.state().frozenByUser()) {
      tellThawed(draft, now, FreezeHolder.USERSPACE);
    }
    draft.put(now.with(now.state().withDepartures(List.of()).withFrozenByUser(false)));
  }

  private static void tellThawed(Draft draft, Filesystem filesystem, FreezeHolder holder) {
    draft.publish(
        filesystem, new FilesystemThawed(draft.state.host, filesystem.name(), holder.word()));
  }

  /**
   * The block device in a role is gone as a whole. Ends the removal that the filesystem kept still
   * for; answers whether there was one.
   */
  static boolean completed(Draft draft, Filesystem filesystem, Role role, String device) {
    Filesystem now = draft.now(filesystem);
    boolean expected = now.state().departures().stream().anyMatch(each -> each.role() == role);
    if (expected) {
      shutDownAndThaw(draft, filesystem, role, device);
    }
    return expected;
  }

  /** Only a part of the block device left with the device below it, and all of that was told. */
  static void completedInPart(
      Draft draft, Filesystem filesystem, Role role, CorruptedRange corrupted) {
    Origin origin = corrupted.origin();
    String leaf = origin == null ? corrupted.device() : origin.device();
    end(draft, filesystem, each -> each.role() == role && each.device().equals(leaf));
  }

  /** A device is gone. What a volume lost by it comes by another topic, before or after this. */
  static void left(Draft draft, String device, @Nullable String removalId) {
    change(
        draft,
        each ->
            each.device().equals(device)
                    && each.removalId().equals(removalId)
                    && each.goneSince() == null
                ? each.gone(draft.stamp.now())
                : each);
  }

  /** Ends the freezes for devices that went without taking anything of the filesystem with them. */
  static void endForgotten(Draft draft) {
    Instant latest = draft.stamp.now().minus(GRACE);
    for (Filesystem filesystem : List.copyOf(draft.state.filesystems.values())) {
      end(draft, filesystem, each -> each.goneSince() != null && !each.goneSince().isAfter(latest));
    }
  }

  /** Whether {@link #endForgotten} has something to wait for. */
  static boolean waitsForTime(FsState state) {
    return state.filesystems.values().stream()
        .flatMap(filesystem -> filesystem.state().departures().stream())
        .anyMatch(departure -> departure.goneSince() != null);
  }

  private static void end(Draft draft, Filesystem filesystem, Predicate<Departure> over) {
    Filesystem now = draft.now(filesystem);
    List<Departure> before = now.state().departures();
    List<Departure> open = before.stream().filter(over.negate()).toList();
    if (open.size() == before.size()) {
      return;
    }
    draft.put(now.with(now.state().withDepartures(open)));
    if (open.isEmpty()) {
      tellThawed(draft, now, FreezeHolder.KERNEL);
    }
  }

  private static void change(Draft draft, UnaryOperator<Departure> how) {
    for (Filesystem filesystem : List.copyOf(draft.state.filesystems.values())) {
      Filesystem now = draft.now(filesystem);
      List<Departure> before = now.state().departures();
      List<Departure> after = before.stream().map(how).toList();
      if (!Objects.equals(before, after)) {
        draft.put(now.with(now.state().withDepartures(after)));
      }
    }
  }

  /**
   * Of a set that comes in parts only the last carries credit, and only that is heard here. The
   * filesystem stops as a whole in any case, so then every page of it counts as leaving.
   */
  private static Extents ranges(Filesystem filesystem, Role role, MfMemPreRemove leaving) {
    boolean several = leaving.part() > 0;
    return leaving.whole() || several ? Extents.of(0, filesystem.sectors(role)) : leaving.ranges();
  }

  private static String leaf(MfMemPreRemove leaving) {
    Origin origin = leaving.origin();
    return origin == null ? leaving.device() : origin.device();
  }
}
