package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;

/** Whether a file's pages are the device's own memory, or copies of it in the page cache. */
final class DirectAccess {

  private DirectAccess() {}

  static boolean isDirect(FsState state, Filesystem filesystem, long inode) {
    return switch (filesystem.effectiveDax()) {
      case ALWAYS -> true;
      case NEVER -> false;
      case INODE -> false;
    };
  }
}
