package io.faultline.fs.core;

import java.util.Locale;

/** Where each fact is kept. Names hold no slash, so a key can be taken apart again. */
final class Keys {

  static final String FILESYSTEM = "filesystem";
  static final String DEVICE = "device";
  static final String SLICE = "slice";
  static final String BAD = "bad";
  static final String MAPPING = "mapping";
  static final String PRESENT = "present";
  static final String SIGNALS = "signals";
  static final String KERNEL = "kernel";
  static final String UPLOAD = "upload";
  static final String PART = "part";
  static final String TELLING = "telling";
  static final String DAMAGED = "damaged";

  static final String DISK = "disk";
  static final String EXTENT = "extent";
  static final String INODE = "inode";
  static final String ENTRY = "entry";
  static final String XATTR = "xattr";
  static final String WRITE = "write";

  private Keys() {}

  static String disk(String contents) {
    return DISK + "/" + contents;
  }

  static String extent(String contents, Role role, MapRecord record) {
    return EXTENT + "/" + contents + "/" + ExtentKeys.write(role, record);
  }

  static String inode(String contents, long inode) {
    return INODE + "/" + contents + "/" + inode;
  }

  static String entry(String contents, long directory, String name) {
    return ENTRY + "/" + contents + "/" + directory + "/" + name;
  }

  static String xattr(String contents, long inode, String name) {
    return XATTR + "/" + contents + "/" + inode + "/" + name;
  }

  static String write(String contents, String id) {
    return WRITE + "/" + contents + "/" + id;
  }

  static String filesystem(String name) {
    return FILESYSTEM + "/" + name;
  }

  static String device(String name) {
    return DEVICE + "/" + name;
  }

  static String slice(String id) {
    return SLICE + "/" + id;
  }

  /** One key for each event of a fault, so that a large set grows without being written anew. */
  static String bad(String device, String faultId, long sequence) {
    return String.format(Locale.ROOT, "%s/%s/%s/%016d", BAD, device, faultId, sequence);
  }

  static String mapping(long pid, String id) {
    return MAPPING + "/" + pid + "/" + id;
  }

  static String present(long pid, String id, long window) {
    return PRESENT + "/" + pid + "/" + id + "/" + window;
  }

  static String signals(long pid) {
    return SIGNALS + "/" + pid;
  }

  static String upload(String id) {
    return UPLOAD + "/" + id;
  }

  static String part(String upload, int section, int number) {
    return String.format(Locale.ROOT, "%s/%s/%d/%08d", PART, upload, section, number);
  }

  static String damaged(String filesystem, long startSector) {
    return DAMAGED + "/" + filesystem + "/" + startSector;
  }

  static String telling(String filesystem, String id) {
    return TELLING + "/" + filesystem + "/" + id;
  }
}
