/**
 * For the tests of every service: a real broker in this process, and a way to drive a core alone.
 */
@NullMarked
package io.faultline.runtime.testing;

import org.jspecify.annotations.NullMarked;
