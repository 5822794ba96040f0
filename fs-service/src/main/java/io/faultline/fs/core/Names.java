package io.faultline.fs.core;

import io.faultline.fs.core.Contents.Name;
import io.faultline.fs.core.FileFact.Inode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which names an inode has, and which inode a name is: imported names, and what was changed since.
 *
 * <p>An imported directory that was renamed still finds its imported names, for those are asked for
 * by the path that it was imported under.
 */
final class Names {

  /** Directories below one another that a name is looked for in. */
  static final int MAX_DEPTH = 256;

  private final @Nullable Contents contents;
  private final PathIndex imported;
  private final long root;

  /**
   * @param root the inode of the root; 0 where no directory is known
   */
  Names(@Nullable Contents contents, PathIndex imported, long root) {
    this.contents = contents;
    this.imported = imported;
    this.root = root;
  }

  long root() {
    return root;
  }

  /** The names of an inode, sorted; at most {@link PathIndex#MAX_PATHS_TOLD}. */
  List<String> pathsOf(long inode) {
    if (contents == null || contents.entries.isEmpty()) {
      return imported.pathsOf(inode);
    }
    TreeSet<String> paths = new TreeSet<>();
    collect(inode, "", MAX_DEPTH, paths);
    return paths.stream().limit(PathIndex.MAX_PATHS_TOLD).toList();
  }

  private void collect(long inode, String below, int depth, TreeSet<String> paths) {
    if (inode == root) {
      paths.add(below.isEmpty() ? "/" : below);
      return;
    }
    if (depth == 0 || paths.size() > PathIndex.MAX_PATHS_TOLD) {
      return;
    }
    if (contents != null) {
      for (Name name : contents.names.getOrDefault(inode, new TreeSet<>())) {
        collect(name.directory(), "/" + name.name() + below, depth - 1, paths);
      }
    }
    for (String path : imported.pathsOf(inode)) {
      int slash = path.lastIndexOf('/');
      String name = path.substring(slash + 1);
      long directory = slash <= 0 ? root : imported.inodeOf(path.substring(0, slash));
      if (directory == 0) {
        paths.add(path + below);
      } else if (ownEntry(directory, name) == null) {
        collect(directory, "/" + name + below, depth - 1, paths);
      }
    }
  }

  private @Nullable Long ownEntry(long directory, String name) {
    if (contents == null) {
      return null;
    }
    TreeMap<String, Long> there = contents.entries.get(directory);
    return there == null ? null : there.get(name);
  }

  /** The inode of a path; 0 if there is none. */
  long inodeOf(String path) {
    if (contents == null || contents.entries.isEmpty()) {
      long inode = imported.inodeOf(path);
      return inode == 0 && path.equals("/") ? root : inode;
    }
    long at = root;
    for (String name : Paths.names(path)) {
      at = at == 0 ? 0 : child(at, name);
    }
    return at;
  }

  /** What a directory has under a name; 0 if nothing. */
  long child(long directory, String name) {
    Long own = ownEntry(directory, name);
    return own != null ? own : importedChild(directory, name);
  }

  private long importedChild(long directory, String name) {
    String path = importedPath(directory);
    return path == null ? 0 : imported.inodeOf(path + "/" + name);
  }

  /** The path that a directory was imported under, without a slash at its end. */
  private @Nullable String importedPath(long directory) {
    if (directory == root) {
      return "";
    }
    List<String> paths = imported.pathsOf(directory);
    return paths.isEmpty() ? null : paths.getFirst();
  }

  /** Whether a name was imported, whatever became of it. */
  boolean isImported(long directory, String name) {
    return importedChild(directory, name) != 0;
  }

  /** An inode; null if there is none. */
  @Nullable Inode inode(long number) {
    Inode own = contents == null ? null : contents.inodes.get(number);
    return own;
  }

  /** The names in a directory behind one, in their order, at most {@code limit} of them. */
  List<Map.Entry<String, Long>> list(long directory, @Nullable String after, int limit) {
    TreeMap<String, Long> found = new TreeMap<>();
    if (contents != null) {
      TreeMap<String, Long> own = contents.entries.getOrDefault(directory, new TreeMap<>());
      Map<String, Long> rest = after == null ? own : own.tailMap(after, false);
      for (Map.Entry<String, Long> entry : rest.entrySet()) {
        if (found.size() == limit) {
          break;
        }
        if (entry.getValue() != 0) {
          found.put(entry.getKey(), entry.getValue());
        }
      }
    }
    return new ArrayList<>(found.entrySet());
  }
}
