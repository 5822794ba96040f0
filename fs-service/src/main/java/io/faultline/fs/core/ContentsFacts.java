package io.faultline.fs.core;

import io.faultline.fs.core.FileFact.DirEntry;
import io.faultline.fs.core.FileFact.Disk;
import io.faultline.fs.core.FileFact.Inode;
import io.faultline.fs.core.FileFact.MapChange;
import io.faultline.fs.core.FileFact.PendingWrite;
import io.faultline.fs.core.FileFact.Xattr;

/** Applies facts to contents: takes their keys apart. */
final class ContentsFacts {

  private ContentsFacts() {}

  /**
   * @param key kind, contents, and the rest
   */
  static void put(Contents contents, String[] key, FileFact fact) {
    switch (fact) {
      case Disk disk -> contents.put(disk);
      case MapChange change -> {
        ExtentKeys.Place place = ExtentKeys.read(key[2]);
        contents.apply(place.role(), place.record(), change.present());
      }
      case Inode inode -> contents.put(Long.parseLong(key[2]), inode);
      case DirEntry entry -> {
        String[] place = key[2].split("/", 2);
        contents.putEntry(Long.parseLong(place[0]), place[1], entry.inode());
      }
      case Xattr xattr -> {
        String[] place = key[2].split("/", 2);
        contents.putXattr(Long.parseLong(place[0]), place[1], xattr.value());
      }
      case PendingWrite write -> contents.writes.put(key[2], write);
    }
  }

  static void remove(Contents contents, String[] key) {
    switch (key[0]) {
      case Keys.DISK -> contents.removeDisk();
      case Keys.EXTENT -> {
        ExtentKeys.Place place = ExtentKeys.read(key[2]);
        contents.apply(place.role(), place.record(), null);
      }
      case Keys.INODE -> contents.removeInode(Long.parseLong(key[2]));
      case Keys.ENTRY -> {
        String[] place = key[2].split("/", 2);
        contents.putEntry(Long.parseLong(place[0]), place[1], null);
      }
      case Keys.XATTR -> {
        String[] place = key[2].split("/", 2);
        contents.putXattr(Long.parseLong(place[0]), place[1], null);
      }
      case Keys.WRITE -> contents.writes.remove(key[2]);
      default -> throw new IllegalStateException("no fact of contents has the key " + key[0]);
    }
  }
}
