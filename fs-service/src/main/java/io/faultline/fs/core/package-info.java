/**
 * The rules of the filesystem layer, as XFS has them: which file, metadata or process a bad range
 * means, and what the filesystem does about it. Pure Java.
 */
@NullMarked
package io.faultline.fs.core;

import org.jspecify.annotations.NullMarked;
