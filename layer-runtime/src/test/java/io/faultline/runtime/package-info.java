/** Tests of the shell. */
@NullMarked
package io.faultline.runtime;

import org.jspecify.annotations.NullMarked;
