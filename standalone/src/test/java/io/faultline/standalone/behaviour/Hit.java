package io.faultline.standalone.behaviour;

/** What an injected page was on the real machine: what is hit here is the same thing. */
sealed interface Hit {

  /** A page of a file, by the name that the set-up gave it. */
  record FilePage(String path, long offset) implements Hit {}

  /** A block of a directory or of a file's attributes. */
  record Fork(String path, String fork) implements Hit {}

  /**
   * Metadata or free space, by the name that fsmap prints.
   *
   * @param group which of its kind, counted in allocation groups
   */
  record Special(String owner, int group) implements Hit {}

  /** The same byte of a device that is no filesystem's data device. */
  record DeviceByte(String device, long offset) implements Hit {}

  /** A private copy: memory that is no file's, at an offset of the process's mapping. */
  record PrivateCopy(long offset) implements Hit {}
}
