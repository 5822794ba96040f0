package io.faultline.architecture.violations.layers.runtime;

import io.faultline.architecture.violations.layers.fs.Superblock;

/** The runtime knows no service. */
public record LooksUpAtAService(Superblock known) {}
