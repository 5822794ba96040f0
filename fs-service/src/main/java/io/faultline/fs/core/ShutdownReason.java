package io.faultline.fs.core;

/** Why a filesystem stopped, by the kernel's names ({@code fs/xfs/xfs_mount.h}). */
public enum ShutdownReason {
  /** Metadata on the medium is lost. */
  CORRUPT_ONDISK,
  /** Asked for: what a planned removal ends with. */
  FORCE_UMOUNT,
  /** The block device is gone. */
  DEVICE_REMOVED,
  /** The log cannot be written. */
  LOG_IO
}
