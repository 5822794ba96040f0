package io.faultline.architecture.violations.layers.events;

/** Something that others may know. */
public record Told(long number) {}
