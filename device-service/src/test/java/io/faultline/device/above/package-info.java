/** device-service as its users meet it: HTTP and Kafka. */
@NullMarked
package io.faultline.device.above;

import org.jspecify.annotations.NullMarked;
