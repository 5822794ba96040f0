package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/** Superblocks of contents: what mkfs wrote, or what an imported map shows. */
final class Disks {

  private Disks() {}

  /** Why there are no contents that could be changed; null if there are. */
  static @Nullable Problem whyNone(FsState state, Filesystem filesystem) {
    Contents contents = state.contentsOf(filesystem);
    return contents != null && contents.disk() != null
        ? null
        : Problem.refused(
            "unknown-contents",
            "Nobody knows what is where",
            "What " + filesystem.name() + " holds is not known; make it anew or import its map");
  }

  static Disk of(FsState state, Filesystem filesystem) {
    Contents contents = state.contentsOf(filesystem);
    Disk disk = contents == null ? null : contents.disk();
    if (disk == null) {
      throw new IllegalStateException(filesystem.name() + " has no superblock");
    }
    return disk;
  }
}
