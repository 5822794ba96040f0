package io.faultline.fs.core;

import io.faultline.fs.core.Contents.Name;
import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FsFact.Filesystem;
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

  private final FsState state;
  private final Filesystem filesystem;
  private final @Nullable Contents contents;
  private final PathIndex imported;
  private final long root;

  Names(FsState state, Filesystem filesystem, PathIndex imported) {
    this.state = state;
    this.filesystem = filesystem;
    this.contents = state.contentsOf(filesystem);
    this.imported = imported;
    FileFact.Disk disk = contents == null ? null : contents.disk();
    this.root = disk == null ? importedRoot(imported) : disk.rootInode();
  }

  /** The inode of the root of an imported list; implied if the list does not say. */
  static long importedRoot(PathIndex imported) {
    long listed = imported.inodeOf("/");
    return listed != 0 ? listed : imported.tree().impliedInode("");
  }

  /** The inode of the root; 0 where no name at all is known. */
  long root() {
    return root;
  }

  private boolean isUnchanged() {
    return contents == null || contents.entries.isEmpty();
  }

  /** The names of an inode, sorted; at most {@link PathIndex#MAX_PATHS_TOLD}. */
  List<String> pathsOf(long inode) {
    return pathsOf(inode, Map.of());
  }

  /**
   * The same once a change is made.
   *
   * @param changed the names that it gives, each with its inode, or with 0 if it takes it away
   */
  List<String> pathsOf(long inode, Map<Name, Long> changed) {
    if (isUnchanged() && changed.isEmpty() && inode != root) {
      return imported.pathsOf(inode);
    }
    TreeSet<String> paths = new TreeSet<>();
    collect(inode, "", MAX_DEPTH, paths, changed);
    return paths.stream().limit(PathIndex.MAX_PATHS_TOLD).toList();
  }

  private void collect(
      long inode, String below, int depth, TreeSet<String> paths, Map<Name, Long> changed) {
    if (inode == root) {
      paths.add(below.isEmpty() ? "/" : below);
      return;
    }
    if (depth == 0 || paths.size() > PathIndex.MAX_PATHS_TOLD) {
      return;
    }
    changed.forEach(
        (name, given) -> {
          if (given == inode) {
            collect(name.directory(), "/" + name.name() + below, depth - 1, paths, changed);
          }
        });
    if (contents != null) {
      for (Name name : contents.names.getOrDefault(inode, new TreeSet<>())) {
        if (!changed.containsKey(name)) {
          collect(name.directory(), "/" + name.name() + below, depth - 1, paths, changed);
        }
      }
    }
    for (String path : importedPaths(inode)) {
      int slash = path.lastIndexOf('/');
      long directory = importedInode(path.substring(0, slash));
      String name = path.substring(slash + 1);
      if (ownEntry(directory, name) == null && !changed.containsKey(new Name(directory, name))) {
        collect(directory, "/" + name + below, depth - 1, paths, changed);
      }
    }
  }

  private List<String> importedPaths(long inode) {
    List<String> listed = imported.pathsOf(inode);
    return listed.isEmpty() ? imported.tree().impliedPath(inode) : listed;
  }

  /**
   * @param path without a slash at its end
   */
  private long importedInode(String path) {
    if (path.isEmpty()) {
      return root;
    }
    long listed = imported.inodeOf(path);
    return listed != 0 ? listed : imported.tree().impliedInode(path);
  }

  private @Nullable Long ownEntry(long directory, String name) {
    TreeMap<String, Long> there = contents == null ? null : contents.entries.get(directory);
    return there == null ? null : there.get(name);
  }

  /** The inode of a path; 0 if there is none. */
  long inodeOf(String path) {
    if (path.equals("/")) {
      return root;
    }
    if (isUnchanged()) {
      return importedInode(path);
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
    return path == null || imported.size() == 0 ? 0 : importedInode(path + "/" + name);
  }

  /** The path that a directory was imported under, without a slash at its end. */
  private @Nullable String importedPath(long directory) {
    if (directory == root) {
      return "";
    }
    List<String> paths = importedPaths(directory);
    return paths.isEmpty() ? null : paths.getFirst();
  }

  /** Whether a name was imported, whatever became of it. */
  boolean isImported(long directory, String name) {
    return importedChild(directory, name) != 0;
  }

  /** An inode; null if there is none. */
  @Nullable Inode inode(long number) {
    Inode own = contents == null ? null : contents.inodes.get(number);
    if (own != null) {
      return own;
    }
    if (number == root && root != 0) {
      return ImportedInodes.derive(state, filesystem, number, true, 2);
    }
    List<String> paths = imported.size() == 0 ? List.of() : importedPaths(number);
    if (paths.isEmpty()) {
      return null;
    }
    boolean directory = !imported.tree().childrenOf(paths.getFirst()).isEmpty();
    return ImportedInodes.derive(state, filesystem, number, directory, paths.size());
  }

  /** The names in a directory behind one, in their order, at most {@code limit} of them. */
  List<Map.Entry<String, Long>> list(long directory, @Nullable String after, int limit) {
    TreeMap<String, Long> found = new TreeMap<>();
    TreeMap<String, Long> own =
        contents == null
            ? new TreeMap<>()
            : contents.entries.getOrDefault(directory, new TreeMap<>());
    for (Map.Entry<String, Long> entry :
        (after == null ? own : own.tailMap(after, false)).entrySet()) {
      if (found.size() == limit) {
        break;
      }
      if (entry.getValue() != 0) {
        found.put(entry.getKey(), entry.getValue());
      }
    }
    String path = imported.size() == 0 ? null : importedPath(directory);
    if (path != null) {
      for (Map.Entry<String, Long> entry : imported.tree().childrenOf(path)) {
        String name = entry.getKey();
        if ((after == null || name.compareTo(after) > 0) && !own.containsKey(name)) {
          found.put(name, entry.getValue());
          if (found.size() > limit) {
            found.pollLastEntry();
          }
        }
      }
    }
    return new ArrayList<>(found.entrySet());
  }

  /** All names in a directory. */
  List<String> all(long directory) {
    return list(directory, null, Integer.MAX_VALUE).stream().map(Map.Entry::getKey).toList();
  }
}
