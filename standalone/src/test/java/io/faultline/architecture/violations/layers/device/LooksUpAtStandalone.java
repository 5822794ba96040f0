package io.faultline.architecture.violations.layers.device;

import io.faultline.architecture.violations.layers.standalone.Everything;

/** Nobody knows standalone. */
public record LooksUpAtStandalone(Everything known) {}
