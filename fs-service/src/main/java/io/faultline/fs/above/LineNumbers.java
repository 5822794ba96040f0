package io.faultline.fs.above;

import io.faultline.runtime.http.Edge;

/** Reads the numbers of one line and says which column is wrong and why. */
final class LineNumbers {

  private final long lineNumber;
  private final String line;

  LineNumbers(long lineNumber, String line) {
    this.lineNumber = lineNumber;
    this.line = line;
  }

  BadLineException bad(String rule) {
    return new BadLineException(lineNumber, line, rule);
  }

  BadLineException unknownOwner(String owner) {
    return bad("OWNER is an inode or a name that xfs_io prints, but not " + Edge.quote(owner));
  }

  /** A number from 0 and below 2^53. */
  long number(String column, String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits) {
      throw bad(column + " is a number, but it is " + Edge.quote(text));
    }
    // 16 digits are below 2^63, so that the comparison is exact.
    long value = text.length() > 16 ? Long.MAX_VALUE : Long.parseLong(text);
    if (value >= Edge.NUMBER_LIMIT) {
      throw bad(column + " is below 2^53, but it is " + text);
    }
    return value;
  }

  long inode(String text) {
    long inode = number("OWNER", text);
    if (inode == 0) {
      throw bad("OWNER is an inode, and those begin at 1");
    }
    return inode;
  }

  /** How many sectors lie from {@code start} to the inclusive end; the length must say the same. */
  long count(
      String startColumn,
      long start,
      String endColumn,
      String endText,
      String lengthColumn,
      String lengthText) {
    long end = number(endColumn, endText);
    if (end < start) {
      throw bad(endColumn + " is the last sector, not before " + startColumn);
    }
    long count = end - start + 1;
    if (number(lengthColumn, lengthText) != count) {
      throw bad(
          lengthColumn
              + " is "
              + endColumn
              + " - "
              + startColumn
              + " + 1 = "
              + count
              + ", but it is "
              + lengthText);
    }
    return count;
  }

  void requireEmpty(String column, String text) {
    if (!text.isEmpty()) {
      throw bad(column + " is empty for this owner, but it is " + Edge.quote(text));
    }
  }
}
