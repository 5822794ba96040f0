/** The rules of devices, without disk and Kafka. */
@NullMarked
package io.faultline.device.core;

import org.jspecify.annotations.NullMarked;
