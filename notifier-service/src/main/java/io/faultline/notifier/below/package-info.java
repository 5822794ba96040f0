/** Following the events of the layers below: live, from the past, and from one to the other. */
@NullMarked
package io.faultline.notifier.below;

import org.jspecify.annotations.NullMarked;
