/** The one shell that hosts a layer's core: settings and wiring. */
@NullMarked
package io.faultline.runtime;

import org.jspecify.annotations.NullMarked;
