package io.faultline.architecture.violations.packages.silent;

/** So that the package is there. */
record Something(long number) {}
