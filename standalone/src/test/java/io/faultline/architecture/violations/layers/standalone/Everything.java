package io.faultline.architecture.violations.layers.standalone;

import io.faultline.architecture.violations.layers.dm.LooksAsideAtFs;

/** As it should be: standalone knows all. */
public record Everything(LooksAsideAtFs known) {}
