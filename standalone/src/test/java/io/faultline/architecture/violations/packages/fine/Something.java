package io.faultline.architecture.violations.packages.fine;

/** So that the package is there. */
record Something(long number) {}
