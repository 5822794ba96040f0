/** The rules of the architecture, each with a case that proves that it can fail. */
@NullMarked
package io.faultline.architecture;

import org.jspecify.annotations.NullMarked;
