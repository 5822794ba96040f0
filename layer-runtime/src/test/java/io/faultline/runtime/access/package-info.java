/** Access control: attacks over real HTTP, and the rules one by one. */
@NullMarked
package io.faultline.runtime.access;

import org.jspecify.annotations.NullMarked;
