/** What dm-service serves to people and to the layer above, over HTTP. */
@NullMarked
package io.faultline.dm.above;

import org.jspecify.annotations.NullMarked;
