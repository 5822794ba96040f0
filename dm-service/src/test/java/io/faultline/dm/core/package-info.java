/** The rules of dm-service against a real kernel's maps, a naive model, and bad input. */
@NullMarked
package io.faultline.dm.core;

import org.jspecify.annotations.NullMarked;
