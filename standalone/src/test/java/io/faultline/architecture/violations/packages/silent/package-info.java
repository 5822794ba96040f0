/** */
@NullMarked
package io.faultline.architecture.violations.packages.silent;

import org.jspecify.annotations.NullMarked;
