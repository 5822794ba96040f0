package io.faultline.architecture.violations.layers.runtime;

/** Something that services may know. */
public record Shell(long number) {}
