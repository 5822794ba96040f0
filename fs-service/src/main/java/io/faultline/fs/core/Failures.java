package io.faultline.fs.core;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.Cause;
import io.faultline.events.ConsumedBy;
import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.FailureUnsupported;
import io.faultline.events.FilesystemEvent.LogLost;
import io.faultline.fs.core.FsFact.BadRanges;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import io.faultline.ranges.Extents;
import java.util.Objects;

/**
 * What a filesystem does about ranges that went bad: the kernel's {@code xfs_dax_notify_failure}
 * (Linux {@code fs/xfs/xfs_notify_failure.c}).
 *
 * <p>First it is told what was hit, then processes are signalled, then the filesystem stops if it
 * must. Unlike the kernel it is told above device-mapper as well, and what it tells it tells to
 * everybody.
 */
final class Failures {

  private Failures() {}

  /** A range of a device is bad from now on. */
  static void corrupted(Draft draft, Event event, CorruptedRange corrupted) {
    String device = corrupted.device();
    Extents news = corrupted.ranges().subtract(draft.faultsOf(device).bad());
    String faultId = Objects.requireNonNullElse(event.faultId(), event.id());
    draft.because(faultId, event.id());
    draft.fact(
        Keys.bad(device, faultId, event.sequence()),
        new BadRanges(faultId, corrupted.cause(), corrupted.ranges(), corrupted.whole()));
    Filesystem filesystem = draft.state.mountedOn(device);
    Role role = filesystem == null ? null : FsState.roleOf(filesystem, device);
    if (filesystem == null || role == null) {
      return;
    }
    if (filesystem.isOlderThanMount(role, event)) {
      tellOld(draft, filesystem, role, news, corrupted);
    } else if (corrupted.whole() && corrupted.cause() == Cause.DEVICE_REMOVED) {
      deviceGone(draft, filesystem, role, device);
    } else if (corrupted.whole() && corrupted.cause() == Cause.MAPPING_LOST) {
      // As was observed above a device-mapper target that fails: the log's next write does.
      draft.shutDown(filesystem, ShutdownReason.LOG_IO, device);
    } else {
      if (!news.isEmpty()) {
        failed(draft, filesystem, role, news, corrupted);
      }
      if (corrupted.cause() == Cause.DEVICE_REMOVED && corrupted.last()) {
        Removals.completedInPart(draft, filesystem, role, corrupted);
      }
    }
  }

  /** What was bad before the mount is told, as at the mount, and nothing else comes of it. */
  private static void tellOld(
      Draft draft, Filesystem filesystem, Role role, Extents news, CorruptedRange corrupted) {
    if (!corrupted.whole() && !news.isEmpty()) {
      tellWhatWasHit(draft, filesystem, role, news, corrupted.cause());
    }
  }

  /**
   * A device is gone as a whole: before anything else no process reaches its pages any more; then
   * the filesystem stops, once. What was in which file nobody is told: all of it is gone.
   */
  static void deviceGone(Draft draft, Filesystem filesystem, Role role, String device) {
    if (Removals.completed(draft, filesystem, role, device)) {
      return;
    }
    if (role != Role.LOG) {
      Filesystem now = draft.now(filesystem);
      draft.put(now.with(now.state().withRevoked(role)));
    }
    draft.shutDown(filesystem, ShutdownReason.DEVICE_REMOVED, device);
  }

  private static void failed(
      Draft draft, Filesystem filesystem, Role role, Extents ranges, CorruptedRange corrupted) {
    Cause cause = corrupted.cause();
    if (cause == Cause.DEVICE_REMOVED) {
      // Nobody reaches its pages any more, before anything is looked up or told.
      revoke(draft, filesystem, role, ranges);
      if (filesystem.isShutDown()) {
        // It went with the device, by a planned removal or earlier: its shutdown was the one event.
        return;
      }
    }
    boolean fatal = tellWhatWasHit(draft, filesystem, role, ranges, cause);
    switch (cause) {
      case MEDIA_ERROR -> {
        ConsumedBy consumedBy = corrupted.consumedBy();
        // The kernel's walk fails on a filesystem that was shut down: nobody else is signalled.
        if (!filesystem.isShutDown()) {
          MemoryFailure.poisoned(draft, filesystem, role, ranges, consumedBy);
        } else if (consumedBy != null) {
          MemoryFailure.consumed(draft, filesystem, role, ranges, consumedBy);
        }
      }
      case DEVICE_REMOVED, MAPPING_LOST -> {}
    }
    if (fatal) {
      String device = filesystem.spec().device(role);
      draft.shutDown(filesystem, ShutdownReason.CORRUPT_ONDISK, device);
    }
  }

  /** Tells what was hit; answers whether the filesystem cannot go on. */
  static boolean tellWhatWasHit(
      Draft draft, Filesystem filesystem, Role role, Extents ranges, Cause cause) {
    String host = draft.state.host;
    String device = Objects.requireNonNull(filesystem.spec().device(role));
    if (role == Role.LOG) {
      draft.publish(filesystem, new LogLost(host, filesystem.name(), device, ranges, true, cause));
      return Verdict.isLogFatal(draft.state, filesystem, ranges);
    }
    if (!filesystem.isWalkable(role)) {
      String reason = role == Role.REALTIME ? "realtime_device" : "no_reverse_map";
      draft.publish(
          filesystem,
          new FailureUnsupported(host, filesystem.name(), reason, device, ranges, cause));
      return false;
    }
    boolean fatal = Verdict.isFatal(draft.state, filesystem, role, ranges);
    Teller.lost(draft, filesystem, role, ranges, cause);
    return fatal;
  }

  /** Part of a volume left with the device below it: its pages are gone, the others stay. */
  private static void revoke(Draft draft, Filesystem filesystem, Role role, Extents ranges) {
    for (Mapping mapping : Pages.mappingsOf(draft.state, filesystem)) {
      Extents.Builder gone = Extents.builder();
      Pages.forEachOn(
          draft.state,
          filesystem,
          role,
          mapping.inode(),
          Pages.deviceOf(draft.state, mapping),
          ranges,
          gone::add);
      Pages.unmap(
          draft, filesystem, mapping.inode(), gone.build().roundOut(Pages.BASE_PAGE_SECTORS));
    }
  }
}
