package io.faultline.architecture.violations.layers.dm;

import io.faultline.architecture.violations.layers.fs.Superblock;

/** Services do not know one another. */
public record LooksAsideAtFs(Superblock known) {}
