package io.faultline.fs.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.ranges.Varints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which names an inode has, and which inode a name is. The names stay in the parts that they came
 * in; two hash tables of entry numbers lead to them, 24 bytes a name beside its text.
 */
public final class PathIndex {

  /** No name is known. */
  public static final PathIndex EMPTY = new PathIndex();

  /** Names that are told of one inode at most, in events and answers. */
  public static final int MAX_PATHS_TOLD = 256;

  private static final int NONE = -1;

  private final List<byte[]> parts = new ArrayList<>();
  private int size;
  private long[] inodes = new long[16];

  /** Part number above, position of the length of the name below. */
  private long[] positions = new long[16];

  /** The entry before this one with the same slot, by inode and by name. */
  private int[] nextByInode = new int[16];

  private int[] nextByPath = new int[16];
  private int[] inodeSlots = emptySlots(16);
  private int[] pathSlots = emptySlots(16);

  private @Nullable PathTree tree;

  PathIndex() {}

  /** How many names there are. */
  public int size() {
    return size;
  }

  /** The names of an inode, sorted; empty if none is known. */
  public List<String> pathsOf(long inode) {
    TreeSet<String> paths = new TreeSet<>();
    for (int entry = inodeSlots[slot(hash(inode), inodeSlots.length)];
        entry != NONE;
        entry = nextByInode[entry]) {
      if (inodes[entry] == inode) {
        paths.add(path(entry));
      }
    }
    return paths.stream().limit(MAX_PATHS_TOLD).toList();
  }

  /** The inode of a name, the one that was given last; 0 if the name is not known. */
  public long inodeOf(String path) {
    byte[] wanted = path.getBytes(UTF_8);
    for (int entry = pathSlots[slot(hash(wanted, 0, wanted.length), pathSlots.length)];
        entry != NONE;
        entry = nextByPath[entry]) {
      if (isPath(entry, wanted)) {
        return inodes[entry];
      }
    }
    return 0;
  }

  /**
   * Adds the names of a part as {@link PackedPaths} made it.
   *
   * @throws IllegalArgumentException if it is no such part
   */
  void addPart(byte[] part) {
    int number = parts.size();
    parts.add(part);
    Varints.Reader in = new Varints.Reader(part);
    while (in.hasMore()) {
      long inode = in.number();
      int position = in.position();
      int length = (int) in.number();
      int start = in.position();
      in.skip(length);
      add(inode, (long) number << 32 | position, hash(part, start, length));
    }
  }

  private void add(long inode, long position, int pathHash) {
    if (size == inodes.length) {
      grow();
    }
    inodes[size] = inode;
    positions[size] = position;
    link(size, pathHash);
    size++;
  }

  private void link(int entry, int pathHash) {
    int inodeSlot = slot(hash(inodes[entry]), inodeSlots.length);
    nextByInode[entry] = inodeSlots[inodeSlot];
    inodeSlots[inodeSlot] = entry;
    int pathSlot = slot(pathHash, pathSlots.length);
    nextByPath[entry] = pathSlots[pathSlot];
    pathSlots[pathSlot] = entry;
  }

  private void grow() {
    int larger = 2 * size;
    inodes = Arrays.copyOf(inodes, larger);
    positions = Arrays.copyOf(positions, larger);
    nextByInode = Arrays.copyOf(nextByInode, larger);
    nextByPath = Arrays.copyOf(nextByPath, larger);
    inodeSlots = emptySlots(larger);
    pathSlots = emptySlots(larger);
    for (int entry = 0; entry < size; entry++) {
      Varints.Reader name = name(entry);
      int length = (int) name.number();
      link(entry, hash(part(entry), name.position(), length));
    }
  }

  private byte[] part(int entry) {
    return parts.get((int) (positions[entry] >>> 32));
  }

  private Varints.Reader name(int entry) {
    Varints.Reader name = new Varints.Reader(part(entry));
    name.skip((int) positions[entry]);
    return name;
  }

  /** Which names lie in which directory: made when somebody asks for the first time. */
  PathTree tree() {
    PathTree made = tree;
    if (made == null) {
      made = new PathTree(this);
      tree = made;
    }
    return made;
  }

  long inodeAt(int entry) {
    return inodes[entry];
  }

  String path(int entry) {
    Varints.Reader name = name(entry);
    int length = (int) name.number();
    return new String(part(entry), name.position(), length, UTF_8);
  }

  private boolean isPath(int entry, byte[] wanted) {
    Varints.Reader name = name(entry);
    int length = (int) name.number();
    int start = name.position();
    return Arrays.equals(part(entry), start, start + length, wanted, 0, wanted.length);
  }

  private static int slot(int hash, int slots) {
    return hash & (slots - 1);
  }

  private static int hash(long inode) {
    return (int) (inode * 0x9E3779B97F4A7C15L >>> 33);
  }

  private static int hash(byte[] bytes, int from, int length) {
    long hash = 0xCBF29CE484222325L;
    for (int i = from; i < from + length; i++) {
      hash = (hash ^ bytes[i]) * 0x100000001B3L;
    }
    return (int) (hash >>> 20);
  }

  private static int[] emptySlots(int slots) {
    int[] empty = new int[slots];
    Arrays.fill(empty, NONE);
    return empty;
  }

  /** Two indexes are equal if they hold the same pairs of inode and name. */
  @Override
  public boolean equals(Object other) {
    return other instanceof PathIndex index && size == index.size && pairs().equals(index.pairs());
  }

  @Override
  public int hashCode() {
    return size;
  }

  private HashSet<String> pairs() {
    HashSet<String> pairs = new HashSet<>();
    for (int entry = 0; entry < size; entry++) {
      pairs.add(inodes[entry] + " " + path(entry));
    }
    return pairs;
  }

  @Override
  public String toString() {
    return size + " paths";
  }
}
