package io.faultline.dm.core.target;

/** A target that was read from a table, or why the kernel would not have it. */
public sealed interface Parsed {

  record Ok(Target target) implements Parsed {}

  /**
   * @param error the kernel's words, {@code Invalid chunk_size}
   * @param errno the kernel's error, {@code -EINVAL}
   * @param explanation what would be right
   */
  record Refused(String error, String errno, String explanation) implements Parsed {}

  /** A device that a line names was not found. */
  static Parsed notFound(String error, DeviceLookup.Answer answer) {
    return switch (answer) {
      case DeviceLookup.Answer.NotFound none ->
          new Refused(error, none.errno(), none.explanation());
      case DeviceLookup.Answer.Found found ->
          throw new IllegalArgumentException(found.name() + " was found");
    };
  }

  static Parsed invalid(String error, String explanation) {
    return new Refused(error, "-EINVAL", explanation);
  }
}
