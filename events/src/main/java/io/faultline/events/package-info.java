/**
 * What travels between the layers: events as sealed records, their topics, and the codec between
 * them and Kafka records (CloudEvents 1.0, binary mode).
 */
@NullMarked
package io.faultline.events;

import org.jspecify.annotations.NullMarked;
