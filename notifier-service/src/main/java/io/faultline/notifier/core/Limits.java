package io.faultline.notifier.core;

/**
 * How much is kept of each fault case and shown of it. Beyond it things are counted. How many cases
 * there may be is said by {@link Capacity}.
 */
final class Limits {

  /** Entries that a list of an answer shows. */
  static final int SHOWN = 100;

  /** Entries that each list of a case shows where it is one of many cases. */
  static final int SHOWN_IN_LIST = 10;

  /** Ranges that an answer shows in one place. */
  static final int SHOWN_RANGES = 100;

  /** Nodes of one answer to how a fault made its way up. */
  static final int SHOWN_NODES = 5_000;

  /** Ranges that all entries of one answer show together; see the size of a Kafka record. */
  static final int SHOWN_RANGES_TOGETHER = 10_000;

  /** Devices of one case (one removal may take many). */
  static final int CASE_DEVICES = 10_000;

  /** Volumes of one case whose ranges are kept. */
  static final int CASE_VOLUMES = 256;

  /** Filesystems, files and processes of one case: as many as are shown. */
  static final int CASE_ENTRIES = SHOWN;

  /** Events of one case and layer that are listed. */
  static final int CASE_EVENTS = SHOWN;

  /** Entries of one case that are only counted, yet each once. */
  static final int CASE_SEEN = 8_192;

  /** Lines of a case's time line: the last ones. */
  static final int MOMENTS = 100;

  /** Characters of all paths of one case. */
  static final long CASE_PATH_CHARS = 128 * 1024;

  /** Leaves of one volume in one case that are named. */
  static final int CASE_LEAVES = 16;

  /** Devices, volumes and filesystems of a host that the topology knows, each. */
  static final int KNOWN_THINGS = 10_000;

  /** Bad ranges of a strip of sectors that are named and not only binned. */
  static final int STRIP_RANGES = 1_000;

  /** Holders of a leaving device that are named. */
  static final int REMOVAL_HOLDERS = 64;

  /** Kinds of targets of one volume that are named. */
  static final int VOLUME_TARGETS = 32;

  private Limits() {}
}
