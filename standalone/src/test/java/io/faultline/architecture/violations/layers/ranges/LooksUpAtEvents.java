package io.faultline.architecture.violations.layers.ranges;

import io.faultline.architecture.violations.layers.events.Told;

/** Ranges know nothing. */
public record LooksUpAtEvents(Told known) {}
