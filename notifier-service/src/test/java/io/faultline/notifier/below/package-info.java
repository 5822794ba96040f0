/** Tests of {@code io.faultline.notifier.below}. */
@NullMarked
package io.faultline.notifier.below;

import org.jspecify.annotations.NullMarked;
