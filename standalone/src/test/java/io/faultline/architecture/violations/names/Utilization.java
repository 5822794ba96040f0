package io.faultline.architecture.violations.names;

/** A name that says something, although it begins like one that does not. */
record Utilization(double share) {}
