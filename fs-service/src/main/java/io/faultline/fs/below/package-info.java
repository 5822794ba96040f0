/** What the filesystem layer asks of the layers below: claims, and what stands on a device. */
@NullMarked
package io.faultline.fs.below;

import org.jspecify.annotations.NullMarked;
