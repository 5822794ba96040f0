package io.faultline.notifier.core.delivery;

import java.time.Duration;

/**
 * When a watcher is told of a fault that it is told of as a whole.
 *
 * @param groupWait after the fault's first change, so that what belongs to it comes along
 * @param groupInterval between two notifications of a fault to which something happens
 * @param repeatInterval between two of a fault that is open and to which nothing happens
 */
public record Grouping(Duration groupWait, Duration groupInterval, Duration repeatInterval) {}
