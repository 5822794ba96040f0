/** Drives Faultline as its user does: as a process of its own. */
@NullMarked
package io.faultline.standalone.testing;

import org.jspecify.annotations.NullMarked;
