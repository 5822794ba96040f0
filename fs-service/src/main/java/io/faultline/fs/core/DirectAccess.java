package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import org.jspecify.annotations.Nullable;

/** Whether a file's pages are the device's own memory, or copies of it in the page cache. */
final class DirectAccess {

  private DirectAccess() {}

  static boolean isDirect(FsState state, Filesystem filesystem, long inode) {
    return switch (filesystem.effectiveDax()) {
      case ALWAYS -> true;
      case NEVER -> false;
      case INODE -> isMarked(state.contentsOf(filesystem), inode);
    };
  }

  private static boolean isMarked(@Nullable Contents contents, long inode) {
    FileFact.Inode file = contents == null ? null : contents.inodes.get(inode);
    return file != null && file.dax();
  }
}
