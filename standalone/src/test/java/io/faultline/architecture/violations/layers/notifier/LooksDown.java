package io.faultline.architecture.violations.layers.notifier;

import io.faultline.architecture.violations.layers.runtime.Shell;

/** As it should be. */
public record LooksDown(Shell known) {}
