package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.ranges.Extents;
import java.util.Objects;

/** What a filesystem must not give to anybody as if it were good. */
final class Losses {

  private Losses() {}

  /** Sectors of a device whose content is lost: bad now, or zeroed since. */
  static Extents of(FsState state, Filesystem filesystem, Role role) {
    DeviceFaults faults = faults(state, filesystem, role);
    Extents zeroed = faults.zeroed();
    return zeroed.isEmpty() ? faults.bad() : faults.bad().union(zeroed);
  }

  static DeviceFaults faults(FsState state, Filesystem filesystem, Role role) {
    return state.faultsOf(Objects.requireNonNull(filesystem.spec().device(role)));
  }
}
