/** A real Kafka broker inside this process, with its data in one folder. */
@NullMarked
package io.faultline.standalone.kafka;

import org.jspecify.annotations.NullMarked;
