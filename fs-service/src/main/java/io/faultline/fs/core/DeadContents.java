package io.faultline.fs.core;

import io.faultline.fs.core.FsFact.Filesystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Contents that belong to no filesystem any more, for it was deleted or another map was imported:
 * their facts go step by step, for there may be millions.
 */
final class DeadContents {

  /** Facts that one step takes away. */
  static final int MAX_FACTS_PER_STEP = 10_000;

  private DeadContents() {}

  /** The filesystem has left its contents with this decision. */
  static void forget(Draft draft, Filesystem filesystem) {
    String id = filesystem.contents();
    Contents contents = draft.state.contentsOf(filesystem);
    if (id != null && contents != null) {
      keys(id, contents, MAX_FACTS_PER_STEP).forEach(draft::gone);
    }
  }

  static void goOn(Draft draft) {
    int budget = MAX_FACTS_PER_STEP;
    for (Map.Entry<String, Contents> entry : draft.state.contents.entrySet()) {
      if (!draft.state.isLive(entry.getKey())) {
        List<String> keys = keys(entry.getKey(), entry.getValue(), budget);
        keys.forEach(draft::gone);
        budget -= keys.size();
      }
    }
  }

  /** Keys of facts of the contents; the superblock's is the last. */
  private static List<String> keys(String id, Contents contents, int limit) {
    List<String> keys = new ArrayList<>();
    contents.writes.keySet().forEach(write -> keys.add(Keys.write(id, write)));
    contents.inodes.keySet().forEach(inode -> keys.add(Keys.inode(id, inode)));
    contents.entries.forEach(
        (directory, names) ->
            names.keySet().forEach(name -> keys.add(Keys.entry(id, directory, name))));
    contents.xattrs.forEach(
        (inode, names) -> names.keySet().forEach(name -> keys.add(Keys.xattr(id, inode, name))));
    addRecords(id, contents.ownRecords(), keys, limit);
    addRecords(id, contents.goneRecords(), keys, limit);
    if (keys.size() >= limit) {
      return keys.subList(0, limit);
    }
    keys.add(Keys.disk(id));
    return keys;
  }

  private static void addRecords(
      String id, Map<Role, ReverseMap> records, List<String> keys, int limit) {
    records.forEach(
        (role, map) ->
            map.forEachOverlapping(
                0,
                Long.MAX_VALUE,
                record -> {
                  if (!record.isFree()) {
                    keys.add(Keys.extent(id, role, record.unshared()));
                  }
                  return keys.size() < limit;
                }));
  }
}
