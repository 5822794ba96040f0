/**
 * dm-service as a whole: over HTTP, on a real broker, beside a device-service that is a stand-in.
 */
@NullMarked
package io.faultline.dm;

import org.jspecify.annotations.NullMarked;
