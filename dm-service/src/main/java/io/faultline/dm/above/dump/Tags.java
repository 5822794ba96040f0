package io.faultline.dm.above.dump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The tags of an XML text of any size, one after another, as the dumping tools print them: elements
 * and attributes and nothing that matters between them. It holds one tag at a time.
 *
 * <p>This is a part of XML 1.0 on purpose. A document type, an entity, a processing instruction
 * inside or a CDATA section is refused, so nothing of the text is ever expanded or fetched.
 */
final class Tags {

  /** A tag has at most this many bytes; the longest of the tools has three hundred. */
  static final int MAX_TAG_BYTES = 8192;

  static final int MAX_ATTRIBUTES = 32;

  /** Elements inside one another; the tools' go four deep. */
  static final int MAX_DEPTH = 16;

  /** What {@link #next} found. */
  enum Kind {
    /** {@code <name ...>} */
    START,
    /** {@code </name>}, or the end of {@code <name .../>} */
    END,
    /** The text is over, and every element was closed. */
    OVER
  }

  private static final int BUFFER_BYTES = 128 * 1024;

  private final InputStream body;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  private long line = 1;
  private long tagLine = 1;
  private int tagStart;
  private int tagEnd;
  private int nameStart;
  private int nameEnd;
  private boolean closesItself;
  private boolean seenRoot;

  private int attributes;
  private final int[] attributeName = new int[MAX_ATTRIBUTES];
  private final int[] attributeNameEnd = new int[MAX_ATTRIBUTES];
  private final int[] attributeValue = new int[MAX_ATTRIBUTES];
  private final int[] attributeValueEnd = new int[MAX_ATTRIBUTES];

  private final byte[][] open = new byte[MAX_DEPTH][];
  private int depth;

  Tags(InputStream body) {
    this.body = body;
  }

  /** How many elements are open: 1 within the outermost. */
  int depth() {
    return depth;
  }

  /** Whether the tag that was read last has this name. */
  boolean is(byte[] name) {
    return Arrays.equals(buffer, nameStart, nameEnd, name, 0, name.length);
  }

  String name() {
    return new String(buffer, nameStart, nameEnd - nameStart, UTF_8);
  }

  static byte[] name(String name) {
    return name.getBytes(US_ASCII);
  }

  /** The next tag. Text between tags may only be white space. */
  Kind next() throws IOException {
    if (closesItself) {
      closesItself = false;
      depth--;
      return Kind.END;
    }
    while (true) {
      if (!skipSpace()) {
        if (depth > 0) {
          throw bad("the text ends inside <" + new String(open[depth - 1], UTF_8) + ">");
        }
        tagLine = line;
        if (!seenRoot) {
          throw bad("the text is empty, but a dump has a superblock");
        }
        return Kind.OVER;
      }
      readTag();
      byte first = buffer[tagStart + 1];
      if (first == '?') {
        checkDeclaration();
      } else if (first == '!') {
        throw bad("a dump has no document type, entities, comments or CDATA sections");
      } else if (first == '/') {
        return end();
      } else {
        return start();
      }
    }
  }

  private boolean skipSpace() throws IOException {
    while (true) {
      while (position < limit) {
        byte next = buffer[position];
        if (next == '<') {
          return true;
        }
        if (next == '\n') {
          line++;
        } else if (next != ' ' && next != '\t' && next != '\r') {
          tagLine = line;
          tagStart = position;
          tagEnd = Math.min(limit, position + 40);
          throw bad("between tags there is nothing but white space");
        }
        position++;
      }
      if (!fill(position)) {
        return false;
      }
    }
  }

  /** Has the tag from {@code position} on whole in the buffer. */
  private void readTag() throws IOException {
    tagStart = position;
    tagLine = line;
    int at = position + 1;
    byte quote = 0;
    while (true) {
      while (at < limit) {
        byte next = buffer[at++];
        if (quote != 0) {
          if (next == quote) {
            quote = 0;
          }
        } else if (next == '>') {
          position = at;
          tagEnd = at;
          if (at - tagStart > MAX_TAG_BYTES) {
            throw bad("a tag has at most " + MAX_TAG_BYTES + " bytes");
          }
          return;
        } else if (next == '"' || next == '\'') {
          quote = next;
        }
        if (next == '\n') {
          line++;
        }
      }
      tagEnd = at;
      if (at - tagStart > MAX_TAG_BYTES) {
        throw bad("a tag has at most " + MAX_TAG_BYTES + " bytes");
      }
      int length = at - tagStart;
      if (!fill(tagStart)) {
        throw bad("the text ends in the middle of a tag");
      }
      // Filling moves the tag to the front.
      at = tagStart + length;
    }
  }

  /** Reads more behind what is kept from {@code keepFrom} on, which moves to the front. */
  private boolean fill(int keepFrom) throws IOException {
    int kept = limit - keepFrom;
    System.arraycopy(buffer, keepFrom, buffer, 0, kept);
    tagStart = 0;
    position = 0;
    limit = kept;
    int read = body.read(buffer, kept, buffer.length - kept);
    if (read <= 0) {
      return false;
    }
    limit = kept + read;
    return true;
  }

  private void checkDeclaration() {
    String text = new String(buffer, tagStart, tagEnd - tagStart, UTF_8);
    if (seenRoot || depth > 0 || !text.startsWith("<?xml ") || !text.endsWith("?>")) {
      throw bad("the only instruction is <?xml ...?> at the beginning");
    }
    String lower = text.toLowerCase(java.util.Locale.ROOT);
    if (lower.contains("encoding") && !lower.contains("utf-8") && !lower.contains("us-ascii")) {
      throw bad("the encoding is UTF-8");
    }
  }

