/** As it should be. */
@NullMarked
package io.faultline.architecture.violations.packages.fine;

import org.jspecify.annotations.NullMarked;
