/** Requests to the layer below, one hop, through HTTP. */
@NullMarked
package io.faultline.runtime.below;

import org.jspecify.annotations.NullMarked;
