/**
 * The hardware that is emulated here: a slice folder with its journal of facts, the media files of
 * its devices, and the backlog of events that are not published yet.
 */
@NullMarked
package io.faultline.device.below;

import org.jspecify.annotations.NullMarked;
