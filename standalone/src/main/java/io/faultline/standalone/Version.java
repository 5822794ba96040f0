package io.faultline.standalone;

import java.util.Objects;

/** Which build this is. */
final class Version {

  private Version() {}

  /** As the jar's manifest says; {@code development} outside of a jar. */
  static String ofThisBuild() {
    return Objects.requireNonNullElse(
        Version.class.getPackage().getImplementationVersion(), "development");
  }
}
