/** The images and the Compose file, with a real Docker engine. */
@NullMarked
package io.faultline.deployment.docker;

import org.jspecify.annotations.NullMarked;
