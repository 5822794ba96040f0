package io.faultline.architecture.violations.packages.unmarked;

/** So that the package is there. */
record Something(long number) {}
