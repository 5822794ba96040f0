package io.faultline.architecture.violations.layers.fs;

/** Something that only its own service and standalone may know. */
public record Superblock(long number) {}
