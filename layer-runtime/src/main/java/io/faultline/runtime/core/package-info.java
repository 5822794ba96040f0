/**
 * The shape of a layer's rules: a deterministic state machine for each host, without a framework, a
 * clock, random numbers or I/O.
 */
@NullMarked
package io.faultline.runtime.core;

import org.jspecify.annotations.NullMarked;
