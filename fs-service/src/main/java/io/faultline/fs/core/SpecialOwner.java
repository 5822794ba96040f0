package io.faultline.fs.core;

import java.util.Optional;

/**
 * Owners of space that are no inode, with the codes of FS_IOC_GETFSMAP and the names that {@code
 * xfs_io fsmap -v} prints (Linux {@code include/uapi/linux/fsmap.h}, {@code
 * fs/xfs/libxfs/xfs_fs.h}; xfsprogs {@code io/fsmap.c}).
 */
public enum SpecialOwner {
  FREE_SPACE("free space", 0, 1, false),
  UNKNOWN("unknown", 0, 2, false),
  /** Superblocks and allocation group headers: rebuilt from secondaries and from the rmap. */
  STATIC_FS_METADATA("static fs metadata", 'X', 1, true),
  /** What was not replayed yet is nowhere else. */
  JOURNALLING_LOG("journalling log", 'X', 2, false),
  /** Free-space btrees, reverse-mapping btree, free list. */
  PER_AG_METADATA("per-AG metadata", 'X', 3, true),
  INODE_BTREE("inode btree", 'X', 4, true),
  /** Inode records themselves: salvage only. */
  INODES("inodes", 'X', 5, false),
  REFCOUNT_BTREE("refcount btree", 'X', 6, true),
  /** Staging for a copy on write in progress: nothing in it is referenced yet. */
  COW_RESERVATION("cow reservation", 'X', 7, true),
  /** Defined by the kernel and never used by it. */
  DEFECTIVE("defective", 'X', 8, false);

  private static final SpecialOwner[] VALUES = values();

  private final String kernelName;
  private final int type;
  private final int code;
  private final boolean rebuildable;

  SpecialOwner(String kernelName, int type, int code, boolean rebuildable) {
    this.kernelName = kernelName;
    this.type = type;
    this.code = code;
    this.rebuildable = rebuildable;
  }

  /** As {@code fsmap -v} prints it. */
  public String kernelName() {
    return kernelName;
  }

  /** The part before the colon of {@code special_88:1}, as {@code fsmap -m} prints it. */
  public int type() {
    return type;
  }

  /** The part after the colon. */
  public int code() {
    return code;
  }

  /** Whether a repair can make it anew from what else is there (xfs online fsck design). */
  public boolean rebuildable() {
    return rebuildable;
  }

  /** Whether the space is in nobody's use, or nobody knows in whose. */
  public boolean isUnowned() {
    return this == FREE_SPACE || this == UNKNOWN;
  }

  public static Optional<SpecialOwner> ofCodes(int type, int code) {
    for (SpecialOwner owner : VALUES) {
      if (owner.type == type && owner.code == code) {
        return Optional.of(owner);
      }
    }
    return Optional.empty();
  }

  public static SpecialOwner ofOrdinal(int ordinal) {
    return VALUES[ordinal];
  }
}
