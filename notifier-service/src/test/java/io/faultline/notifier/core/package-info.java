/** Tests of {@code io.faultline.notifier.core}. */
@NullMarked
package io.faultline.notifier.core;

import org.jspecify.annotations.NullMarked;
