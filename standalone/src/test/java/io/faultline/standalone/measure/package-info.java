/**
 * Measures the whole path beside its bare limit; runs only where {@code faultline.measure} is set.
 */
@NullMarked
package io.faultline.standalone.measure;

import org.jspecify.annotations.NullMarked;
