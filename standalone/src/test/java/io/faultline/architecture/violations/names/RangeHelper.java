package io.faultline.architecture.violations.names;

/** A name that says nothing. */
final class RangeHelper {

  private RangeHelper() {}
}
