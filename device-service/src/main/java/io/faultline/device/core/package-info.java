/** The rules of emulated devices: poison, claims, removals. Pure, one state for each host. */
@NullMarked
package io.faultline.device.core;

import org.jspecify.annotations.NullMarked;
