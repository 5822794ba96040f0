/**
 * Ranges of 512-byte sectors and sets of them, on primitive arrays: the hot path of every layer.
 */
@NullMarked
package io.faultline.ranges;

import org.jspecify.annotations.NullMarked;
