/** device-service: how its parts are put together and what it can be told. */
@NullMarked
package io.faultline.device;

import org.jspecify.annotations.NullMarked;
