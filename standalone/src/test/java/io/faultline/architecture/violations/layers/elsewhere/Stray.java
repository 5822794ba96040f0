package io.faultline.architecture.violations.layers.elsewhere;

/** In no layer, so that no rule of imports would reach it. */
public record Stray(long number) {}
