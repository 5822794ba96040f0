package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FsFact.Filesystem;
import io.faultline.fs.core.FsFact.Mapping;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files without a name. One that nobody maps or writes any more is freed; a large one in steps, as
 * time passes.
 */
final class Orphans {

  /** Records that one step frees. */
  static final int MAX_RECORDS_PER_STEP = 5000;

  private Orphans() {}

  static void freeIfUnused(Transaction change, long number) {
    freeIfUnused(change, number, null);
  }

  private static void freeIfUnused(Transaction change, long number, @Nullable Mapping leaving) {
    if (FileWrites.of(change.contents, number) == null && !isMapped(change, number, leaving)) {
      free(change, number);
    }
  }

  private static boolean isMapped(Transaction change, long number, @Nullable Mapping leaving) {
    for (Mapping mapping : Pages.mappingsOf(change.draft.state, change.filesystem)) {
      if (mapping.inode() == number && !mapping.equals(leaving)) {
        return true;
      }
    }
    return false;
  }

  /** Gives back what a file has, from its end on. */
  private static void free(Transaction change, long number) {
    int budget = MAX_RECORDS_PER_STEP;
    for (Role role : new Role[] {Role.DATA, Role.REALTIME}) {
      if (change.filesystem.spec().device(role) == null) {
        continue;
      }
      for (Fork fork : Fork.values()) {
        List<MapRecord> records = change.map(role).of(number, fork, 0, Long.MAX_VALUE);
        int kept = Math.max(0, records.size() - budget);
        for (MapRecord record : records.subList(kept, records.size())) {
          change.remove(role, record);
        }
        budget -= records.size() - kept;
        if (kept > 0) {
          return;
        }
      }
    }
    for (String name : change.contents.xattrs.getOrDefault(number, new TreeMap<>()).keySet()) {
      change.putXattr(number, name, null);
    }
    change.removeInode(number);
    InodeAllocator.freeChunkOf(change, number);
  }

  /** A mapping goes: what nobody else has any more is freed. */
  static void released(Draft draft, Mapping mapping) {
    Filesystem filesystem = draft.state.filesystems.get(mapping.filesystem());
    Contents contents = filesystem == null ? null : draft.state.contentsOf(filesystem);
    if (filesystem != null
        && contents != null
        && contents.orphans.contains(mapping.inode())
        && isUsable(filesystem)) {
      freeIfUnused(draft.change(filesystem), mapping.inode(), mapping);
    }
  }

  private static boolean isUsable(Filesystem filesystem) {
    return filesystem.isMounted() && !filesystem.isShutDown() && !filesystem.state().frozen();
  }

  /** Frees what nobody has; a file each time. */
  static void goOn(Draft draft) {
    for (Filesystem filesystem : draft.state.filesystems.values()) {
      Contents contents = draft.state.contentsOf(filesystem);
      if (contents != null && isUsable(filesystem)) {
        for (Long number : contents.orphans) {
          Transaction change = draft.change(filesystem);
          Inode inode = change.inode(number);
          if (inode != null && !isMapped(change, number, null)) {
            freeIfUnused(change, number);
            break;
          }
        }
      }
    }
  }

  /** Whether there is something to free. */
  static boolean areThere(FsState state) {
    for (Filesystem filesystem : state.filesystems.values()) {
      Contents contents = state.contentsOf(filesystem);
      if (contents != null && isUsable(filesystem)) {
        for (Long number : contents.orphans) {
          if (Pages.mappingsOf(state, filesystem).stream()
              .noneMatch(mapping -> mapping.inode() == Objects.requireNonNull(number))) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
