package io.faultline.standalone.behaviour;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What is lost of the case's files, so that a probe of it is known to differ. */
final class Losses {

  /** A page of a file. */
  private record Page(String path, long offset) {}

  private final Set<Page> lost = new HashSet<>();
  private final Map<String, String> sharers = new HashMap<>();
  private final Set<String> unwritten = new HashSet<>();
  private final Set<Page> unshared = new HashSet<>();

  /** All of a file is preallocated: nothing of it is lost before something is written. */
  void unwritten(String path) {
    unwritten.add(path);
  }

  boolean isUnwritten(String path) {
    return unwritten.contains(path);
  }

  /** Two files share all of their pages. */
  void share(String path, String other) {
    sharers.put(path, other);
    sharers.put(other, path);
  }

  boolean isShared(String path) {
    return sharers.containsKey(path);
  }

  boolean areSharers(String path, String other) {
    return other.equals(sharers.get(path));
  }

  void lose(String path, long offset) {
    Page page = new Page(path, offset / Placement.PAGE);
    lost.add(page);
    String other = sharers.get(path);
    if (other != null && !unshared.contains(page)) {
      lost.add(new Page(other, page.offset()));
    }
  }

  /** A whole page was written: it is good, in place or, where it was shared, elsewhere. */
  void rewrite(String path, long offset) {
    Page page = new Page(path, offset / Placement.PAGE);
    lost.remove(page);
    unshare(page);
  }

  private void unshare(Page page) {
    String other = sharers.get(page.path());
    if (other != null) {
      unshared.add(page);
      unshared.add(new Page(other, page.offset()));
    }
  }

  boolean isLost(String path, long offset) {
    return lost.contains(new Page(path, offset / Placement.PAGE));
  }
}
