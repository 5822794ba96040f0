/** The front door: one address for all services. */
@NullMarked
package io.faultline.deployment.door;

import org.jspecify.annotations.NullMarked;
