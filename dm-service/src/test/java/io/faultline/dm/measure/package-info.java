/** Measures beside bare limits; runs only where {@code faultline.measure} is set. */
@NullMarked
package io.faultline.dm.measure;

import org.jspecify.annotations.NullMarked;
