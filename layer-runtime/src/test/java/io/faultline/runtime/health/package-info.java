/** Tests of the health check. */
@NullMarked
package io.faultline.runtime.health;

import org.jspecify.annotations.NullMarked;
