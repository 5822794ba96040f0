/**
 * What is delivered to one watcher and when: a state machine over records, without a clock, chance
 * or I/O.
 */
@NullMarked
package io.faultline.notifier.core.delivery;

import org.jspecify.annotations.NullMarked;
