/**
 * What other tools print of maps, read as a stream: {@code thin_dump} and {@code cache_dump} as
 * XML, pairs of blocks as CSV.
 */
@NullMarked
package io.faultline.dm.above.dump;

import org.jspecify.annotations.NullMarked;
