package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Problem;
import java.util.List;

/** Refusals that several commands share. */
final class Problems {

  private Problems() {}

  static Problem unknownFilesystem(String name) {
    return Problem.notFound("There is no filesystem " + name + " on this host");
  }

  static Problem notMounted(String name) {
    return Problem.conflict(
        "not-mounted", "The filesystem is not mounted", name + " is unmounted; mount it first");
  }

  static Problem shutDown(Filesystem filesystem) {
    return Problem.refused(
            "filesystem-shutdown",
            "The filesystem was shut down",
            filesystem.name()
                + " was shut down ("
                + filesystem.state().shutdownReason()
                + "); unmount it and mount it again")
        .with("errno", "EIO");
  }

  /** A change waits until it is thawed; this one is to be tried again. */
  static Problem frozen(Filesystem filesystem) {
    List<String> holders = filesystem.state().frozenBy().stream().map(FreezeHolder::word).toList();
    return new Problem(
            "frozen",
            423,
            "The filesystem is frozen",
            filesystem.name()
                + " is frozen by "
                + String.join(" and ", holders)
                + "; this waits until it is thawed")
        .with("frozenBy", holders);
  }
}
