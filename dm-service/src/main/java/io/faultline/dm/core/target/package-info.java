/**
 * Device-mapper targets, one to a file: how a line of a table is read and printed, where its
 * sectors lie below, and the way back. A new target is one file here and one line in {@link
 * io.faultline.dm.core.target.Targets}.
 */
@NullMarked
package io.faultline.dm.core.target;

import org.jspecify.annotations.NullMarked;
