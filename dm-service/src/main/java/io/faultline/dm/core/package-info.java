/**
 * The rules of dm-service: tables of volumes, the way down and the way up through them, and what a
 * volume tells the layer above when something below it goes bad, comes back or is about to leave.
 */
@NullMarked
package io.faultline.dm.core;

import org.jspecify.annotations.NullMarked;
