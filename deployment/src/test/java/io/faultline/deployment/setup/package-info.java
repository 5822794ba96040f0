/** Tests of what is set up once. */
@NullMarked
package io.faultline.deployment.setup;

import org.jspecify.annotations.NullMarked;
