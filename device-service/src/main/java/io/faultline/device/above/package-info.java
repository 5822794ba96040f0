/**
 * What devices tell the layers above and serve to people: events, acknowledgements that come back,
 * and the HTTP interface.
 */
@NullMarked
package io.faultline.device.above;

import org.jspecify.annotations.NullMarked;
