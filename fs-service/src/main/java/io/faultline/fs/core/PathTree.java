package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which names lie in which directory of an imported list. Directories that the list leaves out,
 * although it has names below them, are implied: they get inodes that no filesystem has.
 */
final class PathTree {

  /** Counted down for each implied directory; numbers stay below 2^53. */
  private static final long FIRST_IMPLIED = (1L << 53) - 1;

  private static final int NONE = -1;

  private final PathIndex paths;
  private final TreeMap<String, Long> implied = new TreeMap<>();
  private final Map<Long, String> impliedPaths = new HashMap<>();
  private final int[] slots;
  private final int[] next;

  PathTree(PathIndex paths) {
    this.paths = paths;
    int size = paths.size();
    slots = new int[Integer.highestOneBit(Math.max(16, size)) * 2];
    next = new int[size];
    Arrays.fill(slots, NONE);
    for (int entry = 0; entry < size; entry++) {
      String path = paths.path(entry);
      if (path.length() > 1) {
        String parent = parentOf(path);
        int slot = slot(parent);
        next[entry] = slots[slot];
        slots[slot] = entry;
        imply(parent);
      }
    }
    long inode = FIRST_IMPLIED;
    for (Map.Entry<String, Long> each : implied.entrySet()) {
      each.setValue(inode);
      impliedPaths.put(inode--, each.getKey());
    }
  }

  private void imply(String directory) {
    for (String at = directory;
        paths.inodeOf(at.isEmpty() ? "/" : at) == 0 && implied.put(at, 0L) == null;
        at = parentOf(at)) {
      if (at.isEmpty()) {
        return;
      }
    }
  }

  /** The path above; empty for the root. */
  private static String parentOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private int slot(String directory) {
    int hash = directory.hashCode() * 0x9E3779B9;
    return hash >>> 7 & slots.length - 1;
  }

  /**
   * The inode of an implied directory; 0 if it is none.
   *
   * @param directory without a slash at its end
   */
  long impliedInode(String directory) {
    return implied.getOrDefault(directory, 0L);
  }

  /** The implied directory with an inode; none if it is not implied. */
  List<String> impliedPath(long inode) {
    String path = impliedPaths.get(inode);
    return path == null ? List.of() : List.of(path);
  }

  boolean isEmpty() {
    return paths.size() == 0;
  }

  /**
   * Names and inodes in a directory, in no order.
   *
   * @param directory without a slash at its end
   */
  List<Map.Entry<String, Long>> childrenOf(String directory) {
    List<Map.Entry<String, Long>> children = new ArrayList<>();
    int name = directory.length() + 1;
    for (int entry = slots[slot(directory)]; entry != NONE; entry = next[entry]) {
      String path = paths.path(entry);
      if (path.lastIndexOf('/') == directory.length() && path.startsWith(directory)) {
        children.add(Map.entry(path.substring(name), paths.inodeAt(entry)));
      }
    }
    for (Map.Entry<String, Long> each :
        implied.subMap(directory + "/", directory + "0").entrySet()) {
      if (each.getKey().indexOf('/', name) < 0) {
        children.add(Map.entry(each.getKey().substring(name), each.getValue()));
      }
    }
    return children;
  }
}
