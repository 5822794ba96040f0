package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Problem;

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

  static Problem frozen(String name) {
    return new Problem(
        "frozen",
        423,
        "The filesystem is frozen",
        name + " is frozen by userspace; this waits until it is thawed");
  }
}
