/** Tests of {@code io.faultline.notifier.above}. */
@NullMarked
package io.faultline.notifier.above;

import org.jspecify.annotations.NullMarked;
