/**
 * Translates what a real kernel was seen to do into calls of the interface: set-up, injection, and
 * what every probe is to answer.
 */
@NullMarked
package io.faultline.standalone.behaviour;

import org.jspecify.annotations.NullMarked;
