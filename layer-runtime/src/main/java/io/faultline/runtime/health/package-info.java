/** Asks a service how it is, from beside it. */
@NullMarked
package io.faultline.runtime.health;

import org.jspecify.annotations.NullMarked;
