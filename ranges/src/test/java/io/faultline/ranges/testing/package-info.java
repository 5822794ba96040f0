/** Property tests from seeds: the generator of test input that every module uses. */
@NullMarked
package io.faultline.ranges.testing;

import org.jspecify.annotations.NullMarked;
