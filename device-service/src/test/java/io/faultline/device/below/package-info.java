/** The slice on a real disk. */
@NullMarked
package io.faultline.device.below;

import org.jspecify.annotations.NullMarked;
