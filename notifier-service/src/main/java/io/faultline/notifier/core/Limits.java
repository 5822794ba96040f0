package io.faultline.notifier.core;

/** How much is kept for each host and each fault case. Beyond it things are counted. */
final class Limits {

  /** Cases that are not recovered, for each host; further faults are counted and refused. */
  static final int OPEN_CASES = 50_000;

  /** Recovered cases for each host; the one that recovered first makes room. */
  static final int RECOVERED_CASES = 5_000;

  /** Entries that a list of an answer shows. */
  static final int SHOWN = 100;

  /** Entries that each list of a case shows where it is one of many cases. */
  static final int SHOWN_IN_LIST = 10;

  /** Ranges that an answer shows in one place. */
  static final int SHOWN_RANGES = 100;

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

  /** Bad ranges of one device in one case; beyond it they are rounded up to what they span. */
  static final int DEVICE_RANGES = 65_536;

  /** Bad ranges of one volume in one case; beyond it the first ones are kept. */
  static final int VOLUME_RANGES = 4_096;

  /** Devices, volumes and filesystems of a host that the topology knows, each. */
  static final int KNOWN_THINGS = 10_000;

  private Limits() {}
}
