package io.faultline.architecture.violations.packages.bare;

/** So that the package is there. */
record Something(long number) {}
