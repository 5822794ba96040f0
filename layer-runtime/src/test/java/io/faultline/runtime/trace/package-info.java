@NullMarked
package io.faultline.runtime.trace;

import org.jspecify.annotations.NullMarked;
