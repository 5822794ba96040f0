/** What a deployment has besides the four services. */
@NullMarked
package io.faultline.deployment;

import org.jspecify.annotations.NullMarked;
