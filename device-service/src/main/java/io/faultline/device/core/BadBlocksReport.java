package io.faultline.device.core;

/**
 * A list of bad blocks in the form in which a tool of the field prints it, so that scripts made for
 * that tool read it.
 */
public interface BadBlocksReport {

  /** How a report looks on the wire, apart from what it says. */
  enum Printing {
    /** Lines of text; the body is a string. */
    TEXT,
    /** As json-c prints with {@code JSON_C_TO_STRING_PRETTY}: two spaces, none after a colon. */
    JSON_C,
    /** Two spaces, one after a colon. */
    JSON_TWO_SPACES,
    /** Four spaces, one after a colon. */
    JSON_FOUR_SPACES
  }

  /** As {@code ?format=} names it. */
  String format();

  Printing printing();

  /**
   * The report: text, or maps and lists of what JSON has.
   *
   * @param human sizes and addresses for people to read, where the tool has an option for that
   */
  Object body(BadBlocks bad, boolean human);
}
