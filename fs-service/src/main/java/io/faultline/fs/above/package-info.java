/** What the filesystem layer serves to people and programs: its HTTP interface and its imports. */
@NullMarked
package io.faultline.fs.above;

import org.jspecify.annotations.NullMarked;
