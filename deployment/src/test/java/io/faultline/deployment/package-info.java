/** What is held of a whole deployment. */
@NullMarked
package io.faultline.deployment;

import org.jspecify.annotations.NullMarked;
