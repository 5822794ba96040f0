/** The filesystem service, put together. */
@NullMarked
package io.faultline.fs;

import org.jspecify.annotations.NullMarked;
