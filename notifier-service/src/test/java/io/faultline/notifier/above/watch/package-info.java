/** Tests of {@code io.faultline.notifier.above.watch}. */
@NullMarked
package io.faultline.notifier.above.watch;

import org.jspecify.annotations.NullMarked;
