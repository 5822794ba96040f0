package io.faultline.fs.core;

import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.Event;
import io.faultline.events.FilesystemEvent.FilesystemFrozen;
import io.faultline.events.FilesystemEvent.FilesystemThawed;
import io.faultline.events.Origin;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;

/**
 * A device says that it is about to leave ({@code MF_MEM_PRE_REMOVE}). In the kernel's order:
 * freeze, walk and signal every process that has a page present, invalidate, shut down with {@code
 * FORCE_UMOUNT}, thaw the kernel's hold and userspace's as well. Then the credit goes back.
 *
 * <p>Whoever has nothing to do returns it at once: a filesystem that is gone, not mounted or shut
 * down already, one that this device is only the log of, one without a reverse map. Those stop when
 * the device is gone, with {@code DEVICE_REMOVED}.
 */
final class Removals {

  static final String KERNEL = "kernel";
  static final String USERSPACE = "userspace";

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
                acknowledge(draft, leaving, name, credit, reason);
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
    freezeAndShutDown(draft, filesystem, role, leaving);
    return "frozen_and_shut_down";
  }

  private static void freezeAndShutDown(
      Draft draft, Filesystem filesystem, Role role, MfMemPreRemove leaving) {
    String host = draft.state.host;
    String name = filesystem.name();
    draft.publish(filesystem, new FilesystemFrozen(host, name, KERNEL));
    MemoryFailure.leaving(draft, filesystem, role, ranges(filesystem, role, leaving));
    Filesystem now = draft.now(filesystem);
    draft.put(now.with(now.state().withRevoked(role)));
    draft.shutDown(filesystem, ShutdownReason.FORCE_UMOUNT, leaving.device());
    draft.publish(filesystem, new FilesystemThawed(host, name, KERNEL));
    now = draft.now(filesystem);
    if (now.state().frozen()) {
      draft.put(now.with(now.state().withFrozen(false)));
      draft.publish(filesystem, new FilesystemThawed(host, name, USERSPACE));
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

  private static void acknowledge(
      Draft draft, MfMemPreRemove leaving, String filesystem, long credit, String reason) {
    Origin origin = leaving.origin();
    String leaf = origin == null ? leaving.device() : origin.device();
    draft.acknowledge(leaf, leaving.removalId(), filesystem, credit, reason);
  }
}