  private Kind start() {
    int at = readName(tagStart + 1);
    if (depth == 0 && seenRoot) {
      throw bad("there is one outermost element");
    }
    if (depth == MAX_DEPTH) {
      throw bad("elements are at most " + MAX_DEPTH + " deep");
    }
    int end = tagEnd - 1;
    closesItself = buffer[end - 1] == '/';
    readAttributes(at, closesItself ? end - 1 : end);
    seenRoot = true;
    // Its name is needed again only if it has an end tag of its own.
    open[depth++] = closesItself ? NO_NAME : Arrays.copyOfRange(buffer, nameStart, nameEnd);
    return Kind.START;
  }

  private static final byte[] NO_NAME = {};

  private Kind end() {
    int at = readName(tagStart + 2);
    while (at < tagEnd - 1 && isSpace(buffer[at])) {
      at++;
    }
    if (at != tagEnd - 1 || depth == 0 || !is(open[depth - 1])) {
      throw bad(
          depth == 0
              ? "nothing is open that this would close"
              : "this closes <" + new String(open[depth - 1], UTF_8) + ">");
    }
    depth--;
    return Kind.END;
  }

  private int readName(int from) {
    int at = from;
    while (at < tagEnd && isName(buffer[at])) {
      at++;
    }
    if (at == from) {
      throw bad("a tag has a name of letters, digits, - and _");
    }
    nameStart = from;
    nameEnd = at;
    return at;
  }

  private void readAttributes(int from, int end) {
    attributes = 0;
    int at = from;
    while (at < end) {
      int before = at;
      while (at < end && isSpace(buffer[at])) {
        at++;
      }
      if (at == end) {
        return;
      }
      if (at == before || attributes == MAX_ATTRIBUTES) {
        throw bad("attributes stand apart, at most " + MAX_ATTRIBUTES + " in a tag");
      }
      at = readAttribute(at, end);
    }
  }

  private int readAttribute(int from, int end) {
    int at = from;
    while (at < end && isName(buffer[at])) {
      at++;
    }
    int quoteAt = at + 1;
    if (at == from
        || quoteAt >= end
        || buffer[at] != '='
        || (buffer[quoteAt] != '"' && buffer[quoteAt] != '\'')) {
      throw bad("an attribute is name=\"value\"");
    }
    byte quote = buffer[quoteAt];
    int value = quoteAt + 1;
    int close = value;
    while (close < end && buffer[close] != quote) {
      byte next = buffer[close];
      if (next == '&' || next == '<') {
        throw bad("a value has no entities and no tags");
      }
      close++;
    }
    if (close == end) {
      throw bad("a value ends with its quote");
    }
    for (int i = 0; i < attributes; i++) {
      if (Arrays.equals(buffer, attributeName[i], attributeNameEnd[i], buffer, from, at)) {
        throw bad("an attribute stands once");
      }
    }
    attributeName[attributes] = from;
    attributeNameEnd[attributes] = at;
    attributeValue[attributes] = value;
    attributeValueEnd[attributes] = close;
    attributes++;
    return close + 1;
  }

  private static boolean isSpace(byte next) {
    return next == ' ' || next == '\t' || next == '\n' || next == '\r';
  }

  private static boolean isName(byte next) {
    return next >= 'a' && next <= 'z'
        || next == '_'
        || next >= 'A' && next <= 'Z'
        || next >= '0' && next <= '9'
        || next == '-'
        || next == '.'
        || next == ':';
  }

  private int find(byte[] name) {
    for (int i = 0; i < attributes; i++) {
      if (attributeNameEnd[i] - attributeName[i] == name.length
          && Arrays.equals(buffer, attributeName[i], attributeNameEnd[i], name, 0, name.length)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the start tag that was read last has this attribute. */
  boolean has(byte[] name) {
    return find(name) >= 0;
  }

  /** The value of an attribute of the start tag that was read last; it must have it. */
  String text(byte[] name) {
    int found = require(name);
    return new String(
        buffer, attributeValue[found], attributeValueEnd[found] - attributeValue[found], UTF_8);
  }

  /** The same as a number from 0 to {@code most}. */
  long number(byte[] name, long most) {
    int found = require(name);
    int from = attributeValue[found];
    int to = attributeValueEnd[found];
    long value = 0;
    boolean ok = from < to;
    for (int i = from; i < to && ok; i++) {
      int digit = buffer[i] - '0';
      ok = digit >= 0 && digit <= 9 && value <= (Long.MAX_VALUE - 9) / 10;
      value = 10 * value + digit;
    }
    if (!ok || value > most) {
      throw bad(new String(name, US_ASCII) + " is a number from 0 to " + most);
    }
    return value;
  }

  private int require(byte[] name) {
    int found = find(name);
    if (found < 0) {
      throw bad("<" + name() + "> has " + new String(name, US_ASCII));
    }
    return found;
  }

  /** Refuses the tag that was read last. */
  BadDumpException bad(String rule) {
    int end = Math.min(tagEnd, Math.min(limit, tagStart + 160));
    String text = end <= tagStart ? "" : new String(buffer, tagStart, end - tagStart, UTF_8);
    return new BadDumpException(tagLine, text, rule);
  }
}
