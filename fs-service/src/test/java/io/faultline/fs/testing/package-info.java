/** A filesystem core to drive in tests, and the cases that were observed on a real kernel. */
@NullMarked
package io.faultline.fs.testing;

import org.jspecify.annotations.NullMarked;
