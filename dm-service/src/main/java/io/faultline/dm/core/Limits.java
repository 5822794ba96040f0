package io.faultline.dm.core;

/** How much of everything there may be. Every refusal for one of these names it. */
public final class Limits {

  /** A table's text, and its text as it is kept, with every device by its name. */
  public static final int MAX_TABLE_BYTES = 1024 * 1024;

  /** Lines of a table, comments and blank lines included. */
  public static final int MAX_TABLE_LINES = 65_536;

  /** Targets of a table. */
  public static final int MAX_TARGETS = 32_768;

  /** A volume ends below this sector: numbers of the interface stay exact in JavaScript. */
  public static final long MAX_VOLUME_SECTORS = (1L << 53) - 1;

  /** Volumes on volumes: how many from a device to the topmost. */
  public static final int MAX_STACK_DEPTH = 256;

  /** Volumes of a host. */
  public static final int MAX_VOLUMES = 10_000;

  /**
   * Ranges of one image of a bad set on a volume. A set that would have more is rounded outwards
   * until it has not: then it names sectors that are not hit, but never leaves one out.
   */
  public static final int MAX_IMAGE_RANGES = 1 << 24;

  /** Ranges or pieces in one answer; a longer one says with {@code next} where to go on. */
  public static final int MAX_ANSWER_RANGES = 65_536;

  /** Ranges in one kept fact; more are kept as several. */
  static final int MAX_FACT_RANGES = 32_768;

  /** Text of tables in one page of a list; the rest comes with the next page. */
  static final int MAX_PAGE_TABLE_CHARS = 4 * 1024 * 1024;

  private Limits() {}
}
