/** The files of filesystems over HTTP, and the way of their bytes. */
@NullMarked
package io.faultline.fs.above.files;

import org.jspecify.annotations.NullMarked;
