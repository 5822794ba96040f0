/** Tests of the front door. */
@NullMarked
package io.faultline.deployment.door;

import org.jspecify.annotations.NullMarked;
