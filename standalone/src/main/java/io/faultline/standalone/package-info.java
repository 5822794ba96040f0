/** Everything in one process: an embedded Kafka broker, the four services, and one data folder. */
@NullMarked
package io.faultline.standalone;

import org.jspecify.annotations.NullMarked;
