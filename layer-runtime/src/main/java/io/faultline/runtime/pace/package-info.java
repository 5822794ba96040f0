/** How slowly a client may send a request, below everything that reads one. */
@NullMarked
package io.faultline.runtime.pace;

import org.jspecify.annotations.NullMarked;
