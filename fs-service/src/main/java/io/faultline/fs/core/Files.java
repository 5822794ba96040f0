package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Problem;

/** The files of an emulated filesystem. */
final class Files {

  private Files() {}

  static Decision<FsFact> decide(Draft draft, FileCommand command) {
    Filesystem filesystem = draft.state.filesystems.get(command.filesystem());
    if (filesystem == null) {
      return Decision.refuse(Problems.unknownFilesystem(command.filesystem()));
    }
    return Decision.refuse(
        Problem.refused(
            "not-yet", "Not yet", "Files of " + filesystem.name() + " cannot be reached yet"));
  }
}
