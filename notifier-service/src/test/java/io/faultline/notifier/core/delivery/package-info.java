/** Tests of {@code io.faultline.notifier.core}. */
@NullMarked
package io.faultline.notifier.core.delivery;

import org.jspecify.annotations.NullMarked;
