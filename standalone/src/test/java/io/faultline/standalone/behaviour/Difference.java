package io.faultline.standalone.behaviour;

/**
 * Where Faultline does otherwise than the kernel was seen to do, and means to. Every one has its
 * row in docs/FAILURE.md; a probe that differs without one fails.
 */
public enum Difference {
  /**
   * hwpoison_inject and madvise lose nothing: the kernel reads the page as before. Here it is lost.
   */
  POISON_IS_REAL,
  /** The observed devices cannot clear poison by a write; the emulated ones can. */
  WRITES_HEAL,
  /**
   * Faultline's reads and writes go to the device: a copy in the page cache does not answer them.
   */
  NO_PAGE_CACHE,
  /** Above device-mapper and on partitions the kernel tells the filesystem nothing. */
  TOLD_ABOVE_DM,
  /** Memory that was unbound is still there; here no mapping outlives its device. */
  NO_MAPPING_OUTLIVES_ITS_DEVICE,
  /** The kernel's allocator hands out the bad block again, and the filesystem falls over it. */
  BAD_BLOCKS_ARE_AVOIDED,
  /** A device-mapper table keeps the device that left; here it finds the one that came back. */
  VOLUMES_COME_BACK,
  /** The kernel broke at this. */
  KERNEL_CRASHED,
  /** A private copy of a page is memory of the process, not of a file. */
  PRIVATE_MEMORY
}
