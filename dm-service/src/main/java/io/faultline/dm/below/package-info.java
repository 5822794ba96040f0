/** What dm-service asks of the layer below: the claims of the leaf devices under its volumes. */
@NullMarked
package io.faultline.dm.below;

import org.jspecify.annotations.NullMarked;
