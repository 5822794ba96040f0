/** Something to look at: a stack whose devices go bad now and then. */
@NullMarked
package io.faultline.deployment.demo;

import org.jspecify.annotations.NullMarked;
