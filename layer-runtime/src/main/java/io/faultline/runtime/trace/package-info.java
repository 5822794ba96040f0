/** One fault is one trace: its context is carried as data, and exported only where that is set. */
@NullMarked
package io.faultline.runtime.trace;

import org.jspecify.annotations.NullMarked;
