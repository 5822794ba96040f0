/**
 * Maps of blocks that stand in a target's metadata and not in its table, millions of pieces long:
 * built once from a stream, kept in flat arrays, read both ways.
 */
@NullMarked
package io.faultline.dm.core.map;

import org.jspecify.annotations.NullMarked;
