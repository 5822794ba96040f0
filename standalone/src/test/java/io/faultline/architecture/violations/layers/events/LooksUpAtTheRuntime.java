package io.faultline.architecture.violations.layers.events;

import io.faultline.architecture.violations.layers.runtime.Shell;

/** Events know ranges only. */
public record LooksUpAtTheRuntime(Shell known) {}
