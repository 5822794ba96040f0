package io.faultline.architecture.violations.names;

/** A name that says nothing. */
final class StringUtil {

  private StringUtil() {}
}
