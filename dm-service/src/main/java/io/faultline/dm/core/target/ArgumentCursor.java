package io.faultline.dm.core.target;

import org.jspecify.annotations.Nullable;

/** Goes through the words of a line one after another, as the kernel's {@code dm_arg_set} does. */
final class ArgumentCursor {

  private final Arguments arguments;
  private int next;

  ArgumentCursor(Arguments arguments) {
    this.arguments = arguments;
  }

  /** A cursor of its own that begins at some word. */
  ArgumentCursor(Arguments arguments, int first) {
    this.arguments = arguments;
    this.next = first;
  }

  int left() {
    return Math.max(0, arguments.count() - next);
  }

  /** The next word; null after the last. */
  @Nullable String shift() {
    return next < arguments.count() ? arguments.words().get(next++) : null;
  }

  /**
   * The next word as a number in bounds, or {@link Arguments#NO_NUMBER}: the kernel's {@code
   * dm_read_arg}.
   */
  long read(long min, long max) {
    String word = shift();
    long number = word == null ? Arguments.NO_NUMBER : Arguments.parse(word);
    return number < min || number > max ? Arguments.NO_NUMBER : number;
  }

  /** The same for a count of words that follow, which must be there: {@code dm_read_arg_group}. */
  long readGroup(long min, long max) {
    long number = read(min, max);
    return number > left() ? Arguments.NO_NUMBER : number;
  }

  DeviceLookup.Answer device(String word) {
    return arguments.devices().lookUp(word);
  }
}
