package io.faultline.dm.core.targets;

/** A target that was read from a table, or why the kernel would not have it. */
public sealed interface Parsed {

  record Ok(Target target) implements Parsed {}

  /**
   * @param error the kernel's words, {@code Invalid chunk_size}
   * @param errno the kernel's error, {@code -EINVAL}
   */
  record Refused(String error, String errno) implements Parsed {}

  static Parsed invalid(String error) {
    return new Refused(error, "-EINVAL");
  }
}
